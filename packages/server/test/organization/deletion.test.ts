// What deletion leaves of an organization: its chain and its activities, and nothing that it held.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { invitationParams } from '../../../../tests/support/invitee.ts'
import { authenticatorParams, makePasskey } from '../../../../tests/support/webauthn.ts'
import type { Unit } from '../../src/commit/unit.ts'
import { eraseOrganization } from '../../src/domain/organization/organization.store.ts'
import { deleteRootOrganization } from '../../src/host/organizations.ts'
import { listWaitingMail } from '../../src/host/waitingMail.ts'
import { activityUnit, unitOf } from '../support/units.ts'
import { adminClient, AppClient, createWallet, formQuorum, signBody } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const CLAIMS = { iss: 'https://issuer.example', aud: 'application', sub: 'somebody' }
/** Refused wherever it is used, but a token all the same. */
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl'

/** Tables of which a deleted organization has no row. A table with secrets belongs here. */
const ERASED = [
  'api_key',
  'import_key',
  'invitation',
  'oidc_identity',
  'org_user',
  'outbox',
  'passkey',
  'policy',
  'private_key',
  'private_key_secret',
  'spending',
  'tag',
  'wallet',
  'wallet_account',
  'wallet_secret',
  'webhook_event',
]

const WIRE_LIMIT = {
  measure: 'LIMIT_MEASURE_SIGNATURES',
  per: 'LIMIT_PER_USER',
  window: { calendar: 'LIMIT_CALENDAR_MONTH' },
  max: '9',
}

/** Tables whose rows stay: why that gives nothing away. */
const KEPT = {
  activity: 'bodies without their secrets: no request runs twice',
  audit_entry: 'the chain verifies',
  checkpoint_leaf: 'the chain verifies',
  organization: 'marked as deleted',
  organization_head: 'the chain verifies',
  organization_key: 'authenticates the row and the head; what it sealed is gone',
  rate_window: 'a count',
  signing_quota: 'a count',
  usage_month: 'a count',
  vote: 'stamps of bodies that are kept',
}

