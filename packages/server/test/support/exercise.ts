// A scenario in which every store runs each of its statements.
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { invitationParams, readLink } from '../../../../tests/support/invitee.ts'
import { linkIn } from '../../../../tests/support/smtp.ts'
import { authenticatorParams, makePasskey } from '../../../../tests/support/webauthn.ts'
import { writeUsage } from '../../src/app.ts'
import { findActivity } from '../../src/domain/activity/activity.store.ts'
import {
  describeTable,
  giveUpWaitingEvents,
  listRows,
  setAcceptedFrom,
} from '../../src/domain/archive/archive.store.ts'
import { archivedTables } from '../../src/domain/archive/tables.ts'
import { findEntryAt, findNewestEntry, findNewestLeaf } from '../../src/domain/audit/audit.store.ts'
import { stopCheckpoints, writeCheckpoint } from '../../src/domain/audit/checkpointer.ts'
import { insertLease } from '../../src/domain/lease/lease.store.ts'
import { deliverDue, DeliveryFailure } from '../../src/domain/outbox/deliverer.ts'
import {
  findSubOrganizations,
  findSubOrganizationsOf,
  listRootOrganizations,
} from '../../src/domain/organization/lookup.store.ts'
import { addRequests } from '../../src/domain/usage/rateWindow.store.ts'
import { listUsage } from '../../src/domain/usage/usage.store.ts'
import { WebhookDeliverer } from '../../src/domain/webhook/deliverer.ts'
import { listEvents } from '../../src/domain/webhook/webhook.store.ts'
import { backUp, backupWarnings } from '../../src/host/backup.ts'
import { freeze, setLimits } from '../../src/host/governance.ts'
import { replayEvents } from '../../src/host/webhooks.ts'
import { ExpiredKeyPurge } from '../../src/jobs/purgeExpiredKeys.ts'
import { isInitialised } from '../../src/host/instance.ts'
import { INSTANCE_ID } from '../../src/platform/ids.ts'
import { addRecoverySeal, removeSeal, testSeal } from '../../src/host/sealCommands.ts'
import { openWith, unsealByConfig } from '../../src/host/unsealing.ts'
import { listWaitingMail } from '../../src/host/waitingMail.ts'
import { archivePath } from './archives.ts'
import {
  accountParams,
  adminClient,
  AppClient,
  createWallet,
  formQuorum,
  signBody,
} from './client.ts'
import type { Instance } from './instance.ts'
import { transferKeys } from './exerciseTransfers.ts'
import { byFile, byWords, placeOf } from './seals.ts'
import { expireWaiting, rotateKeys } from './jobs.ts'
import { deleteKeys, verifyEmail } from './units.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Runs every statement of the stores at least once, and no SQL of the tests' own. */
export async function exercise(instance: Instance): Promise<void> {
  const { deps, store } = instance.app
  const admin = adminClient(instance.app, instance.admin)
  const checkpoint = () => writeCheckpoint({ ...deps, store, holder: 'test', nowMs: Date.now() })
  await useWallets(admin)
  await usePasskeys(admin)
  const newest = await listPages(admin)
  await useTags(admin)
  await transferKeys(instance, admin)
  await usePolicies(admin)
  await createBelow(admin)
  await purgeExpired(instance, admin)
  await lookUpBelow(instance, admin)
  await changeOrganizations(admin)
  await invite(instance, admin)
  await checkpoint()
  await govern(instance, admin)
  await useWebhooks(instance, admin)
  await voteOn(instance, admin)
  await rotateKeys(instance)
  await checkpoint()
  await useArchives(instance)
  await stopCheckpoints({ store, holder: 'test' })
  await instance.verify()
  await isInitialised(store)
  await useSeals(instance)
  const { reader } = deps.store
  await listRootOrganizations(reader, { after: null, limit: 10 })
  await findSubOrganizationsOf(reader, admin.organizationId, {
    by: 'credentialId',
    value: Buffer.of(1),
  })
  await findNewestLeaf(reader, admin.organizationId)
  await findEntryAt(reader, admin.organizationId, 1)
  await findActivity(reader, admin.organizationId, newest)
}

