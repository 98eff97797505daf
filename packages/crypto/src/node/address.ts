// The table of address formats: each row says which curves it takes and how it spells a key.
import { base58 } from '@scure/base'
import { aptosAddressOf } from './address/aptos.ts'
import { cosmosAddressOf } from './address/cosmos.ts'
import { ethereumAddressOf } from './address/ethereum.ts'
import { stellarAddressOf } from './address/stellar.ts'
import { suiAddressOf } from './address/sui.ts'
import { tonAddressOf } from './address/ton.ts'
import { tronAddressOf } from './address/tron.ts'
import { xrpAddressOf } from './address/xrp.ts'
import { type BitcoinAddressFormat, bitcoinFormats } from './bitcoin/address.ts'
import type { Curve } from './curve.ts'
import { uncompressPublicKey } from './publicKey.ts'

/** The name of a row of {@link addressFormats}. */
export type AddressFormat =
  | 'compressed'
  | 'uncompressed'
  | 'ethereum'
  | 'cosmos'
  | 'solana'
  | 'tron'
  | 'sui'
  | 'aptos'
  | 'sei'
  | 'xlm'
  | 'ton_v3r2'
  | 'ton_v4r2'
  | 'ton_v5r1'
  | 'xrp'
  | BitcoinAddressFormat

/** One address format. `encode` is called with a curve of `curves` and its compressed key only. */
export type AddressFormatRow = Readonly<{
  curves: readonly Curve[]
  encode: (publicKey: Uint8Array, curve: Curve) => string
}>

/**
 * Every known format. The table has no prototype, so a name from outside (`constructor`) finds
 * nothing.
 */
export const addressFormats: Readonly<Record<AddressFormat, AddressFormatRow>> = Object.freeze({
  __proto__: null,
  compressed: {
    curves: ['secp256k1', 'ed25519', 'p256'],
    encode: (publicKey) => Buffer.from(publicKey).toString('hex'),
  },
  uncompressed: {
    curves: ['secp256k1', 'p256'],
    encode: (publicKey, curve) => uncompressPublicKey(curve, publicKey).toString('hex'),
  },
  ethereum: {
    curves: ['secp256k1'],
    encode: (publicKey, curve) => ethereumAddressOf(uncompressPublicKey(curve, publicKey)),
  },
  cosmos: {
    curves: ['secp256k1'],
    encode: (publicKey, curve) => cosmosAddressOf('cosmos', curve, publicKey),
  },
  solana: { curves: ['ed25519'], encode: (publicKey) => base58.encode(publicKey) },
  tron: {
    curves: ['secp256k1'],
    encode: (publicKey, curve) => tronAddressOf(uncompressPublicKey(curve, publicKey)),
  },
  sui: { curves: ['ed25519'], encode: suiAddressOf },
  aptos: { curves: ['ed25519'], encode: aptosAddressOf },
  sei: {
    curves: ['secp256k1', 'ed25519'],
    encode: (publicKey, curve) => cosmosAddressOf('sei', curve, publicKey),
  },
  xlm: { curves: ['ed25519'], encode: stellarAddressOf },
  ton_v3r2: { curves: ['ed25519'], encode: (publicKey) => tonAddressOf('v3r2', publicKey) },
  ton_v4r2: { curves: ['ed25519'], encode: (publicKey) => tonAddressOf('v4r2', publicKey) },
  ton_v5r1: { curves: ['ed25519'], encode: (publicKey) => tonAddressOf('v5r1', publicKey) },
  xrp: { curves: ['secp256k1'], encode: xrpAddressOf },
  ...bitcoinFormats,
})

/**
 * The address of a public key.
 *
 * @param publicKey - compressed: 33 bytes, for ed25519 32
 * @throws Error when the format does not take the curve (see `addressFormats[format].curves`), or
 * the key is malformed
 */
export function encodeAddress(format: AddressFormat, curve: Curve, publicKey: Uint8Array): string {
  const row = addressFormats[format]
  if (!row.curves.includes(curve)) {
    throw new Error(`address format ${format} does not take ${curve} keys`)
  }
  if (publicKey.length !== (curve === 'ed25519' ? 32 : 33)) {
    throw new Error(`not a compressed ${curve} public key`)
  }
  return row.encode(publicKey, curve)
}
