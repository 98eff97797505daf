// A scenario in which every store runs each of its statements.
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { writeUsage } from '../../src/app.ts'
import { findActivity } from '../../src/domain/activity/activity.store.ts'
import { findEntryAt, findNewestLeaf } from '../../src/domain/audit/audit.store.ts'
import { stopCheckpoints, writeCheckpoint } from '../../src/domain/audit/checkpointer.ts'
import { listRootOrganizations } from '../../src/domain/organization/lookup.store.ts'
import { addRequests } from '../../src/domain/usage/rateWindow.store.ts'
import { listUsage } from '../../src/domain/usage/usage.store.ts'
import { freeze, setLimits } from '../../src/host/governance.ts'
import { isInitialised } from '../../src/host/instance.ts'
import {
  accountParams,
  adminClient,
  AppClient,
  createWallet,
  formQuorum,
  signBody,
} from './client.ts'
import type { Instance } from './instance.ts'
import { deleteKeys } from './units.ts'

/** Runs every statement of the stores at least once, and no SQL of the tests' own. */
export async function exercise(instance: Instance): Promise<void> {
  const { deps, store } = instance.app
  const admin = adminClient(instance.app, instance.admin)
  const checkpoint = () => writeCheckpoint({ ...deps, store, holder: 'test', nowMs: Date.now() })
  await useWallets(admin)
  const newest = await listPages(admin)
  await createBelow(admin)
  await checkpoint()
  await govern(instance, admin)
  await voteOn(instance, admin)
  await checkpoint()
  await stopCheckpoints({ store, holder: 'test' })
  await instance.verify()
  await isInitialised(store)
  const { reader } = deps.store
  await listRootOrganizations(reader, { after: null, limit: 10 })
  await findNewestLeaf(reader, admin.organizationId)
  await findEntryAt(reader, admin.organizationId, 1)
  await findActivity(reader, admin.organizationId, newest)
}

async function useWallets(admin: AppClient): Promise<void> {
  const { walletId, address } = await createWallet(admin, 'statements')
  await admin.submit('create_wallet_accounts', { walletId, accounts: [accountParams(1)] })
  const listed = await admin.query('list_wallet_accounts')
  const id = listed.at('accounts.0.walletAccountId')
  for (const signWith of [address, id]) {
    await admin.send('submit/sign_raw_payload', signBody(admin, signWith, 'statements'))
  }
  await usePrivateKeys(admin)
  await admin.submit('update_wallet', { walletId, walletName: 'renamed' })
  for (const place of [{ address }, { path: "m/44'/60'/0'/0/0" }]) {
    await admin.query('get_wallet_account', { walletId, ...place })
  }
  await admin.query('get_wallet_account', { walletId, address, path: "m/44'/60'/0'/0/0" })
  for (const cursor of [{}, { before: id }, { after: id }]) {
    const paginationOptions = { limit: '5', ...cursor }
    await admin.query('list_wallet_accounts', { paginationOptions })
    await admin.query('list_wallet_accounts', { paginationOptions, walletId })
  }
}

async function usePrivateKeys(admin: AppClient): Promise<void> {
  const privateKeys = [{ privateKeyName: 'statements', curve: 'CURVE_SECP256K1' }]
  const made = await admin.submit('create_private_keys', { privateKeys }, 'CREATE_PRIVATE_KEYS_V2')
  const id = made.at('activity.result.createPrivateKeysResultV2.privateKeys.0.privateKeyId')
  await admin.send('submit/sign_raw_payload', signBody(admin, id, 'statements'))
}

/** @returns the id of the newest activity */
async function listPages(admin: AppClient): Promise<string> {
  const newest = (await admin.query('list_activities')).at('activities.0.id')
  for (const cursor of [{}, { before: newest }, { after: newest }]) {
    const paginationOptions = { limit: '5', ...cursor }
    const filterByStatus = ['ACTIVITY_STATUS_COMPLETED']
    const filterByType = ['ACTIVITY_TYPE_CREATE_WALLET']
    for (const filter of [{}, { filterByStatus }, { filterByType }]) {
      await admin.query('list_activities', { paginationOptions, ...filter })
    }
  }
  return newest
}

async function createBelow(admin: AppClient): Promise<void> {
  const key = generateKey()
  await admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'below',
      rootUsers: [{ userName: 'below', apiKeys: [apiKeyParams(key)] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V8',
  )
  await new AppClient(admin.app, key, admin.organizationId).query('whoami')
}

async function govern({ app }: Instance, admin: AppClient): Promise<void> {
  const { organizationId } = admin
  const { address } = await createWallet(admin, 'charged')
  await setLimits(app, { organizationId, set: { signaturesPerMonth: 9 } })
  await admin.send('submit/sign_raw_payload', signBody(admin, address, 'charged'))
  await freeze(app, { organizationId: null, frozen: false })
  await writeUsage(app)
  await listUsage(app.store.reader, organizationId)
  const window = { organizationId, startMs: 0, endMs: 60_000 }
  await app.store.write('alone', (tx) => addRequests(tx, window, 1))
}

async function voteOn(instance: Instance, admin: AppClient): Promise<void> {
  const quorum = { count: 2, threshold: 2 }
  const [, second] = await formQuorum(instance.app, instance.admin, quorum)
  const held = await admin.send('submit/create_users', admin.userBody('voted'))
  await second?.client.approve(held.at('activity.fingerprint'))
  const snapshot = await instance.app.deps.directory.refresh(admin.organizationId)
  const user = [...(snapshot?.users.values() ?? [])].find(({ name }) => name === 'voted')
  await deleteKeys(instance.app, admin.organizationId, [user?.apiKeys[0]?.id ?? ''])
}
