// Look-ups by what no request can put into an organization yet, and what deletion leaves behind.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import type { Effects } from '../../src/commit/unit.ts'
import { insertCredentials } from '../../src/domain/credential/credential.store.ts'
import { findSubOrganizations } from '../../src/domain/organization/lookup.store.ts'
import { newUuid } from '../../src/platform/ids.ts'
import type { Row } from '../../src/store/engine.ts'
import { adminClient, AppClient, createWallet, signBody } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { unitOf } from '../support/units.ts'

const CLAIMS = { iss: 'https://issuer.example', aud: 'application', sub: 'somebody' }

describe.each(engines)('organizations on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  let below: AppClient
  let userId: string

  beforeAll(async () => {
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
    ;({ below, userId } = await createBelow('someone@example.com'))
  })
  afterAll(() => instance.dispose())

  /** A sub-organization whose user has an e-mail address, a phone and an OIDC identity. */
  async function createBelow(userEmail: string) {
    const key = generateKey()
    const made = await admin.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'below',
        rootUsers: [
          {
            userName: 'owner',
            userEmail,
            userPhoneNumber: '+15555550100',
            apiKeys: [apiKeyParams(key)],
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

  /** Changes what no operation changes yet, as an operation would. */
  async function change(effects: Effects): Promise<void> {
    const unit = unitOf(below.organizationId, 'test', { changes: 'snapshot', effects })
    expect(await instance.app.deps.queue.submit(unit)).toMatchObject({ kind: 'committed' })
  }

  const list = async (name: string, filterType: string, filterValue: string) =>
    (await admin.query(name, { filterType, filterValue })).at<string[]>('organizationIds')

  test('only verified e-mail addresses and phones are in the verified list', async () => {
    const contacts = [
      ['EMAIL', 'SomeOne@example.com', 'email_verified'],
      ['PHONE_NUMBER', '+15555550100', 'phone_verified'],
    ] as const
    for (const [type, value, column] of contacts) {
      expect(await list('list_verified_suborgs', type, value)).toEqual([])
      await change(async (tx) => {
        await tx.run(
          `update org_user set ${column} = 1 where organization_id = ?u and id = ?u`,
          below.organizationId,
          userId,
        )
      })
      expect(await list('list_verified_suborgs', type, value)).toEqual([below.organizationId])
      expect(await list('list_suborgs', type, value)).toEqual([below.organizationId])
    }
  })

  test('a passkey is found by its credential id, with and without padding', async () => {
    const credentialId = Buffer.from('f00dcafe', 'hex')
    const passkey: Row = {
      organization_id: below.organizationId,
      id: newUuid(Date.now()),
      user_id: userId,
      name: 'phone',
      rp_id_hash: Buffer.alloc(32),
      credential_id: credentialId,
      public_key: Buffer.alloc(1),
      attestation_format: 'none',
      aaguid: newUuid(Date.now()),
      transports: '[]',
      created_ms: 1,
      updated_ms: 1,
    }
    await change((tx) =>
      insertCredentials(tx, { apiKeys: [], passkeys: [passkey], oidcIdentities: [] }),
    )
    for (const value of ['8A3K_g', '8A3K_g==']) {
      expect(await list('list_suborgs', 'CREDENTIAL_ID', value)).toEqual([below.organizationId])
    }
    expect(await list('list_suborgs', 'CREDENTIAL_ID', '8A3K')).toEqual([])
  })

  test('an identity is found by all three of its claims', async () => {
    const { reader } = instance.app.deps.store
    const find = (values: string[]) =>
      findSubOrganizations(reader, admin.organizationId, {
        by: 'identity',
        values,
        limit: 10,
        before: null,
        after: null,
      })
    expect(await find([CLAIMS.iss, CLAIMS.aud, CLAIMS.sub])).toEqual([below.organizationId])
    expect(await find([CLAIMS.iss, CLAIMS.aud, 'else'])).toEqual([])
    expect(await find([CLAIMS.aud, CLAIMS.iss, CLAIMS.sub])).toEqual([])
  })

  test('another root organization finds none of it, by whatever it looks', async () => {
    const other = adminClient(instance.app, await instance.createOrganization('another'))
    const filters = {
      EMAIL: 'someone@example.com',
      PHONE_NUMBER: '+15555550100',
      NAME: 'below',
      USERNAME: 'owner',
      PUBLIC_KEY: below.key.publicKey,
    }
    for (const [filterType, filterValue] of Object.entries(filters)) {
      expect(await list('list_suborgs', filterType, filterValue)).toEqual([below.organizationId])
      const found = await other.query('list_suborgs', { filterType, filterValue })
      expect(found.json).toEqual({ organizationIds: [] })
    }
    expect((await other.query('list_suborgs')).json).toEqual({ organizationIds: [] })
  })

  test('a key that has expired is not in the list', async () => {
    const key = generateKey()
    const apiKeys = [{ ...apiKeyParams(key, 'brief'), expirationSeconds: '1' }]
    await below.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
    const { reader } = instance.app.deps.store
    const find = (nowMs: number) =>
      findSubOrganizations(reader, admin.organizationId, {
        by: 'publicKey',
        values: [Buffer.from(key.publicKey, 'hex'), nowMs],
        limit: 10,
        before: null,
        after: null,
      })
    expect(await find(Date.now())).toEqual([below.organizationId])
    expect(await find(Date.now() + 2000)).toEqual([])
  })

  test('deletion erases secrets, keys and people; the chain and the activities stay', async () => {
    const { below: doomed } = await createBelow('doomed@example.com')
    const { address } = await createWallet(doomed, 'w')
    const privateKeys = [{ privateKeyName: 'k', curve: 'CURVE_ED25519' }]
    await doomed.submit('create_private_keys', { privateKeys }, 'CREATE_PRIVATE_KEYS_V2')
    const signing = (payload: string) =>
      doomed.send('submit/sign_raw_payload', signBody(doomed, address, payload))
    expect((await signing('before')).status).toBe(200)
    const before = await rowsOf(doomed.organizationId)
    for (const table of ERASED) expect([table, before[table]]).not.toEqual([table, 0])

    // Another process knows the organization, its keys and its signing key.
    const other = doomed.through(await instance.openApp())
    expect((await other.query('whoami')).status).toBe(200)
    const deleted = await doomed.submit('delete_sub_organization', { deleteWithoutExport: true })
    expect(deleted).toMatchObject({ status: 200 })

    const after = await rowsOf(doomed.organizationId)
    const erased = Object.fromEntries(ERASED.map((table) => [table, 0]))
    expect(after).toMatchObject({ ...erased, organization: 1, organization_head: 1 })
    expect(after['activity']).toBe((before['activity'] ?? 0) + 1)
    expect(after['audit_entry']).toBe((before['audit_entry'] ?? 0) + 1)
    for (const client of [doomed, other]) {
      const signed = await client.send(
        'submit/sign_raw_payload',
        signBody(client, address, 'after'),
      )
      expect(signed).toMatchObject({ status: 404 })
      expect((await client.query('whoami')).status).toBe(404)
    }
    expect(await instance.problems()).toEqual([])
  })

  const ERASED = [
    'api_key',
    'oidc_identity',
    'org_user',
    'private_key',
    'private_key_secret',
    'wallet',
    'wallet_account',
    'wallet_secret',
  ]

  /** How many rows each of these tables has of an organization. */
  async function rowsOf(organizationId: string): Promise<Record<string, number>> {
    const tables = [...ERASED, 'activity', 'audit_entry', 'organization', 'organization_head']
    const counts = tables.map(async (table) => {
      const sql = `select count(*) as n from ${table} where organization_id = ?u`
      const [row] = await instance.rows<{ n: number }>(sql, organizationId)
      return [table, row?.n ?? 0] as const
    })
    return Object.fromEntries(await Promise.all(counts))
  }
})
