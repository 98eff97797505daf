// The official TypeScript clients, unmodified: keys come in and go out through encrypted bundles.
import { Keypair } from '@solana/web3.js'
import { getBase58Decoder } from '@solana/kit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../../support/server.ts'
import { bundleSigner, clientCrypto, cryptoVersions } from './transfers.ts'
import { clientVersions, officialClient, PATHS, startWorld, type World } from './world.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'
const ACCOUNTS = [
  {
    curve: 'CURVE_SECP256K1',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: PATHS.ethereum,
    addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  },
  {
    curve: 'CURVE_ED25519',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: PATHS.solana,
    addressFormat: 'ADDRESS_FORMAT_SOLANA',
  },
] as const
/** Of MNEMONIC, as every tool shows them. */
const ADDRESSES = [
  '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  'oeYf6KAJkLYhBuR8CiGc6L4D4Xtfepr85fuDgA9kq96',
]
const FIRST_KEY = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

describe.each(engines)('imports and exports on %s', (engine) => {
  let world: World
  let signer: string
  beforeAll(async () => {
    world = await startWorld({ engine })
    signer = await bundleSigner(world.server)
  })
  afterAll(() => world.server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const userId = () => world.server.admin.userId
    const client = () => officialClient(version, world.admin)

    describe.each(cryptoVersions)('and crypto %s', (cryptoVersion) => {
      const crypto = clientCrypto[cryptoVersion]
      const named = (what: string) => `${what} ${version} ${cryptoVersion}`
      const trust = () => ({
        organizationId: world.organizationId,
        dangerouslyOverrideSignerPublicKey: signer,
      })

      const importWallet = async (walletName: string, mnemonic: string) => {
        const { importBundle } = await client().initImportWallet({ userId: userId() })
        const owner = { userId: userId(), ...trust() }
        const encryptedBundle = await crypto.encryptWalletToBundle({
          mnemonic,
          importBundle,
          ...owner,
        })
        return client().importWallet({
          userId: userId(),
          walletName,
          encryptedBundle,
          accounts: [...ACCOUNTS],
        })
      }

      const exportWallet = async (walletId: string) => {
        const { privateKey: embeddedKey, publicKeyUncompressed } = crypto.generateP256KeyPair()
        const { exportBundle } = await client().exportWallet({
          walletId,
          targetPublicKey: publicKeyUncompressed,
        })
        const params = { exportBundle, embeddedKey, returnMnemonic: true, ...trust() }
        return crypto.decryptExportBundle(params)
      }

      const importKey = async (
        privateKeyName: string,
        key: { privateKey: string; keyFormat: 'HEXADECIMAL' | 'SOLANA' },
      ) => {
        const { importBundle } = await client().initImportPrivateKey({ userId: userId() })
        const owner = { userId: userId(), ...trust() }
        const encryptedBundle = await crypto.encryptPrivateKeyToBundle({
          ...key,
          importBundle,
          ...owner,
        })
        const isSolana = key.keyFormat === 'SOLANA'
        return client().importPrivateKey({
          userId: userId(),
          privateKeyName,
          encryptedBundle,
          curve: isSolana ? 'CURVE_ED25519' : 'CURVE_SECP256K1',
          addressFormats: [isSolana ? 'ADDRESS_FORMAT_SOLANA' : 'ADDRESS_FORMAT_ETHEREUM'],
        })
      }

      test('a mnemonic comes in, and goes out as it was', async () => {
        const { walletId, addresses } = await importWallet(named('known'), MNEMONIC)
        expect(addresses).toEqual(ADDRESSES)
        const imported = await client().getWallet({ walletId })
        expect(imported.wallet).toMatchObject({ imported: true, exported: false })
        expect(await exportWallet(walletId)).toBe(MNEMONIC)
        const exported = await client().getWallet({ walletId })
        expect(exported.wallet).toMatchObject({ imported: true, exported: true })
        const { wallets } = await client().getWallets()
        expect(wallets).toContainEqual(exported.wallet)
        expect(await exportWallet(walletId)).toBe(MNEMONIC)
        const deleted = await client().deleteWallets({ walletIds: [walletId] })
        expect(deleted.walletIds).toEqual([walletId])
        await expect(client().getWallet({ walletId })).rejects.toThrow('wallet not found')
      })

      test('a passphrase comes in with its mark, and goes out on the next line', async () => {
        const made = await importWallet(named('passphrase'), `${MNEMONIC}\n--PASS--\nTREZOR é`)
        expect(made.addresses).not.toEqual(ADDRESSES)
        const { privateKey: embeddedKey, publicKeyUncompressed } = crypto.generateP256KeyPair()
        const { exportBundle } = await client().exportWallet({
          walletId: made.walletId,
          targetPublicKey: publicKeyUncompressed,
        })
        const raw = { exportBundle, embeddedKey, returnMnemonic: false, ...trust() }
        const text = Buffer.from(await crypto.decryptExportBundle(raw), 'hex').toString()
        expect(text).toBe(`${MNEMONIC}\nTREZOR é`)
        await client().deleteWallets({ walletIds: [made.walletId] })
      })

      test('a generated wallet goes out, and comes in again with the same addresses', async () => {
        const { walletId, addresses } = await client().createWallet({
          walletName: named('generated'),
          accounts: [...ACCOUNTS],
          mnemonicLength: 24,
        })
        const mnemonic = await exportWallet(walletId)
        expect(mnemonic.split(' ')).toHaveLength(24)
        const again = await importWallet(named('again'), mnemonic)
        expect(again.addresses).toEqual(addresses)
        await client().deleteWallets({
          walletIds: [walletId, again.walletId],
          deleteWithoutExport: true,
        })
      })

      test('a private key comes in as hexadecimal, and goes out', async () => {
        const made = await importKey(named('hexadecimal'), {
          privateKey: `0x${FIRST_KEY}`,
          keyFormat: 'HEXADECIMAL',
        })
        expect(made.addresses).toEqual([
          { format: 'ADDRESS_FORMAT_ETHEREUM', address: ADDRESSES[0] },
        ])
        const { privateKeyId } = made
        const before = await client().getPrivateKey({ privateKeyId })
        expect(before.privateKey).toMatchObject({ imported: true, exported: false })
        const { privateKey: embeddedKey, publicKeyUncompressed } = crypto.generateP256KeyPair()
        const { exportBundle } = await client().exportPrivateKey({
          privateKeyId,
          targetPublicKey: publicKeyUncompressed,
        })
        const params = { exportBundle, embeddedKey, returnMnemonic: false, ...trust() }
        expect(await crypto.decryptExportBundle(params)).toBe(FIRST_KEY)
        const after = await client().getPrivateKey({ privateKeyId })
        expect(after.privateKey).toMatchObject({ imported: true, exported: true })
        const deleted = await client().deletePrivateKeys({ privateKeyIds: [privateKeyId] })
        expect(deleted.privateKeyIds).toEqual([privateKeyId])
        await expect(client().getPrivateKey({ privateKeyId })).rejects.toThrow('not found')
      })

      test("a private key comes in in Solana's format, and goes out in it", async () => {
        const pair = Keypair.generate()
        const privateKey = getBase58Decoder().decode(pair.secretKey)
        const made = await importKey(named('solana'), { privateKey, keyFormat: 'SOLANA' })
        expect(made.addresses).toEqual([
          { format: 'ADDRESS_FORMAT_SOLANA', address: pair.publicKey.toBase58() },
        ])
        const { privateKey: embeddedKey, publicKeyUncompressed } = crypto.generateP256KeyPair()
        const { exportBundle } = await client().exportPrivateKey({
          privateKeyId: made.privateKeyId,
          targetPublicKey: publicKeyUncompressed,
        })
        const params = { exportBundle, embeddedKey, returnMnemonic: false, ...trust() }
        const exported = await crypto.decryptExportBundle({ ...params, keyFormat: 'SOLANA' })
        expect(exported).toBe(privateKey)
      })

      test('one account goes out alone, in any case of its address', async () => {
        const { walletId } = await importWallet(named('account'), MNEMONIC)
        const { privateKey: embeddedKey, publicKey } = crypto.generateP256KeyPair()
        const { exportBundle, address } = await client().exportWalletAccount({
          address: (ADDRESSES[0] ?? '').toLowerCase(),
          targetPublicKey: publicKey,
        })
        expect(address).toBe(ADDRESSES[0])
        const params = { exportBundle, embeddedKey, returnMnemonic: false, ...trust() }
        expect(await crypto.decryptExportBundle(params)).toBe(FIRST_KEY)
        const { wallet } = await client().getWallet({ walletId })
        expect(wallet.exported).toBe(false)
        await client().deleteWallets({ walletIds: [walletId], deleteWithoutExport: true })
      })
    })
  })
})