/** Backs up, pages through every table, and runs what a restore does. */
async function useArchives({ app, config }: Instance): Promise<void> {
  const { store } = app
  const { rootKeys } = await unsealByConfig({ store, config })
  if (rootKeys === undefined) throw new Error('the seal key file opens the instance')
  const file = archivePath(config, 'statements.archive')
  await backUp(store, { config, rootKeys, file })
  await backupWarnings(store, config)
  for (const name of archivedTables) {
    const table = await describeTable(store.reader, name)
    if (table === undefined) throw new Error(`there is no table ${name}`)
    const after = Object.fromEntries(
      table.key.map((column) => [column, LEAST[table.columns[column] ?? 'text']]),
    )
    await listRows(store.reader, table, { after: null, limit: 1 })
    await listRows(store.reader, table, { after, limit: 1 })
  }
  await findNewestEntry(store.reader, INSTANCE_ID)
  const undone = store.write('alone', async (tx) => {
    await giveUpWaitingEvents(tx, 'restored')
    await insertLease(tx, { name: 'restored', epoch: 1 })
    await setAcceptedFrom(tx, 1)
    throw new Error('only the statements matter')
  })
  await undone.catch(() => undefined)
}

/** Before the key of every row. */
const LEAST = { uuid: INSTANCE_ID, text: '', integer: 0, bytes: Buffer.alloc(0) }

