// Look-ups across organizations: what is found by what, and nothing of other tenants.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { authenticatorParams, makePasskey } from '../../../../tests/support/webauthn.ts'
import type { Effects } from '../../src/commit/unit.ts'
import { findSubOrganizations } from '../../src/domain/organization/lookup.store.ts'
import { adminClient, AppClient } from '../support/client.ts'
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
    const passkey = makePasskey()
    const authenticators = [authenticatorParams(passkey)]
    const params = { userId, authenticators }
    await below.submit('create_authenticators', params, 'CREATE_AUTHENTICATORS_V2')
    const credentialId = passkey.credentialId.toString('base64url')
    for (const value of [credentialId, `${credentialId}=`]) {
      expect(await list('list_suborgs', 'CREDENTIAL_ID', value)).toEqual([below.organizationId])
    }
    expect(await list('list_suborgs', 'CREDENTIAL_ID', credentialId.slice(0, 4))).toEqual([])
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
})
