// The official TypeScript clients, unmodified: users of every version, changed, deleted and listed.
import type { Turnkey as NewestTurnkey } from '@turnkey/sdk-server-newest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import {
  clientVersions,
  createSubOrganization,
  createUser,
  errorOf,
  officialClient,
  startWorld,
  textLike,
  violationsOf,
  type World,
} from './world.ts'

type NewestClient = ReturnType<NewestTurnkey['apiClient']>

const NOBODY = '019a0000-0000-7000-8000-0000000000ff'
const DEFAULT = { authenticators: [], oauthProviders: [], userTags: [] }
const EMAIL = 'must be an e-mail address'
const PHONE = 'must be a phone number in E.164 format'

describe.each(engines)('users on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  const userOf = async (userId: string) =>
    (await world.admin.query('get_user', { userId })).at<Record<string, unknown>>('user')
  const tag = async (userTagName: string = crypto.randomUUID()) =>
    (await world.admin.submit('create_user_tag', { userTagName, userIds: [] })).at(
      'activity.result.createUserTagResult.userTagId',
    )

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = () => officialClient(version, world.admin)

    test('a user is created, read, listed, changed and deleted', async () => {
      const userTag = await tag()
      const key = generateKey()
      const { userIds } = await client().createUsers({
        users: [
          {
            ...DEFAULT,
            userName: 'Ada',
            userEmail: 'Ada@Example.COM',
            userPhoneNumber: '+15555550100',
            apiKeys: [
              { ...apiKeyParams(key), curveType: 'API_KEY_CURVE_P256', expirationSeconds: '60' },
            ],
            userTags: [userTag],
          },
        ],
      })
      const [userId = ''] = userIds
      const { user } = await client().getUser({ userId })
      const time = { seconds: textLike(/^[0-9]+$/), nanos: textLike(/^[0-9]+$/) }
      expect(user).toEqual({
        userId,
        userName: 'Ada',
        userEmail: 'ada@example.com',
        userPhoneNumber: '+15555550100',
        authenticators: [],
        apiKeys: [
          {
            credential: { publicKey: key.publicKey, type: 'CREDENTIAL_TYPE_API_KEY_P256' },
            apiKeyId: textLike(/^[0-9a-f-]{36}$/),
            apiKeyName: 'key',
            createdAt: time,
            updatedAt: time,
            expirationSeconds: '60',
          },
        ],
        userTags: [userTag],
        oauthProviders: [],
        mfaPolicies: [],
        createdAt: time,
        updatedAt: time,
      })
      const { users } = await client().getUsers()
      expect(users).toContainEqual(user)
      const changed = await client().updateUser({ userId, userName: 'Grace', userTagIds: [] })
      expect(changed.userId).toBe(userId)
      expect(await userOf(userId)).toMatchObject({
        userName: 'Grace',
        userEmail: 'ada@example.com',
        userPhoneNumber: '+15555550100',
        userTags: [userTag],
      })
      const deleted = await client().deleteUsers({ userIds: [userId, userId] })
      expect(deleted.userIds).toEqual([userId])
      await expect(client().getUser({ userId })).rejects.toThrow('Turnkey error 5: user not found')
    })

    test('given tags replace those that a user has', async () => {
      const [before, after] = [await tag(), await tag()]
      const { userId } = await createUser(world, generateKey())
      await client().updateUser({ userId, userTagIds: [before] })
      await client().updateUser({ userId, userTagIds: [after, after] })
      expect(await userOf(userId)).toMatchObject({ userName: 'member', userTags: [after] })
    })
  })

  test('the single changes of the newest client change that and nothing else', async () => {
    const { userId } = await createUser(world, generateKey())
    const client = officialClient('8.2.1', world.admin) as NewestClient
    expect(await client.updateUserName({ userId, userName: 'Renamed' })).toMatchObject({ userId })
    await client.updateUserEmail({ userId, userEmail: 'New@example.com' })
    await client.updateUserPhoneNumber({ userId, userPhoneNumber: '+4915112345678' })
    expect(await userOf(userId)).toMatchObject({
      userName: 'Renamed',
      userEmail: 'new@example.com',
      userPhoneNumber: '+4915112345678',
    })
    await client.updateUserEmail({ userId, userEmail: '' })
    await client.updateUserPhoneNumber({ userId, userPhoneNumber: '' })
    const user = await userOf(userId)
    expect(user['userName']).toBe('Renamed')
    expect(user).not.toHaveProperty('userEmail')
    expect(user).not.toHaveProperty('userPhoneNumber')
  })

  test.each([
    ['CREATE_USERS', { accessType: 'ACCESS_TYPE_API' }, 'createUsersIntent'],
    ['CREATE_USERS_V2', {}, 'createUsersIntentV2'],
    ['CREATE_USERS_V3', {}, 'createUsersIntentV3'],
    ['CREATE_USERS_V4', {}, 'createUsersIntentV4'],
  ])('%s creates a user whose key of that time stamps', async (type, members, intentKey) => {
    const key = generateKey()
    const { curveType, ...older } = apiKeyParams(key)
    const apiKeys = [/V[34]$/.test(type) ? { ...older, curveType } : older]
    const users = [{ ...DEFAULT, userName: type, apiKeys, ...members }]
    const made = await world.admin.submit('create_users', { users }, type)
    expect(made.at('activity.intent')).toEqual({ [intentKey]: { users } })
    const userId = made.at('activity.result.createUsersResult.userIds.0')
    expect(await userOf(userId)).toMatchObject({
      userName: type,
      apiKeys: [{ credential: { publicKey: key.publicKey, type: 'CREDENTIAL_TYPE_API_KEY_P256' } }],
    })
  })

  test('users with API keys only are created with those, an e-mail address and tags', async () => {
    const userTag = await tag()
    const { apiKeyName, publicKey } = apiKeyParams(generateKey())
    const apiOnlyUsers = [
      {
        userName: 'service',
        userEmail: 'ops@example.com',
        userTags: [userTag],
        apiKeys: [{ apiKeyName, publicKey }],
      },
    ]
    const made = await world.admin.submit('create_api_only_users', { apiOnlyUsers })
    const userId = made.at('activity.result.createApiOnlyUsersResult.userIds.0')
    expect(await userOf(userId)).toMatchObject({
      userName: 'service',
      userEmail: 'ops@example.com',
      userTags: [userTag],
      apiKeys: [{ apiKeyName, credential: { publicKey } }],
    })
  })

  test.each([
    [
      'a user without access type in the first version',
      'CREATE_USERS',
      {},
      'accessType',
      'is required',
    ],
    [
      'an access type nobody knows',
      'CREATE_USERS',
      { accessType: 'x' },
      'accessType',
      textLike(/ACCESS_TYPE/),
    ],
    [
      'an e-mail address without a domain',
      'CREATE_USERS_V4',
      { userEmail: 'ada' },
      'userEmail',
      EMAIL,
    ],
    ['two e-mail addresses', 'CREATE_USERS_V3', { userEmail: 'a@b.co,c@d.co' }, 'userEmail', EMAIL],
    [
      'a line break in an e-mail address',
      'CREATE_USERS_V2',
      { userEmail: 'a@b.co\n' },
      'userEmail',
      textLike(/control/),
    ],
    [
      'a national phone number',
      'CREATE_USERS_V4',
      { userPhoneNumber: '0151 123' },
      'userPhoneNumber',
      PHONE,
    ],
    [
      'a phone number that begins with 0',
      'CREATE_USERS_V4',
      { userPhoneNumber: '+0123456789' },
      'userPhoneNumber',
      PHONE,
    ],
    ['an empty name', 'CREATE_USERS_V4', { userName: '' }, 'userName', 'must not be empty'],
    ['a tag that is no id', 'CREATE_USERS_V4', { userTags: ['x'] }, 'userTags.0', 'must be a UUID'],
  ])('%s is refused, with the path', async (...row) => {
    const [, type, members, field, description] = row
    const users = [{ userName: 'x', ...members }]
    const refused = await world.admin.submit('create_users', { users }, type)
    expect(refused.status).toBe(400)
    expect(errorOf(refused)).toMatchObject({ code: 3, message: 'bad request body' })
    expect(violationsOf(refused)).toContainEqual({ field: `users.0.${field}`, description })
  })

  test.each([
    ['update_user', { userEmail: 'nobody' }, 'userEmail', EMAIL],
    ['update_user', { userPhoneNumber: '123' }, 'userPhoneNumber', PHONE],
    ['update_user_email', { userEmail: 'nobody@' }, 'userEmail', EMAIL],
    ['update_user_email', {}, 'userEmail', 'is required'],
    ['update_user_phone_number', { userPhoneNumber: '+1' }, 'userPhoneNumber', PHONE],
    ['update_user_name', { userName: '' }, 'userName', 'must not be empty'],
    [
      'update_user_email',
      { userEmail: '', verificationToken: 'x' },
      'verificationToken',
      textLike(/not issued/),
    ],
    [
      'update_user_phone_number',
      { userPhoneNumber: '', verificationToken: 'x' },
      'verificationToken',
      textLike(/not issued/),
    ],
  ])('%s with %j is refused at %s', async (...row) => {
    const [name, members, field, description] = row
    const { userId } = world.server.admin
    const refused = await world.admin.submit(name, { userId, ...members })
    expect(refused.status).toBe(400)
    expect(violationsOf(refused)).toContainEqual({ field, description })
  })

  test.each([
    ['update_user', { userId: NOBODY }],
    ['update_user_name', { userId: NOBODY, userName: 'x' }],
    ['update_user_email', { userId: NOBODY, userEmail: '' }],
    ['update_user_phone_number', { userId: NOBODY, userPhoneNumber: '' }],
    ['delete_users', { userIds: [NOBODY] }],
    ['delete_api_keys', { userId: NOBODY, apiKeyIds: [NOBODY] }],
    ['create_user_tag', { userTagName: 'nobody', userIds: [NOBODY] }],
  ])('%s of an unknown user is not found', async (name, parameters) => {
    const refused = await world.admin.submit(name, parameters)
    expect(refused.status).toBe(404)
    expect(errorOf(refused)).toMatchObject({ code: 5, message: 'user not found' })
  })

  test('a user of another organization is not found', async () => {
    const below = await createSubOrganization(world, generateKey())
    const userId = (await below.query('whoami')).at('userId')
    for (const refused of [
      await world.admin.query('get_user', { userId }),
      await world.admin.query('get_api_keys', { userId }),
      await world.admin.submit('update_user', { userId, userName: 'mine' }),
      await world.admin.submit('delete_users', { userIds: [userId] }),
    ]) {
      expect(refused.status).toBe(404)
      expect(errorOf(refused).message).toBe('user not found')
    }
    expect((await below.query('whoami')).json).toMatchObject({ username: 'owner' })
  })

  test('an unknown tag is not found, and nothing of the request is done', async () => {
    const { userId } = await createUser(world, generateKey())
    const refused = await world.admin.submit('update_user', {
      userId,
      userName: 'not this',
      userTagIds: [await tag(), NOBODY],
    })
    expect(refused.status).toBe(404)
    expect(errorOf(refused)).toMatchObject({ code: 5, message: 'user tag not found' })
    expect(await userOf(userId)).toMatchObject({ userName: 'member', userTags: [] })
  })

  test('a member of the root quorum is not deleted, nor anybody with it', async () => {
    const { userId } = await createUser(world, generateKey())
    const userIds = [userId, world.server.admin.userId]
    const refused = await world.admin.submit('delete_users', { userIds })
    expect(refused.status).toBe(400)
    const message = 'quorum users missing'
    expect(errorOf(refused)).toMatchObject({ code: 3, message, details: [] })
    expect(await userOf(userId)).toMatchObject({ userId })
  })

  test('the keys of a deleted user are gone with it', async () => {
    const { userId, client } = await createUser(world, generateKey())
    await world.admin.submit('delete_users', { userIds: [userId] })
    const message = 'public key could not be found in organization or its parent organization'
    expect(await client.query('whoami')).toMatchObject({ status: 401, json: { message } })
    const again = await createUser(world, client.key)
    expect((await client.query('whoami')).at('userId')).toBe(again.userId)
  })

  test('a user who is not in the quorum reads users and changes none, not even itself', async () => {
    const { userId, client } = await createUser(world, generateKey())
    expect((await client.query('list_users')).status).toBe(200)
    expect((await client.query('get_user', { userId })).status).toBe(200)
    for (const [name, parameters] of [
      ['update_user', { userId, userName: 'x' }],
      ['update_user_name', { userId, userName: 'x' }],
      ['update_user_email', { userId, userEmail: '' }],
      ['update_user_phone_number', { userId, userPhoneNumber: '' }],
      ['delete_users', { userIds: [userId] }],
      ['create_api_only_users', { apiOnlyUsers: [{ userName: 'x' }] }],
    ] as const) {
      const refused = await client.submit(name, parameters)
      expect(refused.status).toBe(403)
      expect(errorOf(refused).message).toBe('request not authorized')
    }
  })

  test("a parent's user reads the users of a sub-organization and changes none", async () => {
    const below = await createSubOrganization(world, generateKey())
    const { organizationId } = below
    const userId = (await below.query('whoami')).at('userId')
    for (const name of ['list_users', 'get_api_keys', 'list_user_tags', 'list_private_key_tags']) {
      expect((await world.admin.query(name, { organizationId })).status).toBe(200)
    }
    const read = await world.admin.query('get_user', { organizationId, userId })
    expect(read.at('user.userName')).toBe('owner')
    const body = JSON.stringify({
      type: 'ACTIVITY_TYPE_UPDATE_USER',
      timestampMs: String(Date.now()),
      organizationId,
      parameters: { userId, userName: 'x' },
    })
    expect((await world.admin.send('submit/update_user', body)).status).toBe(403)
  })
})
