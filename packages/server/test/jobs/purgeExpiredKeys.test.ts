// Expired API keys: known as expired for a week, and then removed, by one process at a time.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, type TestKey } from '../../../../tests/support/client.ts'
import type { App } from '../../src/app.ts'
import { acquireLease } from '../../src/domain/lease/lease.store.ts'
import { listExpiredKeys } from '../../src/domain/credential/credential.store.ts'
import { ExpiredKeyPurge } from '../../src/jobs/purgeExpiredKeys.ts'
import type { Admin } from '../../src/host/instance.ts'
import { adminClient, AppClient } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const EXPIRED = 'rpc error: code = Unauthenticated desc = expired api key publicKey'
const UNKNOWN = 'public key could not be found in organization or its parent organization'

describe.each(engines)('an expired key on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  /** How far the clock of the job is ahead. */
  let aheadMs: number
  const clock = { now: () => Date.now() + aheadMs }

  beforeEach(async () => {
    aheadMs = 0
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
  })
  afterEach(() => instance.dispose())

  const purge = (app: App = instance.app, holder = 'test') =>
    new ExpiredKeyPurge({ store: app.store, queue: app.deps.queue, clock, holder })

  /** A key of a user of `owner`'s organization that expired just now. */
  async function expiredKey(owner: Admin = instance.admin): Promise<AppClient> {
    const client = adminClient(instance.app, owner)
    const key = generateKey()
    const apiKeys = [{ ...apiKeyParams(key, key.publicKey), expirationSeconds: '1' }]
    const { userId } = owner
    await client.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2')
    await sleep(1100)
    return speaker(key, owner)
  }
  const speaker = (key: TestKey, owner: Admin) =>
    new AppClient(instance.app, key, owner.organizationId)
  const keysOf = (owner: Admin) =>
    instance.rows('select id from api_key where organization_id = ?u', owner.organizationId)

  test('is known as expired for seven days, and to nobody afterwards', async () => {
    const client = await expiredKey()
    aheadMs = 7 * DAY_MS - 60_000
    await purge().run()
    expect(await client.query('whoami')).toMatchObject({ status: 401, json: { message: EXPIRED } })
    aheadMs = 7 * DAY_MS + 60_000
    await purge().run()
    expect(await client.query('whoami')).toMatchObject({ status: 401, json: { message: UNKNOWN } })
    expect((await admin.query('whoami')).status).toBe(200)
    expect(await instance.problems()).toEqual([])
    const actions = (await instance.entries()).map(({ action }) => action)
    expect(actions.at(-1)).toBe('api-keys.purge')
  })

  test('is removed once, and without one nothing is written', async () => {
    await expiredKey()
    aheadMs = 8 * DAY_MS
    await purge().run()
    const { length } = await instance.entries()
    await purge().run()
    expect(await instance.entries()).toHaveLength(length)
  })

  test('stays while another process has the lease', async () => {
    await expiredKey()
    aheadMs = 8 * DAY_MS
    const nowMs = clock.now()
    const lease = { name: 'purge-expired-keys', holder: 'other', nowMs, untilMs: nowMs + 1000 }
    await instance.app.store.write('alone', (tx) => acquireLease(tx, lease))
    await purge().run()
    expect(await keysOf(instance.admin)).toHaveLength(2)
    aheadMs += 2000
    await purge().run()
    expect(await keysOf(instance.admin)).toHaveLength(1)
  })

  test('stays when the lease was lost before its transaction', async () => {
    await expiredKey()
    aheadMs = 8 * DAY_MS
    const { store, deps } = instance.app
    const queue: Pick<typeof deps.queue, 'submit'> = {
      async submit(unit) {
        const nowMs = clock.now() + DAY_MS
        const lease = { name: 'purge-expired-keys', holder: 'other', nowMs, untilMs: nowMs + 1000 }
        await store.write('alone', (tx) => acquireLease(tx, lease))
        return deps.queue.submit(unit)
      },
    }
    await new ExpiredKeyPurge({ store, queue, clock, holder: 'test' }).run()
    expect(await keysOf(instance.admin)).toHaveLength(2)
  })

  test('of an organization whose rows were changed does not stop the others', async () => {
    const other = await instance.createOrganization('Other')
    await expiredKey()
    await expiredKey(other)
    await instance.tamper(
      'update org_user set name = ? where organization_id = ?u',
      'intruder',
      instance.organizationId,
    )
    aheadMs = 8 * DAY_MS
    await purge().run()
    expect(await keysOf(instance.admin)).toHaveLength(2)
    expect(await keysOf(other)).toHaveLength(1)
  })

  test('is listed in the order of expiry, in pages', async () => {
    await expiredKey()
    await expiredKey()
    const { reader } = instance.app.store
    const untilMs = Date.now()
    const all = await listExpiredKeys(reader, untilMs, { after: null, limit: 10 })
    expect(all).toHaveLength(2)
    const [first = null] = await listExpiredKeys(reader, untilMs, { after: null, limit: 1 })
    expect(first).toEqual(all[0])
    expect(await listExpiredKeys(reader, untilMs, { after: first, limit: 10 })).toEqual([all[1]])
    expect(await listExpiredKeys(reader, untilMs - DAY_MS, { after: null, limit: 10 })).toEqual([])
  })

  test('is removed by a server that starts', async () => {
    await expiredKey()
    aheadMs = 8 * DAY_MS
    const app = await instance.openApp({ clock, jobs: true })
    await app.stop()
    expect(await keysOf(instance.admin)).toHaveLength(1)
  })
})