describe.each(engines)('deletion on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  beforeAll(async () => {
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
  })
  afterAll(() => instance.dispose())

  /** A sub-organization whose one user has a credential of each kind. */
  async function createBelow() {
    const key = generateKey()
    const made = await admin.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'doomed',
        rootUsers: [
          {
            userName: 'owner',
            userEmail: 'doomed@example.com',
            apiKeys: [apiKeyParams(key)],
            authenticators: [authenticatorParams(makePasskey())],
            oauthProviders: [{ providerName: 'issuer', oidcClaims: CLAIMS }],
          },
        ],
        rootQuorumThreshold: 1,
      },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    const at = (path: string) => made.at(`activity.result.createSubOrganizationResultV8.${path}`)
    return {
      below: new AppClient(instance.app, key, at('subOrganizationId')),
      userId: at('rootUserIds.0'),
    }
  }

  /** Every table with rows of organizations: how many that organization has. */
  async function rowsOf(organizationId: string): Promise<Record<string, number>> {
    const tables = await instance.rows<{ name: string }>(
      engine === 'sqlite'
        ? `select m.name as name from sqlite_master m join pragma_table_info(m.name) c
           where m.type = 'table' and c.name = 'organization_id'`
        : `select table_name as name from information_schema.columns
           where table_schema = 'public' and column_name = 'organization_id'`,
    )
    const counts = tables.map(async ({ name }) => {
      const sql = `select count(*) as n from ${name} where organization_id = ?u`
      const [row] = await instance.rows<{ n: number }>(sql, organizationId)
      return [name, row?.n ?? 0] as const
    })
    return Object.fromEntries(await Promise.all(counts))
  }

  /** Makes a policy whose limit has counted something. */
  async function chargeLimit(below: AppClient): Promise<void> {
    const { organizationId } = below
    const policy = { policyName: 'limit', effect: 'EFFECT_DENY', limits: [WIRE_LIMIT] }
    const made = await below.submit('create_policy', policy, 'CREATE_POLICY_V3')
    const policyId = made.at('activity.result.createPolicyResult.policyId')
    const window = { kind: 'calendar', unit: 'month' } as const
    const limit = { measure: 'signatures', per: 'user', window, max: '9' } as const
    const charges = [{ organizationId, policyId, limit, scope: 'somebody', amount: 1n }]
    const unit = unitOf(organizationId, 'charge', { charges })
    expect((await instance.app.deps.queue.submit(unit)).kind).toBe('committed')
  }

  const waiting = (organizationId: string) =>
    instance.rows<{ status: string; sealed_body: Buffer | null }>(
      `select status, sealed_body from activity where organization_id = ?u
       and (status in ('CONSENSUS_NEEDED', 'REJECTED') or sealed_body is not null) order by seq`,
      organizationId,
    )

  test('erases secrets, keys and people; the chain and the activities stay', async () => {
    const { below, userId } = await createBelow()
    const { address } = await createWallet(below, 'w')
    const privateKeys = [{ privateKeyName: 'k', curve: 'CURVE_ED25519' }]
    await below.submit('create_private_keys', { privateKeys }, 'CREATE_PRIVATE_KEYS_V2')
    await below.submit('init_import_wallet', { userId })
    await below.submit('create_user_tag', { userTagName: 't', userIds: [userId] })
    await below.submit('create_invitations', { invitations: [invitationParams(userId)] })
    const policy = { policyName: 'p', effect: 'EFFECT_DENY', condition: 'true', notes: '' }
    await below.submit('create_policy', policy, 'CREATE_POLICY_V3')
    const webhook = { name: 'FEATURE_NAME_WEBHOOK', value: 'https://hooks.example/' }
    await below.submit('set_organization_feature', webhook)
    const sign = (client: AppClient, payload: string) =>
      client.send('submit/sign_raw_payload', signBody(client, address, payload))
    expect((await sign(below, 'before')).status).toBe(200)
    await chargeLimit(below)
    const before = await rowsOf(below.organizationId)
    expect(Object.keys(before).sort()).toEqual([...ERASED, ...Object.keys(KEPT)].sort())
    for (const table of ERASED) expect([table, before[table]]).not.toEqual([table, 0])

    // Another process knows the organization, its keys and its signing key.
    const other = below.through(await instance.openApp())
    expect((await other.query('whoami')).status).toBe(200)
    const deleted = await below.submit('delete_sub_organization', { deleteWithoutExport: true })
    expect(deleted).toMatchObject({ status: 200 })

    const after = await rowsOf(below.organizationId)
    const erased = Object.fromEntries(ERASED.map((table) => [table, 0]))
    expect(after).toMatchObject({ ...erased, organization: 1, organization_head: 1 })
    expect(after['activity']).toBe((before['activity'] ?? 0) + 1)
    expect(after['audit_entry']).toBe((before['audit_entry'] ?? 0) + 1)
    expect(await listWaitingMail(instance.app)).toEqual([])
    for (const client of [below, other]) {
      expect(await sign(client, 'after')).toMatchObject({ status: 404 })
      expect((await client.query('list_users')).status).toBe(404)
    }
    expect(await instance.problems()).toEqual([])
  })

  /** A quorum of two in a sub-organization, of whom one has asked for something with a secret. */
  async function createWaiting() {
    const { below, userId } = await createBelow()
    const own = { organizationId: below.organizationId, userId }
    const [first, second] = await formQuorum(instance.app, quorumOf(below, own), TWO)
    if (first === undefined || second === undefined) throw new Error('there are two')
    return { first: first.client, second: second.client }
  }
  const TWO = { count: 2, threshold: 2 }
  const quorumOf = (client: AppClient, own: { organizationId: string; userId: string }) => ({
    ...own,
    apiKeyId: '',
    apiPublicKey: client.key.publicKey,
    apiPrivateKey: client.key.privateKey.toString('hex'),
  })

  test('by a quorum rejects what else waits, and erases the originals of its bodies', async () => {
    const { first, second } = await createWaiting()
    const { organizationId } = first
    const users = [
      { userName: 'u', oauthProviders: [{ providerName: 'p', oidcClaims: CLAIMS_2 }] },
      { userName: 'v', oauthProviders: [{ providerName: 'p', oidcToken: TOKEN }] },
    ]
    const held = await first.submit('create_users', { users }, 'CREATE_USERS_V4')
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    expect((await waiting(organizationId)).map((row) => row.sealed_body !== null)).toEqual([true])
    const asked = await first.submit('delete_sub_organization', { deleteWithoutExport: true })
    const done = await second.approve(asked.at('activity.fingerprint'))
    expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await waiting(organizationId)).toEqual([{ status: 'REJECTED', sealed_body: null }])
    const late = await second.approve(held.at('activity.fingerprint'))
    expect(late.status).toBe(404)
    expect(await instance.problems()).toEqual([])
  })
  const CLAIMS_2 = { ...CLAIMS, sub: 'another' }

  test('by the host rejects what waits as well', async () => {
    const other = await instance.createOrganization('doomed')
    const [first] = await formQuorum(instance.app, other, TWO)
    await first?.client.submit('create_wallet', { walletName: 'w', accounts: [] })
    const { organizationId } = other
    expect(await waiting(organizationId)).toMatchObject([{ status: 'CONSENSUS_NEEDED' }])
    await deleteRootOrganization(instance.app, { organizationId, withoutExport: true })
    expect(await waiting(organizationId)).toEqual([{ status: 'REJECTED', sealed_body: null }])
  })

  test('in one transaction with a request that begins to wait rejects that, too', async () => {
    const { below } = await createBelow()
    const { organizationId } = below
    const held = { status: 'CONSENSUS_NEEDED', sealed_body: Buffer.from('secret') } as const
    const units: Unit[] = [
      { ...activityUnit(organizationId, 'held', held), reads: [{ organizationId, revision: 1 }] },
      unitOf(organizationId, 'delete', {
        changes: 'snapshot',
        effects: (tx) => eraseOrganization(tx, { organizationId, nowMs: tx.nowMs }),
      }),
    ]
    const outcomes = await Promise.all(units.map((unit) => instance.app.deps.queue.submit(unit)))
    const [asked, deleted] = outcomes.map(({ kind }) => kind)
    expect(deleted).toBe('committed')
    // Which comes first is for the queue to say; on SQLite they share a transaction.
    expect(engine === 'postgres' || asked === 'committed').toBe(true)
    const rejected = [{ status: 'REJECTED', sealed_body: null }]
    expect(await waiting(organizationId)).toEqual(asked === 'committed' ? rejected : [])
  })
})
