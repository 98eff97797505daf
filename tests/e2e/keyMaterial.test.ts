// What a server leaves on its disk and in its log after keys came in, went out and signed: no key.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  decryptExportBundle,
  encryptPrivateKeyToBundle,
  encryptWalletToBundle,
  generateP256KeyPair,
} from '@turnkey/crypto'
import { expect, test } from 'vitest'
import { bundleSigner } from '../conformance/turnkey/transfers.ts'
import { ethereumAccount, startWorld } from '../conformance/turnkey/world.ts'

const MNEMONIC = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const PASSPHRASE = 'canary-passphrase-7f3a'
const KEY = 'c0ffee0000000000000000000000000000000000000000000000000000facade'

/** Every file below `folder`. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

test('no key material is in the data directory or the log', async () => {
  const { server, admin, organizationId } = await startWorld({
    engine: 'sqlite',
    env: { KEYSTEAD_LOG_LEVEL: 'debug' },
  })
  const { userId } = server.admin
  const dangerouslyOverrideSignerPublicKey = await bundleSigner(server)
  const owner = { userId, organizationId, dangerouslyOverrideSignerPublicKey }
  const done = async (name: string, parameters: object) => {
    const answer = await admin.submit(name, parameters)
    expect([name, answer.status]).toEqual([name, 200])
    return answer
  }

  const forWallet = await done('init_import_wallet', { userId })
  const encryptedWallet = await encryptWalletToBundle({
    mnemonic: `${MNEMONIC}\n--PASS--\n${PASSPHRASE}`,
    importBundle: forWallet.at('activity.result.initImportWalletResult.importBundle'),
    ...owner,
  })
  const wallet = await done('import_wallet', {
    userId,
    walletName: 'canary',
    encryptedBundle: encryptedWallet,
    accounts: [ethereumAccount],
  })
  const forKey = await done('init_import_private_key', { userId })
  const encryptedKey = await encryptPrivateKeyToBundle({
    privateKey: KEY,
    keyFormat: 'HEXADECIMAL',
    importBundle: forKey.at('activity.result.initImportPrivateKeyResult.importBundle'),
    ...owner,
  })
  const key = await done('import_private_key', {
    userId,
    privateKeyName: 'canary',
    encryptedBundle: encryptedKey,
    curve: 'CURVE_SECP256K1',
  })
  const address = wallet.at('activity.result.importWalletResult.addresses.0')
  const privateKeyId = key.at('activity.result.importPrivateKeyResult.privateKeyId')
  for (const signWith of [address, privateKeyId]) {
    await admin.submit(
      'sign_raw_payload',
      {
        signWith,
        payload: 'canary',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      },
      'SIGN_RAW_PAYLOAD_V2',
    )
  }
  const { privateKey: embeddedKey, publicKeyUncompressed: targetPublicKey } = generateP256KeyPair()
  const account = await done('export_wallet_account', { address, targetPublicKey })
  await done('export_private_key', { privateKeyId, targetPublicKey })
  const walletId = wallet.at('activity.result.importWalletResult.walletId')
  await done('export_wallet', { walletId, targetPublicKey })
  const accountKey = await decryptExportBundle({
    exportBundle: account.at('activity.result.exportWalletAccountResult.exportBundle'),
    embeddedKey,
    organizationId,
    returnMnemonic: false,
    dangerouslyOverrideSignerPublicKey,
  })

  const hex = [KEY, accountKey]
  const canaries = [
    ...[MNEMONIC, MNEMONIC.slice(0, 24), PASSPHRASE].map((text) => Buffer.from(text)),
    ...hex.map((text) => Buffer.from(text)),
    ...hex.map((text) => Buffer.from(text, 'hex')),
    ...hex.map((text) => Buffer.from(Buffer.from(text, 'hex').toString('base64').slice(0, 40))),
  ]
  // While it runs, so that the log of the database is there, too.
  const files = filesOf(server.data).map((path) => ({ path, bytes: readFileSync(path) }))
  const places = [...files, { path: 'output', bytes: Buffer.from(server.output()) }]
  await server.dispose()
  const found = places.filter(({ bytes }) => canaries.some((canary) => bytes.includes(canary)))
  expect(found.map(({ path }) => path)).toEqual([])
  // The search sees what is there: the name, which is no secret, and the requests in the log.
  const seen = places.filter(({ bytes }) => bytes.includes(walletId) || bytes.includes('canary'))
  expect(seen.map(({ path }) => path.split('/').at(-1))).toContain('keystead.db-wal')
  expect(server.output()).toContain('importWallet')
})
