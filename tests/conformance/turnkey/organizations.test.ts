// The official TypeScript clients, unmodified: users, API keys, and sub-organizations.
import { keccak256, recoverAddress, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey, type Scheme, TestClient, type TestKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import {
  clientVersions,
  createSubOrganization,
  createUser,
  errorOf,
  ethereumAccount,
  officialClient,
  startWorld,
  type World,
} from './world.ts'

const CURVE = {
  P256: 'API_KEY_CURVE_P256',
  SECP256K1: 'API_KEY_CURVE_SECP256K1',
  SECP256K1_EIP191: 'API_KEY_CURVE_SECP256K1',
  ED25519: 'API_KEY_CURVE_ED25519',
} as const

const apiKey = (
  { publicKey, scheme }: TestKey,
  apiKeyName: string,
  expirationSeconds?: string,
) => ({
  apiKeyName,
  publicKey,
  curveType: CURVE[scheme],
  ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
})

describe.each(engines)('organizations on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  const speaker = (key: TestKey, organizationId = world.organizationId) =>
    new TestClient(world.server, key, organizationId)

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = () => officialClient(version, world.admin)

    test('users are created with keys of all three curves, and may stamp', async () => {
      const schemes: Scheme[] = ['P256', 'SECP256K1', 'ED25519']
      const keys = schemes.map((scheme) => generateKey(scheme))
      const { userIds } = await client().createUsers({
        users: keys.map((key, index) => ({
          userName: `user ${index}`,
          userEmail: 'someone@example.com',
          userPhoneNumber: '+15555550100',
          apiKeys: [apiKey(key, 'first')],
          authenticators: [],
          oauthProviders: [],
          userTags: [],
        })),
      })
      expect(userIds).toHaveLength(3)
      for (const [index, key] of keys.entries()) {
        const who = await speaker(key).query('whoami')
        expect(who.json).toMatchObject({ userId: userIds[index], username: `user ${index}` })
      }
    })

    test('keys are added to a user, of all three curves, for ever or for a while', async () => {
      const { userId, client: member } = await createUser(world, generateKey())
      const keys = (['P256', 'SECP256K1', 'ED25519'] as const).map((scheme) => generateKey(scheme))
      const { apiKeyIds } = await client().createApiKeys({
        userId,
        apiKeys: keys.map((key, index) =>
          apiKey(key, `k${index}`, index === 0 ? '3600' : undefined),
        ),
      })
      expect(new Set(apiKeyIds).size).toBe(3)
      for (const key of keys) {
        expect(await speaker(key).query('whoami')).toMatchObject({ status: 200, json: { userId } })
      }
      const own = await officialClient(version, member).createApiKeys({
        userId,
        apiKeys: [apiKey(generateKey(), 'by itself')],
      })
      expect(own.apiKeyIds).toHaveLength(1)
    })

    test('the eleventh expiring key evicts the oldest, an eleventh lasting key is refused', async () => {
      const { userId } = await createUser(world, generateKey())
      const expiring = Array.from({ length: 11 }, () => generateKey())
      for (const [index, key] of expiring.entries()) {
        await client().createApiKeys({ userId, apiKeys: [apiKey(key, `e${index}`, '3600')] })
      }
      const [oldest, ...others] = expiring.map((key) => speaker(key).query('whoami'))
      const message = 'public key could not be found in organization or its parent organization'
      expect(await oldest).toMatchObject({ status: 401, json: { code: 16, message } })
      for (const answer of others) expect(await answer).toMatchObject({ status: 200 })
      const lasting = Array.from({ length: 9 }, (_, index) => apiKey(generateKey(), `l${index}`))
      await client().createApiKeys({ userId, apiKeys: lasting })
      const eleventh = client().createApiKeys({ userId, apiKeys: [apiKey(generateKey(), 'l9')] })
      await expect(eleventh).rejects.toThrow(
        'Turnkey error 8: user has exceeded maximum long-lived api keys',
      )
    })

    test('expired keys are evicted before the oldest', async () => {
      const { userId } = await createUser(world, generateKey())
      const keys = Array.from({ length: 9 }, () => generateKey())
      for (const [index, key] of keys.entries()) {
        await client().createApiKeys({ userId, apiKeys: [apiKey(key, `e${index}`, '3600')] })
      }
      const brief = generateKey()
      await client().createApiKeys({ userId, apiKeys: [apiKey(brief, 'brief', '1')] })
      await new Promise((resolve) => setTimeout(resolve, 1100))
      expect((await speaker(brief).query('whoami')).json).toMatchObject({
        message: 'rpc error: code = Unauthenticated desc = expired api key publicKey',
      })
      await client().createApiKeys({ userId, apiKeys: [apiKey(generateKey(), 'new', '3600')] })
      for (const key of keys) expect((await speaker(key).query('whoami')).status).toBe(200)
      expect((await speaker(brief).query('whoami')).json).toMatchObject({
        message: 'public key could not be found in organization or its parent organization',
      })
    })

    test.each(['0', '-1', '1.5', 'soon', '99999999999', ''])(
      'an expiration of "%s" seconds is refused',
      async (expirationSeconds) => {
        const { userId } = world.server.admin
        const refused = client().createApiKeys({
          userId,
          apiKeys: [apiKey(generateKey(), 'never', expirationSeconds)],
        })
        await expect(refused).rejects.toThrow('Turnkey error 3: invalid api key expiration')
      },
    )

    test('a sub-organization comes with a wallet that its own user signs with', async () => {
      const key = generateKey()
      const made = await client().createSubOrganization({
        subOrganizationName: `sub of ${version}`,
        rootQuorumThreshold: 1,
        rootUsers: [
          {
            userName: 'owner',
            apiKeys: [apiKey(key, 'first')],
            authenticators: [],
            oauthProviders: [],
          },
        ],
        wallet: { walletName: 'nested', accounts: [ethereumAccount] },
      })
      const result = version === '4.1.1' ? 'V7' : 'V8'
      expect(Object.keys(made.activity.intent)).toEqual([`createSubOrganizationIntent${result}`])
      expect(Object.keys(made.activity.result)).toEqual([`createSubOrganizationResult${result}`])
      expect(made.rootUserIds).toHaveLength(1)
      expect(made.activity.organizationId).toBe(world.organizationId)
      const owner = officialClient(version, speaker(key, made.subOrganizationId))
      expect(await owner.getWhoami()).toEqual({
        organizationId: made.subOrganizationId,
        organizationName: `sub of ${version}`,
        userId: made.rootUserIds?.[0],
        username: 'owner',
      })
      const [address] = made.wallet?.addresses ?? []
      const signed = await owner.signRawPayload({
        signWith: address ?? '',
        payload: 'mine',
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      })
      const signature = `0x${signed.r}${signed.s}${signed.v === '00' ? '1b' : '1c'}` as const
      expect(await recoverAddress({ hash: keccak256(toHex('mine')), signature })).toBe(address)
      const { wallets } = await client().getWallets({ organizationId: made.subOrganizationId })
      expect(wallets).toMatchObject([{ walletId: made.wallet?.walletId, walletName: 'nested' }])
    })

    test('a parent may not write to its sub-organization', async () => {
      const below = await createSubOrganization(world, generateKey())
      const refused = client().createWallet({
        organizationId: below.organizationId,
        walletName: 'not mine',
        accounts: [],
      })
      await expect(refused).rejects.toThrow('Turnkey error 7: request not authorized')
    })
  })

  test('a refused write of the parent is 403 and leaves no wallet', async () => {
    const below = await createSubOrganization(world, generateKey())
    const parent = speaker(world.admin.key, below.organizationId)
    const refused = await parent.submit('create_wallet', { walletName: 'no', accounts: [] })
    expect(refused.status).toBe(403)
    expect(errorOf(refused)).toMatchObject({
      code: 7,
      message: 'request not authorized',
      turnkeyErrorCode: 'REQUEST_NOT_AUTHORIZED',
    })
    expect((await below.query('list_wallets')).json).toEqual({ wallets: [] })
  })

  test('whoami finds the sub-organization of a key from the id of the parent', async () => {
    const key = generateKey()
    const below = await createSubOrganization(world, key)
    const who = await speaker(key).query('whoami')
    expect(who.json).toMatchObject({ organizationId: below.organizationId, username: 'owner' })
    const wallets = await speaker(key).query('list_wallets')
    expect(wallets.status).toBe(401)
  })

  test('a key in two sub-organizations is ambiguous from the parent, and works in each', async () => {
    const key = generateKey()
    const [one, two] = [
      await createSubOrganization(world, key),
      await createSubOrganization(world, key),
    ]
    const who = await speaker(key).query('whoami')
    expect(who.status).toBe(401)
    expect(errorOf(who)).toMatchObject({
      code: 16,
      message: 'more than one suborg associated with a public key',
      details: [],
    })
    for (const below of [one, two]) {
      const known = await below.query('whoami')
      expect(known.json).toMatchObject({ organizationId: below.organizationId })
    }
  })

  test('a sub-organization has no sub-organizations, and no way up', async () => {
    const below = await createSubOrganization(world, generateKey())
    const nested = await below.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'deeper',
        rootUsers: [{ userName: 'x', apiKeys: [] }],
        rootQuorumThreshold: 1,
      },
      'CREATE_SUB_ORGANIZATION_V7',
    )
    expect(nested.status).toBe(400)
    const up = await speaker(below.key).query('list_activities')
    expect(up.status).toBe(401)
    const sister = await createSubOrganization(world, generateKey())
    expect((await speaker(below.key, sister.organizationId).query('whoami')).status).toBe(401)
  })

  test.each([
    ['threshold 0', 0, 1, 'quorum threshold must be non-zero integer'],
    ['threshold -1', -1, 1, 'quorum threshold must be non-zero integer'],
    ['more than its users', 2, 1, 'quorum threshold exceeds the number of quorum users'],
    ['no users', 1, 0, 'quorum users missing'],
  ])('a sub-organization is refused: %s', async (...row) => {
    const [, rootQuorumThreshold, users, message] = row
    const rootUsers = Array.from({ length: users }, () => ({ userName: 'x', apiKeys: [] }))
    const refused = await world.admin.submit(
      'create_sub_organization',
      { subOrganizationName: 's', rootUsers, rootQuorumThreshold },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    expect(refused.status).toBe(400)
    expect(errorOf(refused)).toMatchObject({ code: 3, message })
  })

  test('the same public key twice in one request is refused', async () => {
    const { userId } = await createUser(world, generateKey())
    const key = generateKey()
    const apiKeys = [apiKey(key, 'a'), apiKey(key, 'b')]
    const twice = await world.admin.submit(
      'create_api_keys',
      { userId, apiKeys },
      'CREATE_API_KEYS_V2',
    )
    expect(twice.status).toBe(400)
    expect(errorOf(twice)).toMatchObject({ code: 3, turnkeyErrorCode: 'CREDENTIAL_CONFLICT' })
  })

  test('more expiring keys at once than a user may have are refused as short-lived', async () => {
    const { userId } = await createUser(world, generateKey())
    const apiKeys = Array.from({ length: 11 }, (_, n) => apiKey(generateKey(), `k${n}`, '60'))
    const many = await world.admin.submit(
      'create_api_keys',
      { userId, apiKeys },
      'CREATE_API_KEYS_V2',
    )
    expect(many.status).toBe(429)
    const message = 'user has exceeded maximum short-lived api keys'
    expect(errorOf(many)).toMatchObject({ code: 8, message, details: [] })
  })
})
