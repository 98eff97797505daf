// The official TypeScript clients, unmodified: tags of users and of private keys.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey, type TestClient } from '../../support/client.ts'
import { OVER_QUOTA } from '../../support/governance.ts'
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

const NOTHING = '019a0000-0000-7000-8000-0000000000ff'
const time = { seconds: textLike(/^[0-9]+$/), nanos: textLike(/^[0-9]+$/) }

describe.each(engines)('tags on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  const unique = () => crypto.randomUUID()
  const user = async () => (await createUser(world, generateKey())).userId
  async function privateKey(privateKeyTags: string[] = []): Promise<string> {
    const privateKeys = [{ privateKeyName: unique(), curve: 'CURVE_P256', privateKeyTags }]
    const made = await world.admin.submit(
      'create_private_keys',
      { privateKeys },
      'CREATE_PRIVATE_KEYS_V2',
    )
    return made.at('activity.result.createPrivateKeysResultV2.privateKeys.0.privateKeyId')
  }
  const tagsOfUser = async (userId: string) =>
    (await world.admin.query('get_user', { userId })).at<string[]>('user.userTags')
  const tagsOfKey = async (privateKeyId: string) =>
    (await world.admin.query('get_private_key', { privateKeyId })).at<string[]>(
      'privateKey.privateKeyTags',
    )
  const createTag = (client: TestClient, userTagName: string = unique()) =>
    client.submit('create_user_tag', { userTagName, userIds: [] })

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = () => officialClient(version, world.admin)

    test('a tag of users is created, listed, renamed, moved and deleted', async () => {
      const [one, two] = [await user(), await user()]
      const [userTagName, newUserTagName] = [unique(), unique()]
      const made = await client().createUserTag({ userTagName, userIds: [one, one] })
      expect(made.userIds).toEqual([one])
      const tagId = made.userTagId
      const { userTags } = await client().listUserTags({})
      const tagType = 'TAG_TYPE_USER'
      expect(userTags).toContainEqual({
        tagId,
        tagName: userTagName,
        tagType,
        createdAt: time,
        updatedAt: time,
      })
      expect(await tagsOfUser(one)).toEqual([tagId])
      const changed = await client().updateUserTag({
        userTagId: tagId,
        newUserTagName,
        addUserIds: [two],
        removeUserIds: [one],
      })
      expect(changed.userTagId).toBe(tagId)
      expect([await tagsOfUser(one), await tagsOfUser(two)]).toEqual([[], [tagId]])
      const deleted = await client().deleteUserTags({ userTagIds: [tagId] })
      expect([deleted.userTagIds, deleted.userIds]).toEqual([[tagId], [two]])
      expect(await tagsOfUser(two)).toEqual([])
      const left = (await client().listUserTags({})).userTags.map((tag) => tag.tagName)
      expect(left).not.toContain(newUserTagName)
    })

    test('a tag of private keys is created, listed, renamed, moved and deleted', async () => {
      const [one, two] = [await privateKey(), await privateKey()]
      const [privateKeyTagName, newPrivateKeyTagName] = [unique(), unique()]
      const made = await client().createPrivateKeyTag({ privateKeyTagName, privateKeyIds: [one] })
      expect(made.privateKeyIds).toEqual([one])
      const tagId = made.privateKeyTagId
      const { privateKeyTags } = await client().listPrivateKeyTags({})
      const tagType = 'TAG_TYPE_PRIVATE_KEY'
      expect(privateKeyTags).toContainEqual({
        tagId,
        tagName: privateKeyTagName,
        tagType,
        createdAt: time,
        updatedAt: time,
      })
      await client().updatePrivateKeyTag({
        privateKeyTagId: tagId,
        newPrivateKeyTagName,
        addPrivateKeyIds: [two],
        removePrivateKeyIds: [one],
      })
      expect([await tagsOfKey(one), await tagsOfKey(two)]).toEqual([[], [tagId]])
      const tagged = await privateKey([tagId])
      const deleted = await client().deletePrivateKeyTags({ privateKeyTagIds: [tagId] })
      expect(deleted.privateKeyTagIds).toEqual([tagId])
      expect(deleted.privateKeyIds.toSorted()).toEqual([two, tagged].sort())
      expect([await tagsOfKey(two), await tagsOfKey(tagged)]).toEqual([[], []])
    })
  })

  test('a tag keeps its name when a change gives none, and its users when it names none', async () => {
    const member = await user()
    const userTagName = unique()
    const made = await world.admin.submit('create_user_tag', { userTagName, userIds: [member] })
    const userTagId = made.at('activity.result.createUserTagResult.userTagId')
    expect((await world.admin.submit('update_user_tag', { userTagId })).status).toBe(200)
    expect(await tagsOfUser(member)).toEqual([userTagId])
    const both = { userTagId, newUserTagName: userTagName }
    expect((await world.admin.submit('update_user_tag', both)).status).toBe(200)
    const moved = { userTagId, addUserIds: [member], removeUserIds: [member] }
    await world.admin.submit('update_user_tag', moved)
    expect(await tagsOfUser(member)).toEqual([])
  })

  test('a name is taken once for users and once for private keys', async () => {
    const name = unique()
    const { admin } = world
    const first = await createTag(admin, name)
    const userTagId = first.at('activity.result.createUserTagResult.userTagId')
    const other = await createTag(admin)
    const otherId = other.at('activity.result.createUserTagResult.userTagId')
    for (const refused of [
      await createTag(admin, name),
      await admin.submit('update_user_tag', { userTagId: otherId, newUserTagName: name }),
    ]) {
      expect(refused.status).toBe(400)
      const message = 'user tag label must be unique'
      expect(errorOf(refused)).toMatchObject({ code: 3, message, details: [] })
    }
    const same = { privateKeyTagName: name, privateKeyIds: [] }
    expect((await admin.submit('create_private_key_tag', same)).status).toBe(200)
    const twice = await admin.submit('create_private_key_tag', same)
    const message = 'private key tag label must be unique'
    expect(errorOf(twice)).toMatchObject({ code: 3, message, details: [] })
    await admin.submit('delete_user_tags', { userTagIds: [userTagId] })
    expect((await createTag(admin, name)).status).toBe(200)
  })

  test('a tag is of users or of private keys, never of both', async () => {
    const { admin } = world
    const made = await createTag(admin)
    const userTagId = made.at('activity.result.createUserTagResult.userTagId')
    const wrong = [
      await admin.submit('update_private_key_tag', { privateKeyTagId: userTagId }),
      await admin.submit('delete_private_key_tags', { privateKeyTagIds: [userTagId] }),
      await admin.submit(
        'create_private_keys',
        {
          privateKeys: [
            { privateKeyName: unique(), curve: 'CURVE_P256', privateKeyTags: [userTagId] },
          ],
        },
        'CREATE_PRIVATE_KEYS_V2',
      ),
    ]
    for (const refused of wrong) {
      expect(refused.status).toBe(404)
      expect(errorOf(refused)).toMatchObject({ code: 5, message: 'private key tag not found' })
    }
  })

  test.each([
    ['update_user_tag', { userTagId: NOTHING }, 'user tag not found'],
    ['delete_user_tags', { userTagIds: [NOTHING] }, 'user tag not found'],
    ['update_private_key_tag', { privateKeyTagId: NOTHING }, 'private key tag not found'],
    ['delete_private_key_tags', { privateKeyTagIds: [NOTHING] }, 'private key tag not found'],
    ['create_user_tag', { userTagName: 'n', userIds: [NOTHING] }, 'user not found'],
    [
      'create_private_key_tag',
      { privateKeyTagName: 'n', privateKeyIds: [NOTHING] },
      'private key not found',
    ],
  ])('%s with %j is not found', async (name, parameters, message) => {
    const refused = await world.admin.submit(name, parameters)
    expect(refused.status).toBe(404)
    expect(errorOf(refused)).toMatchObject({ code: 5, message })
  })

  test('a change that names somebody unknown changes nothing', async () => {
    const member = await user()
    const made = await createTag(world.admin)
    const userTagId = made.at('activity.result.createUserTagResult.userTagId')
    const change = { userTagId, newUserTagName: unique(), addUserIds: [member, NOTHING] }
    expect((await world.admin.submit('update_user_tag', change)).status).toBe(404)
    expect(await tagsOfUser(member)).toEqual([])
    const listed = (await world.admin.query('list_user_tags')).text
    expect(listed).not.toContain(change.newUserTagName)
  })

  test.each([
    ['create_user_tag', { userTagName: '', userIds: [] }, 'userTagName'],
    ['create_user_tag', { userTagName: 'x', userIds: ['x'] }, 'userIds.0'],
    ['update_user_tag', { userTagId: 'x' }, 'userTagId'],
    ['delete_user_tags', { userTagIds: [] }, 'userTagIds'],
    ['create_private_key_tag', { privateKeyIds: [] }, 'privateKeyTagName'],
    [
      'update_private_key_tag',
      { privateKeyTagId: NOTHING, addPrivateKeyIds: [1] },
      'addPrivateKeyIds.0',
    ],
    ['delete_private_key_tags', { privateKeyTagIds: 'x' }, 'privateKeyTagIds'],
  ])('%s with %j is refused at %s', async (name, parameters, field) => {
    const refused = await world.admin.submit(name, parameters)
    expect(refused.status).toBe(400)
    expect(violationsOf(refused).map((violation) => violation.field)).toEqual([field])
  })

  test('a sub-organization has ten tags, of both kinds together', async () => {
    const below = await createSubOrganization(world, generateKey())
    for (let n = 0; n < 9; n++) expect((await createTag(below)).status).toBe(200)
    const tenth = { privateKeyTagName: 'tenth', privateKeyIds: [] }
    expect((await below.submit('create_private_key_tag', tenth)).status).toBe(200)
    const eleventh = await createTag(below)
    expect(eleventh.status).toBe(429)
    expect(errorOf(eleventh)).toMatchObject({ code: 8, message: OVER_QUOTA, details: [] })
    expect((await below.query('list_user_tags')).at<unknown[]>('userTags')).toHaveLength(9)
  })

  test('somebody who is not in the quorum lists tags and changes none', async () => {
    const { client } = await createUser(world, generateKey())
    expect((await client.query('list_user_tags')).status).toBe(200)
    expect((await createTag(client)).status).toBe(403)
  })
})
