// Resource limits: the documents' numbers, others where the host sets them, and none exceeded at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { keystead } from '../../support/command.ts'
import { countRows, OVER_QUOTA, setLimits, tally } from '../../support/governance.ts'
import { invitationParams } from '../../support/invitee.ts'
import { matching } from '../../support/matching.ts'
import { engines } from '../../support/server.ts'
import { authenticatorParams, makePasskey } from '../../support/webauthn.ts'
import { createSubOrganization, errorOf, officialClient, startWorld, type World } from './world.ts'

const DOCUMENTED = {
  privateKeys: 1000,
  wallets: 100,
  users: 100,
  policies: 100,
  invitations: 100,
  authenticatorsPerUser: 10,
  longLivedApiKeysPerUser: 10,
  expiringApiKeysPerUser: 10,
  oauthProvidersPerUser: 10,
}
const UNLIMITED = { requestsPerMinute: null, signaturesPerMonth: null }

const AT_ONCE = 24

describe.each(engines)('limits on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine, workers: 2 })
  })
  afterAll(() => world.server.dispose())

  /** An organization of its own, below the admin's. */
  const fresh = () => createSubOrganization(world, generateKey())
  const set = (client: TestClient, ...words: string[]) =>
    setLimits(world.server, client.organizationId, ...words)

  const own = async (client: TestClient) => (await client.query('whoami')).at('userId')
  const submitApiKey = async (client: TestClient, n: number, expirationSeconds?: string) => {
    const apiKeys = [{ ...apiKeyParams(generateKey(), `key ${n}`), expirationSeconds }]
    return client.submit(
      'create_api_keys',
      { userId: await own(client), apiKeys },
      'CREATE_API_KEYS_V2',
    )
  }

  const createOne = {
    users: (client: TestClient, n: number) =>
      client.submit('create_users', { users: [{ userName: `user ${n}` }] }, 'CREATE_USERS_V3'),
    wallets: (client: TestClient, n: number) =>
      client.submit('create_wallet', { walletName: `wallet ${n}`, accounts: [] }),
    privateKeys: (client: TestClient, n: number) =>
      client.submit(
        'create_private_keys',
        { privateKeys: [{ privateKeyName: `key ${n}`, curve: 'CURVE_P256' }] },
        'CREATE_PRIVATE_KEYS_V2',
      ),
    tags: (client: TestClient, n: number) =>
      n % 2 === 0
        ? client.submit('create_user_tag', { userTagName: `tag ${n}`, userIds: [] })
        : client.submit('create_private_key_tag', {
            privateKeyTagName: `tag ${n}`,
            privateKeyIds: [],
          }),
    policies: (client: TestClient, n: number) =>
      client.submit(
        'create_policy',
        { policyName: `policy ${n}`, effect: 'EFFECT_ALLOW', notes: '' },
        'CREATE_POLICY_V3',
      ),
    invitations: async (client: TestClient) =>
      client.submit('create_invitations', { invitations: [invitationParams(await own(client))] }),
    authenticatorsPerUser: async (client: TestClient, n: number) =>
      client.submit(
        'create_authenticators',
        {
          userId: await own(client),
          authenticators: [authenticatorParams(makePasskey(), `passkey ${n}`)],
        },
        'CREATE_AUTHENTICATORS_V2',
      ),
    longLivedApiKeysPerUser: (client: TestClient, n: number) => submitApiKey(client, n),
    oauthProvidersPerUser: async (client: TestClient, n: number) =>
      client.submit(
        'create_oauth_providers',
        {
          userId: await own(client),
          oauthProviders: [
            {
              providerName: `provider ${n}`,
              oidcClaims: { iss: 'https://issuer.example', sub: `somebody ${n}`, aud: 'app' },
            },
          ],
        },
        'CREATE_OAUTH_PROVIDERS_V2',
      ),
  }
  /** Where each is, how many a new organization has of it, and what is said beyond its limit. */
  const LIMITS = {
    users: { table: 'org_user', present: 1, message: OVER_QUOTA },
    wallets: { table: 'wallet', present: 0, message: OVER_QUOTA },
    privateKeys: { table: 'private_key', present: 0, message: OVER_QUOTA },
    tags: { table: 'tag', present: 0, message: OVER_QUOTA },
    policies: { table: 'policy', present: 0, message: OVER_QUOTA },
    invitations: { table: 'invitation', present: 0, message: OVER_QUOTA },
    authenticatorsPerUser: {
      table: 'passkey',
      present: 0,
      message: 'user has exceeded maximum authenticators',
    },
    longLivedApiKeysPerUser: {
      table: 'api_key',
      present: 1,
      message: 'user has exceeded maximum long-lived api keys',
    },
    oauthProvidersPerUser: {
      table: 'oidc_identity',
      present: 0,
      message: 'user has exceeded maximum oauth providers',
    },
  } as const
  const names = Object.keys(LIMITS) as (keyof typeof LIMITS)[]
  const DEFAULTS = { ...DOCUMENTED, tags: 10 }

  test('are the documented ones, and a sub-organization has fewer tags', async () => {
    const { organizationId } = world
    expect(await setLimits(world.server, organizationId)).toEqual({
      ...DOCUMENTED,
      tags: 100,
      ...UNLIMITED,
    })
    expect(await set(await fresh())).toEqual(DEFAULTS)
  })

  test('are all shown to hold here, but for those of what comes later or makes room', () => {
    const elsewhere = ['expiringApiKeysPerUser']
    expect([...names, ...elsewhere].sort()).toEqual(Object.keys(DEFAULTS).sort())
  })

  test.each(names)(
    'of %s hold for requests at once and below what exists, and answer the published text',
    async (name) => {
      const { table, present, message } = LIMITS[name]
      const client = await fresh()
      expect(await set(client, `${name}=5`)).toMatchObject({ [name]: 5 })
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) => createOne[name](client, n)),
      )
      expect(tally(answers)).toEqual({ ok: 5 - present, [message]: AT_ONCE - 5 + present })
      const place = { server: world.server, organizationId: client.organizationId }
      expect(await countRows(place, table)).toBe(5)
      const refused = await createOne[name](client, AT_ONCE)
      expect(refused.status).toBe(429)
      expect(refused.retryAfter).toBe(null)
      expect(errorOf(refused)).toEqual({ code: 8, message, details: [], turnkeyErrorCode: '' })
      // Below what exists it takes nothing away.
      expect(await set(client, `${name}=2`)).toMatchObject({ [name]: 2 })
      expect(errorOf(await createOne[name](client, AT_ONCE)).message).toBe(message)
      expect(await countRows(place, table)).toBe(5)
      expect(await set(client, `${name}=default`)).toMatchObject({ [name]: DEFAULTS[name] })
      expect((await createOne[name](client, AT_ONCE + 1)).status).toBe(200)
    },
  )

  test('of expiring API keys are of one request; further ones make room', async () => {
    const client = await fresh()
    await set(client, 'expiringApiKeysPerUser=2')
    const apiKeys = Array.from({ length: 3 }, (_, n) => ({
      ...apiKeyParams(generateKey(), `key ${n}`),
      expirationSeconds: '60',
    }))
    const params = { userId: await own(client), apiKeys }
    const refused = await client.submit('create_api_keys', params, 'CREATE_API_KEYS_V2')
    expect(refused.status).toBe(429)
    const message = 'user has exceeded maximum short-lived api keys'
    expect(errorOf(refused)).toEqual({ code: 8, message, details: [], turnkeyErrorCode: '' })
    const place = { server: world.server, organizationId: client.organizationId }
    for (let n = 0; n < 3; n++) expect((await submitApiKey(client, n, '60')).status).toBe(200)
    expect(await countRows(place, 'api_key', 'expires_ms is not null')).toBe(2)
    await set(client, 'expiringApiKeysPerUser=1')
    expect((await submitApiKey(client, 3, '60')).status).toBe(200)
    expect(await countRows(place, 'api_key', 'expires_ms is not null')).toBe(1)
  })

  test('reach the official clients as the documents say', async () => {
    const client = await fresh()
    await set(client, 'wallets=0')
    for (const version of ['4.1.1', '8.2.1'] as const) {
      const refused = officialClient(version, client).createWallet({
        walletName: `refused ${version}`,
        accounts: [],
      })
      await expect(refused).rejects.toThrow(`Turnkey error 8: ${OVER_QUOTA} (Details: [])`)
    }
  })

  test('are recorded, survive a restart, and need no running server', async () => {
    const client = await fresh()
    const { organizationId } = client
    await set(client, 'wallets=1', 'users=7', 'policies=0')
    const recorded = `actor = 'host' and action = 'organization.limits'`
    expect(await countRows({ server: world.server, organizationId }, 'audit_entry', recorded)).toBe(
      1,
    )
    await world.server.end('SIGTERM')
    expect(await set(client, 'wallets=2')).toMatchObject({ wallets: 2, users: 7, policies: 0 })
    await world.server.restart()
    world.admin = new TestClient(world.server, world.admin.key, world.organizationId)
    const again = new TestClient(world.server, client.key, organizationId)
    const answers = [0, 1, 2].map((n) => createOne.wallets(again, n))
    expect(tally(await Promise.all(answers))).toEqual({ ok: 2, [OVER_QUOTA]: 1 })
  })

  test('are refused by name when the command is wrong', async () => {
    const { env, data, admin } = world.server
    const run = (word: string) => {
      const words = ['organizations', 'limits', '--organization', admin.organizationId, word]
      return keystead([...words, '--data', data], { env })
    }
    expect(await run('users=-1')).toMatchObject({
      code: 2,
      stderr: matching(/`users=-1` is not NAME=NUMBER, NAME=unlimited or NAME=default/),
    })
    expect(await run('nothing=1')).toMatchObject({
      code: 1,
      stderr: matching(/there is no limit `nothing` here: the limits are privateKeys, wallets,/),
    })
  })
})
