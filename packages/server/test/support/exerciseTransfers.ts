// The statements of imports, exports and deletions of keys, for the scenario of the stores.
import { generateKey } from '../../../../tests/support/client.ts'
import { listExpiredImportKeys } from '../../src/domain/keyvault/importKey.store.ts'
import { ImportKeyPurge } from '../../src/jobs/purgeImportKeys.ts'
import { accountParams, type AppClient } from './client.ts'
import type { Instance } from './instance.ts'
import { encryptTo } from './transfers.ts'

const DAY_MS = 24 * 60 * 60 * 1000

const TARGET = generateKey().publicKey

/** Brings keys in, hands them out and deletes them; of one import nothing more is heard. */
export async function transferKeys(
  { app, admin: { userId } }: Instance,
  admin: AppClient,
): Promise<void> {
  const bring = async (what: 'wallet' | 'private_key', secret: Buffer, more: object) => {
    const begun = await admin.submit(`init_import_${what}`, { userId })
    const result = what === 'wallet' ? 'initImportWalletResult' : 'initImportPrivateKeyResult'
    const bundle = begun.at(`activity.result.${result}.importBundle`)
    const encryptedBundle = encryptTo(bundle, secret)
    return admin.submit(`import_${what}`, { userId, encryptedBundle, ...more })
  }
  const words = Buffer.from(`${'test '.repeat(11)}junk`)
  const accounts = [accountParams(0)]
  const wallet = await bring('wallet', words, { walletName: 'transferred', accounts })
  const walletId = wallet.at('activity.result.importWalletResult.walletId')
  const address = wallet.at('activity.result.importWalletResult.addresses.0')
  const key = { privateKeyName: 'transferred', curve: 'CURVE_P256' }
  const made = await bring('private_key', Buffer.alloc(32, 1), key)
  const privateKeyId = made.at('activity.result.importPrivateKeyResult.privateKeyId')
  const exported = { targetPublicKey: TARGET }
  await admin.submit('export_wallet', { walletId, ...exported })
  await admin.submit('export_wallet_account', { address, ...exported })
  await admin.submit('export_private_key', { privateKeyId, ...exported })
  const account = await admin.query('get_wallet_account', { walletId, address })
  const walletAccountIds = [account.at('account.walletAccountId')]
  await admin.submit('delete_wallet_accounts', { walletAccountIds })
  await admin.submit('delete_wallets', { walletIds: [walletId] })
  await admin.submit('delete_private_keys', { privateKeyIds: [privateKeyId] })
  await admin.submit('init_import_wallet', { userId })
  const purge = { store: app.store, queue: app.deps.queue, holder: 'test' }
  const clock = { now: () => Date.now() + 2 * DAY_MS }
  await new ImportKeyPurge({ ...purge, clock }).run()
  const after = { organization_id: userId, user_id: userId, kind: 'wallet', expires_ms: 0 } as const
  await listExpiredImportKeys(app.deps.store.reader, Date.now(), { after, limit: 1 })
}
