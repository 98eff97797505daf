// Users and sub-organizations of every version, made with passkeys and OAuth providers that work.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, type TestClient } from '../../support/client.ts'
import { type Issuer, startIssuer } from '../../support/oidcIssuer.ts'
import { engines } from '../../support/server.ts'
import {
  authenticatorParams,
  authenticatorParamsV1,
  makePasskey,
  PasskeyClient,
  type TestPasskey,
} from '../../support/webauthn.ts'
import { createSubOrganization, startWorld, type World } from './world.ts'

let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

/** What each version of CREATE_USERS takes besides what all of them do. */
const USERS = {
  CREATE_USERS: { authenticator: authenticatorParamsV1, member: { accessType: 'ACCESS_TYPE_ALL' } },
  CREATE_USERS_V2: { authenticator: authenticatorParams, member: {} },
  CREATE_USERS_V3: { authenticator: authenticatorParams, member: {} },
  CREATE_USERS_V4: { authenticator: authenticatorParams, member: {} },
}

describe.each(engines)('on %s', (engine) => {
  let world: World
  let below: TestClient
  beforeAll(async () => {
    world = await startWorld({ engine, env: { KEYSTEAD_OIDC_PRIVATE_ISSUERS: issuer.url } })
    below = await createSubOrganization(world, generateKey())
  })
  afterAll(() => world.server.dispose())

  /** A subject and an API key that no other test has. */
  async function credentials() {
    const sub = crypto.randomUUID()
    const provider = { providerName: 'issuer', oidcToken: await issuer.signIn({ sub }) }
    const { curveType, ...apiKey } = apiKeyParams(generateKey())
    return { sub, oauthProviders: [provider], apiKey, curve: { curveType } }
  }

  /** Asserts that the passkey's user can stamp queries and activities, and shows its user. */
  async function speaks(passkey: TestPasskey, organizationId: string) {
    const client = new PasskeyClient(world.server, passkey, organizationId)
    const who = await client.query('whoami')
    expect(who).toMatchObject({ status: 200, json: { organizationId } })
    const userId = who.at('userId')
    const apiKeys = [apiKeyParams(generateKey(), 'made with the passkey')]
    const added = await client.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
    expect(added.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    const { oauthProviders } = (await client.query('get_oauth_providers', { userId })).json as {
      oauthProviders: { subject: string; issuer: string }[]
    }
    return { userId, username: who.at('username'), oauthProviders }
  }

  test.each(Object.entries(USERS))('a user of %s stamps with its passkey', async (type, shape) => {
    const passkey = makePasskey()
    const { sub, oauthProviders, apiKey, curve } = await credentials()
    const apiKeys = [/V[34]$/.test(type) ? { ...apiKey, ...curve } : apiKey]
    const user = {
      userName: type,
      apiKeys,
      authenticators: [shape.authenticator(passkey)],
      oauthProviders,
      userTags: [],
      ...shape.member,
    }
    const made = await below.submit('create_users', { users: [user] }, type)
    const userIds = made.at('activity.result.createUsersResult.userIds')
    expect(await speaks(passkey, below.organizationId)).toMatchObject({
      userId: userIds[0],
      username: type,
      oauthProviders: [{ subject: sub, issuer: issuer.url }],
    })
  })

  test('a sub-organization of CREATE_SUB_ORGANIZATION is its authenticator’s', async () => {
    const passkey = makePasskey()
    const params = { name: 'first', rootAuthenticator: authenticatorParams(passkey) }
    const made = await world.admin.submit('create_sub_organization', params)
    const id = made.at('activity.result.createSubOrganizationResult.subOrganizationId')
    expect(await speaks(passkey, id)).toMatchObject({ username: 'Root user', oauthProviders: [] })
  })

  test.each(['V2', 'V3', 'V4', 'V5', 'V6', 'V7', 'V8'])(
    'a root user of CREATE_SUB_ORGANIZATION_%s stamps with its passkey',
    async (version) => {
      const passkey = makePasskey()
      const { sub, oauthProviders, apiKey, curve } = await credentials()
      const rootUser = {
        userName: version,
        apiKeys: [version < 'V6' ? apiKey : { ...apiKey, ...curve }],
        authenticators: [authenticatorParams(passkey)],
        oauthProviders,
      }
      const made = await world.admin.submit(
        'create_sub_organization',
        { subOrganizationName: version, rootUsers: [rootUser], rootQuorumThreshold: 1 },
        `CREATE_SUB_ORGANIZATION_${version}`,
      )
      const key = `createSubOrganizationResult${version === 'V2' ? '' : version}`
      const { subOrganizationId, rootUserIds } = made.at<{
        subOrganizationId: string
        rootUserIds: string[]
      }>(`activity.result.${key}`)
      expect(await speaks(passkey, subOrganizationId)).toMatchObject({
        userId: rootUserIds[0],
        username: version,
        oauthProviders: [{ subject: sub, issuer: issuer.url }],
      })
    },
  )
})
