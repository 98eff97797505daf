// Resource limits: the documents' numbers, others where the host sets them, and none exceeded at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { keystead } from '../../support/command.ts'
import { countRows, OVER_QUOTA, setLimits, tally } from '../../support/governance.ts'
import { matching } from '../../support/matching.ts'
import { engines } from '../../support/server.ts'
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
  }
  const TABLES = { users: 'org_user', wallets: 'wallet', privateKeys: 'private_key' } as const

  test('are the documented ones, and a sub-organization has fewer tags', async () => {
    const { organizationId } = world
    expect(await setLimits(world.server, organizationId)).toEqual({
      ...DOCUMENTED,
      tags: 100,
      ...UNLIMITED,
    })
    expect(await set(await fresh())).toEqual({ ...DOCUMENTED, tags: 10 })
  })

  test.each(['users', 'wallets', 'privateKeys'] as const)(
    'of %s is never exceeded by requests at once, and answers the published text',
    async (name) => {
      const client = await fresh()
      expect(await set(client, `${name}=5`)).toMatchObject({ [name]: 5 })
      const present = name === 'users' ? 1 : 0
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, n) => createOne[name](client, n)),
      )
      expect(tally(answers)).toEqual({ ok: 5 - present, [OVER_QUOTA]: AT_ONCE - 5 + present })
      expect(
        await countRows(
          { server: world.server, organizationId: client.organizationId },
          TABLES[name],
        ),
      ).toBe(5)
      const refused = await createOne[name](client, AT_ONCE)
      expect(refused.status).toBe(429)
      expect(refused.retryAfter).toBe(null)
      expect(errorOf(refused)).toEqual({
        code: 8,
        message: OVER_QUOTA,
        details: [],
        turnkeyErrorCode: '',
      })
      expect(await set(client, `${name}=default`)).toMatchObject({ [name]: DOCUMENTED[name] })
      expect((await createOne[name](client, AT_ONCE + 1)).status).toBe(200)
    },
  )

  test.each([
    ['longLivedApiKeysPerUser', undefined, 'user has exceeded maximum long-lived api keys'],
    ['expiringApiKeysPerUser', '60', 'user has exceeded maximum short-lived api keys'],
  ] as const)('of %s hold for each user', async (name, expirationSeconds, message) => {
    const client = await fresh()
    await set(client, `${name}=2`)
    const who = await client.query('whoami')
    const apiKeys = Array.from({ length: 3 }, (_, n) => ({
      ...apiKeyParams(generateKey(), `key ${n}`),
      expirationSeconds,
    }))
    const params = { userId: who.at('userId'), apiKeys }
    const refused = await client.submit('create_api_keys', params, 'CREATE_API_KEYS_V2')
    expect(refused.status).toBe(429)
    expect(errorOf(refused)).toEqual({ code: 8, message, details: [], turnkeyErrorCode: '' })
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
