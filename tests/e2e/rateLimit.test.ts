// The rate limit of a root organization: over all processes and all below it, wherever it is counted.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RedisServer, startRedis } from '../../tools/services/redis.ts'
import { adminKey, type Answer, generateKey, TestClient } from '../support/client.ts'
import { earlyWithin } from '../support/clock.ts'
import {
  countRows,
  createBelow,
  PARENT_RATE_LIMITED,
  RATE_LIMITED,
  setLimits,
  tally,
} from '../support/governance.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const LIMIT = 20
const MINUTE_MS = 60_000

describe.each(engines)('a rate limit on %s', (engine) => {
  let redis: RedisServer | undefined
  let server: TestServer
  let root: TestClient
  let made = 0

  async function start(options: { env?: Record<string, string> } = {}): Promise<void> {
    server = await startServer({ engine, workers: 2, ...options })
    root = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  }
  beforeEach(() => {
    redis = undefined
  })
  afterEach(async () => {
    await server.dispose()
    await redis?.stop()
  })

  const submit = (client: TestClient) =>
    client.submit('create_users', { users: [{ userName: `user ${++made}` }] }, 'CREATE_USERS_V3')
  const atOnce = (client: TestClient, count: number): Promise<Answer[]> =>
    Promise.all(Array.from({ length: count }, () => submit(client)))

  async function assertLimited(): Promise<void> {
    const below = await createBelow(root)
    await setLimits(server, root.organizationId, `requestsPerMinute=${LIMIT}`)
    await earlyWithin(MINUTE_MS)
    const answers = await Promise.all([atOnce(root, LIMIT), atOnce(below, LIMIT)])
    const [first, second] = answers.map(tally)
    console.log(`rate limit on ${engine}:`, first, second)
    // Whole tallies, so that an answer of another kind shows itself.
    const above = { ok: 0, [RATE_LIMITED]: 0, ...first }
    const under = { ok: 0, [PARENT_RATE_LIMITED]: 0, ...second }
    const left = LIMIT - above.ok
    expect({ above, under }).toEqual({
      above: { ok: above.ok, [RATE_LIMITED]: left },
      under: { ok: left, [PARENT_RATE_LIMITED]: above.ok },
    })
    await assertRefused(root)
  }

  async function assertRefused(client: TestClient): Promise<void> {
    const body = client.body('CREATE_WALLET', { walletName: 'refused', accounts: [] })
    const refused = await client.send('submit/create_wallet', body)
    expect(refused).toMatchObject({
      status: 429,
      json: {
        code: 8,
        message: RATE_LIMITED,
        details: [],
        turnkeyErrorCode: 'RATE_LIMIT_EXCEEDED',
      },
    })
    const reads = await client.query('list_activities')
    expect(reads.status).toBe(200)
    expect(refused.retryAfter).toBeGreaterThan(0)
    expect(refused.retryAfter).toBeLessThanOrEqual(60)
    // It left no activity: the same body passes once it may.
    await setLimits(server, client.organizationId, 'requestsPerMinute=unlimited')
    expect((await client.send('submit/create_wallet', body)).status).toBe(200)
  }

  test('counted in the database holds over two processes and below', async () => {
    await start()
    await assertLimited()
  })

  test('counted in Redis holds over two processes and below', async () => {
    redis = await startRedis()
    await start({ env: { KEYSTEAD_REDIS_URL: redis.url } })
    await assertLimited()
    expect(await redis.command('DBSIZE')).toBe(':1\r\n')
    expect(await countRows({ server, organizationId: root.organizationId }, 'rate_window')).toBe(0)
  })

  test('fails open when Redis goes away: each process allows the limit by itself', async () => {
    redis = await startRedis()
    await start({ env: { KEYSTEAD_REDIS_URL: redis.url } })
    await setLimits(server, root.organizationId, `requestsPerMinute=${LIMIT}`)
    await earlyWithin(MINUTE_MS)
    expect((await submit(root)).status).toBe(200)
    await redis.stop()
    const answers = tally(await atOnce(root, LIMIT * 3))
    console.log(`without Redis on ${engine}:`, answers)
    expect(Object.keys(answers).sort()).toEqual(['ok', RATE_LIMITED].sort())
    expect(answers['ok']).toBeGreaterThanOrEqual(LIMIT)
    expect(answers['ok']).toBeLessThanOrEqual(LIMIT * 2)
    expect(server.output()).toContain('rate limits are counted by each process alone')
  })

  test('of the instance holds for every organization; strangers use nothing of it up', async () => {
    await start({ env: { KEYSTEAD_REQUESTS_PER_MINUTE: '5' } })
    await earlyWithin(MINUTE_MS)
    const stranger = new TestClient(server, generateKey(), root.organizationId)
    expect(tally(await atOnce(stranger, 10))).toEqual({
      'could not find public key in organization': 10,
    })
    expect(tally(await atOnce(root, 8))).toEqual({ ok: 5, [RATE_LIMITED]: 3 })
    const vote = await root.submit('approve_activity', { fingerprint: `sha256:${'0'.repeat(64)}` })
    expect(vote).toMatchObject({ status: 429, json: { message: RATE_LIMITED } })
    // Summarised: one entry for the credential, not one for each request.
    await server.end('SIGTERM')
    const refused = `outcome = 'refused' and payload like '%"reason":"RATE_LIMITED"%'`
    const summaries = await countRows(
      { server, organizationId: root.organizationId },
      'audit_entry',
      refused,
    )
    expect(summaries).toBeGreaterThan(0)
    expect(summaries).toBeLessThanOrEqual(2)
  })
})