/** Adds, tests and removes a seal. */
async function useSeals(instance: Instance): Promise<void> {
  const { config } = instance
  const { sealId, words } = await addRecoverySeal(config)
  await testSeal(config, byWords(words), sealId)
  await removeSeal(config, sealId)
  await openWith(placeOf(instance), byFile(instance))
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

async function invite({ app, admin: { userId } }: Instance, admin: AppClient): Promise<void> {
  const invited = async () => {
    const invitations = [invitationParams(userId)]
    const made = await admin.submit('create_invitations', { invitations })
    const id = made.at('activity.result.createInvitationsResult.invitationIds.0')
    const mail = (await listWaitingMail(app)).find((waiting) => waiting.id === id)
    const { key, organizationId } = readLink(linkIn(mail?.text))
    return { id, client: new AppClient(app, key, organizationId) }
  }
  const { id: invitationId, client } = await invited()
  const told = await client.query('get_invitation')
  const authenticator = authenticatorParams(makePasskey())
  const accepted = { invitationId, userId: told.at('userId'), authenticator }
  await client.submit('accept_invitation', accepted, 'ACCEPT_INVITATION_V2')
  await admin.submit('delete_invitation', { invitationId: (await invited()).id })
  await invited()
  const lanes = new Map([['mail', () => Promise.reject(new DeliveryFailure('down', false))]])
  const turn = { ...app.deps, store: app.store, holder: 'test', observe: () => undefined }
  await deliverDue({ ...turn, lanes })
  await deliverDue({ ...turn, lanes, clock: { now: () => Date.now() + 30 * 86_400_000 } })
}

/** Tells an endpoint that is not allowed, so that it is tried again, and says it once more. */
async function useWebhooks({ app }: Instance, admin: AppClient): Promise<void> {
  const webhook = { name: 'FEATURE_NAME_WEBHOOK', value: 'https://hooks.example/' }
  const { organizationId } = admin
  await admin.submit('set_organization_feature', webhook)
  await admin.submit('set_organization_feature', webhook)
  const { store } = app
  const deliverer = new WebhookDeliverer({
    ...app.deps,
    store,
    holder: 'test',
    privateHosts: [],
    resolve: () => Promise.resolve(['127.0.0.1']),
    observe: () => undefined,
  })
  await deliverer.run()
  await listEvents(store.reader, organizationId, { troubled: false, limit: 1 })
  const [event] = await listEvents(store.reader, organizationId, { troubled: true, limit: 1 })
  const choice = { eventId: event?.id ?? '' }
  await replayEvents(app, { organizationId, choice })
  const seq = event?.seq ?? 0
  const range = { sourceId: organizationId, from: seq, to: seq }
  await replayEvents(app, { organizationId, choice: range })
  await admin.submit('remove_organization_feature', { name: webhook.name })
  await deliverer.run()
}

async function usePasskeys(admin: AppClient): Promise<void> {
  const userId = (await admin.query('whoami')).at('userId')
  const added = await admin.submit(
    'create_authenticators',
    { userId, authenticators: [authenticatorParams(makePasskey())] },
    'CREATE_AUTHENTICATORS_V2',
  )
  const authenticatorIds = added.at<string[]>(
    'activity.result.createAuthenticatorsResult.authenticatorIds',
  )
  await admin.submit('delete_authenticators', { userId, authenticatorIds })
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

/** Tags a user and a private key, changes and deletes the user, and takes the tags away again. */
async function useTags(admin: AppClient): Promise<void> {
  const { userId } = await admin.createUser('tagged')
  const made = await admin.submit('create_user_tag', { userTagName: 'tag', userIds: [userId] })
  const userTagId = made.at('activity.result.createUserTagResult.userTagId')
  await admin.submit('update_user_tag', { userTagId, newUserTagName: 'renamed' })
  await admin.submit('update_user', { userId, userName: 'changed' })
  await admin.submit('delete_user_tags', { userTagIds: [userTagId] })
  const privateKeyIds = [(await admin.query('list_private_keys')).at('privateKeys.0.privateKeyId')]
  await admin.submit('create_private_key_tag', { privateKeyTagName: 'tag', privateKeyIds })
  await admin.submit('delete_users', { userIds: [userId] })
}

async function usePolicies(admin: AppClient): Promise<void> {
  const policies = [
    { policyName: 'statements', effect: 'EFFECT_ALLOW', notes: '' },
    { policyName: 'limited', effect: 'EFFECT_DENY', limits: [SIGNATURES] },
  ]
  const made = await admin.submit('create_policies', { policies })
  const policyIds = made.at<string[]>('activity.result.createPoliciesResult.policyIds')
  const [policyId = ''] = policyIds
  await admin.submit('update_policy', { policyId, policyNotes: 'changed' }, 'UPDATE_POLICY_V2')
  const { userId, client } = await admin.createUser('limited')
  const { address } = await createWallet(admin, 'limited')
  for (const payload of ['first page', 'known page']) {
    await client.send('submit/sign_raw_payload', signBody(client, address, payload))
  }
  await admin.submit('delete_policies', { policyIds })
  await admin.submit('delete_users', { userIds: [userId] })
}

const SIGNATURES = {
  measure: 'LIMIT_MEASURE_SIGNATURES',
  per: 'LIMIT_PER_USER',
  window: { rollingSeconds: '60' },
  max: '9',
}

/** Lets a key expire a week ago, as far as the job knows, and removes it. */
async function purgeExpired({ app }: Instance, admin: AppClient): Promise<void> {
  const { userId } = await admin.createUser('expiring')
  const apiKeys = [{ ...apiKeyParams(generateKey(), 'brief'), expirationSeconds: '1' }]
  await admin.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
  const clock = { now: () => Date.now() + 8 * DAY_MS }
  const { queue } = app.deps
  await new ExpiredKeyPurge({ store: app.store, queue, clock, holder: 'test' }).run()
}

async function createBelow(admin: AppClient): Promise<AppClient> {
  const key = generateKey()
  const made = await admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'below',
      rootUsers: [{ userName: 'below', apiKeys: [apiKeyParams(key)] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V8',
  )
  await new AppClient(admin.app, key, admin.organizationId).query('whoami')
  const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
  return new AppClient(admin.app, key, id)
}

/** Values of every way to find a sub-organization; they need not find one. */
const LOOKUPS = {
  any: [],
  name: ['below'],
  userName: ['below'],
  email: ['below@example.com'],
  verifiedEmail: ['below@example.com'],
  phone: ['+15555550100'],
  verifiedPhone: ['+15555550100'],
  credentialId: [Buffer.alloc(16)],
  publicKey: [Buffer.alloc(33), 0],
  identity: ['https://issuer.example', 'audience', 'subject'],
  address: ['0x0000000000000000000000000000000000000000'],
} as const

async function lookUpBelow({ app }: Instance, { organizationId }: AppClient): Promise<void> {
  const { reader } = app.deps.store
  const sources = Object.keys(LOOKUPS) as (keyof typeof LOOKUPS)[]
  for (const by of sources) {
    for (const cursor of [{}, { before: organizationId }, { after: organizationId }]) {
      const page = { limit: 5, before: null, after: null, ...cursor }
      await findSubOrganizations(reader, organizationId, { by, values: LOOKUPS[by], ...page })
    }
  }
}

async function changeOrganizations(admin: AppClient): Promise<void> {
  const below = await createBelow(admin)
  await below.submit('update_organization_name', { organizationName: 'renamed' })
  await below.submit('set_organization_feature', { name: 'FEATURE_NAME_EMAIL_AUTH' })
  await below.submit('delete_sub_organization', {})
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
  await admin.send('submit/create_users', admin.userBody('waiting'))
  await expireWaiting(instance)
  await second?.client.approve(held.at('activity.fingerprint'))
  const snapshot = await instance.app.deps.directory.refresh(admin.organizationId)
  const user = [...(snapshot?.users.values() ?? [])].find(({ name }) => name === 'voted')
  await deleteKeys(instance.app, admin.organizationId, [user?.apiKeys[0]?.id ?? ''])
  await verifyEmail(instance.app, admin.organizationId, user?.id ?? '')
}
