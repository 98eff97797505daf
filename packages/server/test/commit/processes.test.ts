// Several processes on one database: what one of them writes counts in the other at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import type { App } from '../../src/app.ts'
import {
  adminClient,
  AppClient,
  createWallet,
  formQuorum,
  signBody,
  type TestUser,
} from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { deleteKeys } from '../support/units.ts'

const DAY_MS = 86_400_000

describe.each(engines)('two processes on one %s database', (engine) => {
  let instance: Instance
  let other: App
  let admin: AppClient
  let address: string
  let laterMs = 0

  beforeAll(async () => {
    instance = await openInstance(engine, { clock: { now: () => Date.now() + laterMs } })
    other = await instance.openApp()
    admin = adminClient(instance.app, instance.admin)
    address = (await createWallet(admin, 'shared')).address
  })
  afterAll(() => instance.dispose())

  /** A second key of the admin that both processes have just accepted. */
  async function addKey(name: string) {
    const key = generateKey()
    const added = await admin.submit(
      'create_api_keys',
      { userId: instance.admin.userId, apiKeys: [apiKeyParams(key, name)] },
      'CREATE_API_KEYS_V2',
    )
    const keyId = added.at('activity.result.createApiKeysResult.apiKeyIds.0')
    const client = new AppClient(other, key, instance.organizationId)
    const body = signBody(client, address, `signed with ${name}`)
    const known = await client.send('submit/sign_raw_payload', body)
    expect(known.status).toBe(200)
    expect((await client.query('whoami')).status).toBe(200)
    return { keyId, client, body }
  }

  const remove = (keyId: string) => deleteKeys(instance.app, instance.organizationId, [keyId])

  test('let a user created in one act through the other at once', async () => {
    await admin.through(other).query('whoami')
    for (let round = 0; round < 5; round++) {
      const { userId, client } = await admin.createUser(`made in one ${round}`)
      const who = await client.through(other).query('whoami')
      expect(who).toMatchObject({ status: 200, json: { userId } })
    }
  })

  test('know an organization created in one at once in the other', async () => {
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
    const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
    const below = new AppClient(other, key, id)
    expect(await below.query('whoami')).toMatchObject({ status: 200, json: { organizationId: id } })
  })

  test('refuse a new body under a key that the other has deleted', async () => {
    const { keyId, client } = await addKey('deleted before a submission')
    await remove(keyId)
    const activities = await instance.count('activity')
    const refused = await client.send(
      'submit/sign_raw_payload',
      signBody(client, address, 'after the deletion'),
    )
    expect(refused).toMatchObject({ status: 401, json: { code: 16 } })
    expect(await instance.count('activity')).toBe(activities)
  })

  test('refuse a query under a key that the other has deleted', async () => {
    const { keyId, client } = await addKey('deleted before a query')
    await remove(keyId)
    expect(await client.query('whoami')).toMatchObject({ status: 401, json: { code: 16 } })
    const listed = await client.query('list_wallets')
    expect(listed).toMatchObject({ status: 401, json: { code: 16 } })
  })

  test('refuse a known body under a key that the other has deleted', async () => {
    const { keyId, client, body } = await addKey('deleted before a repetition')
    await remove(keyId)
    const refused = await client.send('submit/sign_raw_payload', body)
    expect(refused).toMatchObject({ status: 401, json: { code: 16 } })
  })

  test('refuse a known body that is too old to be new, under a deleted key', async () => {
    const { keyId, client } = await addKey('deleted before an old repetition')
    const parameters = { walletName: 'old', accounts: [] }
    const body = client.body('CREATE_WALLET', parameters)
    expect((await client.send('submit/create_wallet', body)).status).toBe(200)
    laterMs = 2 * DAY_MS
    expect((await client.send('submit/create_wallet', body)).status).toBe(200)
    await remove(keyId)
    expect((await client.send('submit/create_wallet', body)).status).toBe(401)
    laterMs = 0
  })

  describe('with a quorum', () => {
    let users: TestUser[]
    let organizationId: string

    const prepare = async () => {
      const organization = await instance.createOrganization('quorum')
      organizationId = organization.organizationId
      users = await formQuorum(instance.app, organization, { count: 3, threshold: 2 })
      const [submitter] = users
      const held = await submitter?.client.send(
        'submit/create_users',
        submitter.client.userBody('voted on'),
      )
      return held?.at('activity.fingerprint') ?? ''
    }
    const keyOf = async (user: TestUser | undefined) => {
      const [row] = await instance.rows<{ id: string }>(
        'select id from api_key where user_id = ?u',
        user?.userId ?? '',
      )
      return row?.id ?? ''
    }

    test('refuse a vote under a key that the other has deleted', async () => {
      const fingerprint = await prepare()
      const voter = users[1]
      expect((await voter?.client.through(other).query('whoami'))?.status).toBe(200)
      await deleteKeys(instance.app, organizationId, [await keyOf(voter)])
      const refused = await voter?.client.through(other).approve(fingerprint)
      expect(refused).toMatchObject({ status: 401, json: { code: 16 } })
      expect(await instance.rows(`select id from org_user where name = 'voted on'`)).toEqual([])
    })

    test('refuse a vote on what is over under a key that the other has deleted', async () => {
      const fingerprint = await prepare()
      const voter = users[1]?.client.through(other)
      expect((await voter?.approve(fingerprint))?.status).toBe(200)
      expect((await voter?.approve(fingerprint))?.status).toBe(200)
      await deleteKeys(instance.app, organizationId, [await keyOf(users[1])])
      expect((await voter?.approve(fingerprint))?.status).toBe(401)
    })

    test('do not count a vote whose key the other has deleted', async () => {
      const fingerprint = await prepare()
      const last = users[1]?.client.through(other)
      expect((await last?.query('whoami'))?.status).toBe(200)
      await deleteKeys(instance.app, organizationId, [await keyOf(users[0])])
      const voted = await last?.approve(fingerprint)
      expect(voted?.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    })
  })

  test('leave every chain verifiable', async () => {
    expect(await instance.problems()).toEqual([])
  })
})
