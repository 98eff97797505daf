// The official TypeScript clients, unmodified: API keys read and deleted, and the last ones kept.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient, type TestKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import {
  clientVersions,
  createSubOrganization,
  createUser,
  errorOf,
  officialClient,
  startWorld,
  textLike,
  type World,
} from './world.ts'

const NOTHING = '019a0000-0000-7000-8000-0000000000ff'
const LAST =
  'too few quorum users would keep a lasting credential; only the root quorum may decide this'

interface Listed {
  apiKeyId: string
  apiKeyName: string
  credential: { publicKey: string; type: string }
}

/** A root user with one lasting key. */
interface Member {
  userId: string
  client: TestClient
}

describe.each(engines)('API keys on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  const keysOf = async (client: TestClient, userId?: string) =>
    (await client.query('get_api_keys', { userId })).at<Listed[]>('apiKeys')
  const keyIdsOf = async (client: TestClient, userId: string) =>
    (await keysOf(client, userId)).map(({ apiKeyId }) => apiKeyId)
  const addKey = async (client: TestClient, userId: string, expirationSeconds?: string) => {
    const key = generateKey()
    const apiKeys = [{ ...apiKeyParams(key, key.publicKey), expirationSeconds }]
    const made = await client.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
    return { key, apiKeyId: made.at('activity.result.createApiKeysResult.apiKeyIds.0') }
  }
  const remove = (client: TestClient, userId: string, ...apiKeyIds: string[]) =>
    client.submit('delete_api_keys', { userId, apiKeyIds })

  /** A sub-organization of `count` root users with a key each, of whom `threshold` must agree. */
  async function quorumOf(count: number, threshold: number): Promise<Member[]> {
    const keys: TestKey[] = Array.from({ length: count }, () => generateKey())
    const made = await world.admin.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'quorum',
        rootUsers: keys.map((key) => ({ userName: 'root', apiKeys: [apiKeyParams(key)] })),
        rootQuorumThreshold: threshold,
      },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    const result = 'activity.result.createSubOrganizationResultV8'
    return keys.map((key, index) => ({
      userId: made.at(`${result}.rootUserIds.${index}`),
      client: new TestClient(world.server, key, made.at(`${result}.subOrganizationId`)),
    }))
  }

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = () => officialClient(version, world.admin)

    test('keys of each curve are listed and read as they were added, and deleted', async () => {
      const { userId } = await createUser(world, generateKey())
      const keys = (['P256', 'SECP256K1', 'ED25519'] as const).map((scheme) => generateKey(scheme))
      for (const key of keys) {
        const apiKeys = [apiKeyParams(key, key.publicKey)]
        await world.admin.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
      }
      const { apiKeys } = await client().getApiKeys({ userId })
      expect(apiKeys.slice(1).map(({ credential }) => credential)).toEqual(
        keys.map(({ publicKey, scheme }) => ({
          publicKey,
          type: `CREDENTIAL_TYPE_API_KEY_${scheme}`,
        })),
      )
      const [, second] = apiKeys
      const apiKeyId = second?.apiKeyId ?? ''
      expect(await client().getApiKey({ apiKeyId })).toEqual({ apiKey: second })
      const all = await client().getApiKeys()
      expect(all.apiKeys).toEqual(expect.arrayContaining(apiKeys))
      expect(all.apiKeys.length).toBeGreaterThan(apiKeys.length)
      const deleted = await client().deleteApiKeys({ userId, apiKeyIds: [apiKeyId, apiKeyId] })
      expect(deleted.apiKeyIds).toEqual([apiKeyId])
      await expect(client().getApiKey({ apiKeyId })).rejects.toThrow(
        'Turnkey error 5: api key not found',
      )
    })

    test('a user deletes its own keys, up to the last', async () => {
      const { userId, client: member } = await createUser(world, generateKey())
      const { key } = await addKey(member, userId)
      const ids = await keyIdsOf(member, userId)
      const own = officialClient(version, new TestClient(world.server, key, world.organizationId))
      expect((await own.deleteApiKeys({ userId, apiKeyIds: ids })).apiKeyIds).toEqual(ids)
      await expect(own.getWhoami()).rejects.toThrow('public key could not be found')
      expect(await keysOf(world.admin, userId)).toEqual([])
    })
  })

  test('an expired key leaves all answers at once', async () => {
    const { userId, client } = await createUser(world, generateKey())
    const { apiKeyId } = await addKey(client, userId, '1')
    expect(await keysOf(client, userId)).toHaveLength(2)
    await sleep(1100)
    expect(await keysOf(client, userId)).toHaveLength(1)
    expect((await client.query('get_api_key', { apiKeyId })).status).toBe(404)
    const user = await client.query('get_user', { userId })
    expect(user.at<unknown[]>('user.apiKeys')).toHaveLength(1)
    expect((await client.query('list_users')).text).not.toContain(apiKeyId)
    expect((await remove(client, userId, apiKeyId)).status).toBe(200)
  })

  test.each([
    ['get_api_key', { apiKeyId: NOTHING }, 'api key not found'],
    ['get_api_keys', { userId: NOTHING }, 'user not found'],
    ['get_user', { userId: NOTHING }, 'user not found'],
  ])('%s with %j is not found', async (name, parameters, message) => {
    const refused = await world.admin.query(name, parameters)
    expect(refused.status).toBe(404)
    expect(errorOf(refused)).toMatchObject({ code: 5, message })
  })

  test('a key of another user is not found, and the known ones of the request stay', async () => {
    const [one, two] = [
      await createUser(world, generateKey()),
      await createUser(world, generateKey()),
    ]
    const ids = [
      ...(await keyIdsOf(one.client, one.userId)),
      ...(await keyIdsOf(two.client, two.userId)),
    ]
    for (const client of [one.client, world.admin]) {
      const refused = await remove(client, one.userId, ...ids)
      expect(refused.status).toBe(404)
      expect(errorOf(refused)).toMatchObject({ code: 5, message: 'api key not found' })
    }
    expect(await keysOf(one.client, one.userId)).toHaveLength(1)
    const others = await remove(one.client, two.userId, ...ids.slice(1))
    expect(others.status).toBe(403)
  })

  test("a parent's user reads the keys of a sub-organization and deletes none", async () => {
    const below = await createSubOrganization(world, generateKey())
    const { organizationId } = below
    const userId = (await below.query('whoami')).at('userId')
    const parent = new TestClient(world.server, world.admin.key, organizationId)
    const [apiKeyId = ''] = await keyIdsOf(parent, userId)
    expect((await parent.query('get_api_key', { apiKeyId })).status).toBe(200)
    expect((await remove(parent, userId, apiKeyId)).status).toBe(403)
  })

  test('a member on whom the quorum depends keeps a lasting key, unless the quorum agrees', async () => {
    const [first, second] = (await quorumOf(2, 2)) as [Member, Member]
    const { userId, client } = first
    const [lastId = ''] = await keyIdsOf(client, userId)
    const { apiKeyId: expiringId } = await addKey(client, userId, '3600')
    const refused = await remove(client, userId, lastId)
    expect(refused.status).toBe(400)
    expect(errorOf(refused)).toMatchObject({ code: 9, message: LAST })
    expect(await keyIdsOf(client, userId)).toEqual([lastId, expiringId])
    expect((await remove(client, userId, expiringId)).status).toBe(200)
    const held = await remove(second.client, userId, lastId)
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    const fingerprint = held.at('activity.fingerprint')
    const agreed = await client.submit('approve_activity', { fingerprint })
    expect(agreed.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await keysOf(second.client, userId)).toEqual([])
  })

  test('a member may delete its last key while enough others keep one', async () => {
    const [first, second, third] = (await quorumOf(3, 2)) as [Member, Member, Member]
    const [firstId = ''] = await keyIdsOf(first.client, first.userId)
    expect((await remove(first.client, first.userId, firstId)).status).toBe(200)
    for (const { client, userId } of [second, third]) {
      const [id = ''] = await keyIdsOf(client, userId)
      const refused = await remove(client, userId, id)
      expect(errorOf(refused)).toMatchObject({ code: 9, message: LAST })
    }
  })

  test('a member with a second lasting key may delete one of them', async () => {
    const [{ client, userId }] = (await quorumOf(2, 2)) as [Member, Member]
    const [id = ''] = await keyIdsOf(client, userId)
    const { key, apiKeyId } = await addKey(client, userId)
    expect(errorOf(await remove(client, userId, id, apiKeyId))).toMatchObject({ message: LAST })
    expect((await remove(client, userId, id)).status).toBe(200)
    const other = new TestClient(world.server, key, client.organizationId)
    expect((await other.query('whoami')).at('userId')).toBe(userId)
  })

  test('a quorum of one decides by itself, knowingly', async () => {
    const below = await createSubOrganization(world, generateKey())
    const userId = (await below.query('whoami')).at('userId')
    const ids = await keyIdsOf(below, userId)
    expect((await remove(below, userId, ...ids)).status).toBe(200)
    expect((await below.query('whoami')).json).toMatchObject({
      message: textLike(/^could not find public key/),
    })
  })
})
