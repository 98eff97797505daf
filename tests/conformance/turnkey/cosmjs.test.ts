// `@turnkey/cosmjs`, unmodified: CosmJS takes it for a wallet and verifies what it signs.
import { createHash } from 'node:crypto'
import { Secp256k1, Secp256k1Signature } from '@cosmjs/crypto'
import { encodeSecp256k1Pubkey } from '@cosmjs/amino'
import { fromBase64 } from '@cosmjs/encoding'
import {
  encodePubkey,
  makeAuthInfoBytes,
  makeSignBytes,
  makeSignDoc,
  Registry,
} from '@cosmjs/proto-signing'
import { TurnkeyDirectWallet } from '@turnkey/cosmjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { libraryAddresses } from '../../support/addressLibraries.ts'
import { engines } from '../../support/server.ts'
import { ownHttpClient, requirePackage } from './clients.ts'
import { importHexKey, importMnemonic } from './transfers.ts'
import { clientVersions, officialClient, startWorld, type World } from './world.ts'

interface Adapter {
  TurnkeyDirectWallet: Pick<typeof TurnkeyDirectWallet, 'init'>
}
type Config = Parameters<typeof TurnkeyDirectWallet.init>[0]['config']

// Known keys: the adapter refuses every 128th signature, whose r or s begins with a zero byte.
const MNEMONIC = `${'test '.repeat(11)}junk`
const PRIVATE_KEY = '11'.repeat(32)

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

const addressIn = (format: 'cosmos' | 'sei', publicKey: Uint8Array) => {
  const library = libraryAddresses.find((row) => row.format === format && row.curve === 'secp256k1')
  return library?.address(Buffer.from(publicKey))
}

/** A payment as CosmJS has it signed. */
function payment(address: string, publicKey: Uint8Array) {
  const registry = new Registry()
  const value = {
    fromAddress: address,
    toAddress: address,
    amount: [{ denom: 'uatom', amount: '1' }],
  }
  const body = registry.encodeTxBody({
    messages: [{ typeUrl: '/cosmos.bank.v1beta1.MsgSend', value }],
  })
  const pubkey = encodePubkey(encodeSecp256k1Pubkey(publicKey))
  const fee = [{ denom: 'uatom', amount: '2000' }]
  const authInfo = makeAuthInfoBytes([{ pubkey, sequence: 1 }], fee, 90_000, undefined, undefined)
  return makeSignDoc(body, authInfo, 'cosmoshub-4', 12)
}

describe.each(engines)('@turnkey/cosmjs on %s', (engine) => {
  let world: World
  let signers: Record<'compressed' | 'uncompressed' | 'private key', string>
  beforeAll(async () => {
    world = await startWorld({ engine })
    const account = {
      curve: 'CURVE_SECP256K1',
      pathFormat: 'PATH_FORMAT_BIP32',
      path: "m/44'/118'/0'/0/0",
    } as const
    const wallet = await importMnemonic(world, {
      walletName: 'cosmos',
      mnemonic: MNEMONIC,
      accounts: [
        { ...account, addressFormat: 'ADDRESS_FORMAT_COMPRESSED' },
        { ...account, addressFormat: 'ADDRESS_FORMAT_UNCOMPRESSED' },
        { ...account, addressFormat: 'ADDRESS_FORMAT_COSMOS' },
      ],
    })
    const addresses = wallet.at<string[]>('activity.result.importWalletResult.addresses')
    const key = { privateKeyName: 'cosmos', privateKey: PRIVATE_KEY, curve: account.curve }
    const imported = await importHexKey(world, key)
    signers = {
      compressed: addresses[0] ?? '',
      uncompressed: addresses[1] ?? '',
      'private key': imported.at('activity.result.importPrivateKeyResult.privateKeyId'),
    }
  })
  afterAll(() => world.server.dispose())

  const kinds = ['compressed', 'uncompressed', 'private key'] as const

  describe.each(clientVersions)('through sdk-server %s', (version) => {
    test.each(kinds)('a signature by a %s verifies, for Cosmos and for Sei', async (kind) => {
      const client = officialClient(version, world.admin) as unknown as Config['client']
      const config = { client, organizationId: world.organizationId, signWith: signers[kind] }
      for (const prefix of ['cosmos', 'sei'] as const) {
        const wallet = await TurnkeyDirectWallet.init({ config, prefix })
        const [account] = await wallet.getAccounts()
        if (account === undefined) throw new Error('the wallet has no account')
        const { address, pubkey } = account
        expect(address).toBe(addressIn(prefix, pubkey))
        const { signed, signature } = await wallet.signDirect(address, payment(address, pubkey))
        const bytes = fromBase64(signature.signature)
        expect(bytes.length).toBe(64)
        const verdict = Secp256k1.verifySignature(
          Secp256k1Signature.fromFixedLength(bytes),
          digestOf(makeSignBytes(signed)),
          pubkey,
        )
        expect(verdict).toBe(true)
      }
    })
  })

  // It sends a digest and asks for SHA-256 of it: what comes back is over a hash of the hash.
  test.each(kinds)('through its own http client, %s, it gets what it asks for', async (kind) => {
    const adapter = requirePackage<Adapter>('@turnkey/cosmjs')
    const client = ownHttpClient('@turnkey/cosmjs', world.admin) as unknown as Config['client']
    const config = { client, organizationId: world.organizationId, signWith: signers[kind] }
    const wallet = await adapter.TurnkeyDirectWallet.init({ config })
    const [account] = await wallet.getAccounts()
    if (account === undefined) throw new Error('the wallet has no account')
    const { address, pubkey } = account
    const { signed, signature } = await wallet.signDirect(address, payment(address, pubkey))
    const proof = Secp256k1Signature.fromFixedLength(fromBase64(signature.signature))
    const once = digestOf(makeSignBytes(signed))
    expect(Secp256k1.verifySignature(proof, digestOf(once), pubkey)).toBe(true)
    expect(Secp256k1.verifySignature(proof, once, pubkey)).toBe(false)
  })
})
