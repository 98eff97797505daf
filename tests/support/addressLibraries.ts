// The address of a key as the library that its chain publishes gives it.
import { AccountAddress, Ed25519PublicKey as AptosKey } from '@aptos-labs/ts-sdk'
import { rawEd25519PubkeyToRawAddress, rawSecp256k1PubkeyToRawAddress } from '@cosmjs/amino'
import { toBech32 } from '@cosmjs/encoding'
import { Ed25519PublicKey as SuiKey } from '@mysten/sui/keypairs/ed25519'
import { p256 } from '@noble/curves/nist.js'
import { PublicKey as SolanaKey } from '@solana/web3.js'
import { StrKey } from '@stellar/stellar-base'
import { WalletContractV3R2, WalletContractV4, WalletContractV5R1 } from '@ton/ton'
import { computeAddress, SigningKey } from 'ethers'
import { utils as tron } from 'tronweb'
import { deriveAddress } from 'xrpl'
import type { AddressFormat, Curve } from '@keystead/crypto/node'

/** How a library writes a key of `curve` in `format`. @param publicKey compressed */
interface LibraryAddress {
  format: AddressFormat
  curve: Curve
  address: (publicKey: Buffer) => string
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bare = (text: string) => text.replace(/^0x/, '')
const uncompressed = (key: Buffer) => SigningKey.computePublicKey(`0x${hex(key)}`, false)

const tonWallets = {
  ton_v3r2: WalletContractV3R2,
  ton_v4r2: WalletContractV4,
  ton_v5r1: WalletContractV5R1,
} as const

const ton = (format: keyof typeof tonWallets): LibraryAddress => ({
  format,
  curve: 'ed25519',
  address: (publicKey) =>
    tonWallets[format]
      .create({ workchain: 0, publicKey })
      .address.toString({ bounceable: false, urlSafe: true, testOnly: false }),
})

/** Every format with every curve that it takes, but for Bitcoin and what follows it. */
export const libraryAddresses: readonly LibraryAddress[] = [
  {
    format: 'compressed',
    curve: 'secp256k1',
    address: (key) => bare(SigningKey.computePublicKey(uncompressed(key), true)),
  },
  { format: 'compressed', curve: 'ed25519', address: (key) => hex(new SolanaKey(key).toBytes()) },
  {
    format: 'compressed',
    curve: 'p256',
    address: (key) => p256.Point.fromBytes(key).toHex(true),
  },
  { format: 'uncompressed', curve: 'secp256k1', address: (key) => bare(uncompressed(key)) },
  {
    format: 'uncompressed',
    curve: 'p256',
    address: (key) => p256.Point.fromBytes(key).toHex(false),
  },
  { format: 'ethereum', curve: 'secp256k1', address: (key) => computeAddress(`0x${hex(key)}`) },
  {
    format: 'cosmos',
    curve: 'secp256k1',
    address: (key) => toBech32('cosmos', rawSecp256k1PubkeyToRawAddress(key)),
  },
  { format: 'solana', curve: 'ed25519', address: (key) => new SolanaKey(key).toBase58() },
  {
    format: 'tron',
    curve: 'secp256k1',
    address: (key) => {
      const bytes = tron.crypto.computeAddress([...Buffer.from(bare(uncompressed(key)), 'hex')])
      return tron.crypto.getBase58CheckAddress(bytes)
    },
  },
  { format: 'sui', curve: 'ed25519', address: (key) => new SuiKey(key).toSuiAddress() },
  {
    format: 'aptos',
    curve: 'ed25519',
    address: (key) => AccountAddress.from(new AptosKey(key).authKey().derivedAddress()).toString(),
  },
  {
    format: 'sei',
    curve: 'secp256k1',
    address: (key) => toBech32('sei', rawSecp256k1PubkeyToRawAddress(key)),
  },
  {
    format: 'sei',
    curve: 'ed25519',
    address: (key) => toBech32('sei', rawEd25519PubkeyToRawAddress(key)),
  },
  { format: 'xlm', curve: 'ed25519', address: (key) => StrKey.encodeEd25519PublicKey(key) },
  ton('ton_v3r2'),
  ton('ton_v4r2'),
  ton('ton_v5r1'),
  { format: 'xrp', curve: 'secp256k1', address: (key) => deriveAddress(hex(key).toUpperCase()) },
]
