// A limit of seven signatures, two processes and two hundred requests at once: exactly seven.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, apiKeyParams, generateKey, TestClient } from '../support/client.ts'
import { countRows, createBelow, tally } from '../support/governance.ts'
import { load, type Sent, Workload } from '../support/load.ts'
import { type Random, seeded } from '../support/random.ts'
import { rounds, timeShare } from '../support/rounds.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const NAME = 'limits under load'
const MAX = 7
const REQUESTS = 200
/** Few are served in turn, so that the server can be killed between two of the seven. */
const FEW = 6
const KILL_MS = 60
const DENIED = 'policy engine denied request explicitly'

describe.each(engines)('a limit on %s', (engine) => {
  const count = rounds(NAME)
  const random = seeded(`limits on ${engine}`)
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ engine, workers: 2, ownGroup: true })
  })
  afterAll(() => server.dispose())

  test('admits exactly its maximum of two hundred requests at once', async () => {
    const hasTime = timeShare(NAME, 1 / 4)
    for (let round = 0; round < count && (round === 0 || hasTime()); round++) {
      const workload = await prepare(server, random)
      const answers = (await signAll(workload, REQUESTS)).map(({ answer }) => answer)
      expect(tally(answers)).toEqual({ ok: MAX, [DENIED]: REQUESTS - MAX })
      expect(await executed(workload)).toBe(MAX)
    }
  })

  test('admits no more when the server is killed in between, and the rest afterwards', async () => {
    const hasTime = timeShare(NAME, 1 / 4)
    const executedWhenKilled: number[] = []
    for (let round = 0; round < count && (round === 0 || hasTime()); round++) {
      executedWhenKilled.push(await killedRound(await prepare(server, random)))
    }
    expect(Math.max(...executedWhenKilled)).toBeLessThanOrEqual(MAX)
    console.log(`limits on ${engine}: executed when killed:`, executedWhenKilled)
  })

  /** @returns how many signatures there were when the server was killed */
  async function killedRound(workload: Workload): Promise<number> {
    const signing = signAll(workload, 1 + random.below(FEW))
    await sleep(random.below(KILL_MS))
    await server.end('SIGKILL')
    const sent = await signing
    await server.restart()
    const before = await executed(workload)
    const told = sent.filter(({ answer }) => answer?.status === 200)
    expect(told.length).toBeLessThanOrEqual(before)
    // What was lost runs now, what was not is answered as it was: seven in all.
    const { key, organizationId } = workload.client
    const client = new TestClient(server, key, organizationId)
    const again = await Promise.all(sent.map(({ job }) => client.send(job.path, job.body)))
    expect(tally(again)).toEqual({ ok: MAX, [DENIED]: REQUESTS - MAX })
    const kept = sent.map(({ answer }, at) => answer?.status !== 200 || again[at]?.status === 200)
    expect(kept).not.toContain(false)
    expect(await executed(workload)).toBe(MAX)
    return before
  }

  const executed = ({ client: { organizationId } }: Workload) =>
    countRows(
      { server, organizationId },
      'activity',
      "type = 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2' and status = 'COMPLETED'",
    )
})

/** Every job is sent once, whatever becomes of the server meanwhile. */
function signAll(workload: Workload, connections: number): Promise<Sent[]> {
  let left = REQUESTS
  return load(workload, {
    connections,
    running: () => left-- > 0,
    next: () => workload.job('sign'),
  })
}

/** An organization whose user may do everything, but sign seven times only. */
async function prepare(server: TestServer, random: Random): Promise<Workload> {
  const admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  const root = await createBelow(admin)
  const key = generateKey()
  const users = [{ userName: 'signer', apiKeys: [apiKeyParams(key)] }]
  await root.submit('create_users', { users }, 'CREATE_USERS_V4')
  const limit = {
    measure: 'LIMIT_MEASURE_SIGNATURES',
    per: 'LIMIT_PER_ORGANIZATION',
    window: { rollingSeconds: '86400' },
    max: String(MAX),
  }
  const policies = [
    { policyName: 'everything', effect: 'EFFECT_ALLOW' },
    { policyName: 'seven signatures a day', effect: 'EFFECT_DENY', limits: [limit] },
  ]
  const made = await root.submit('create_policies', { policies })
  expect(made).toMatchObject({ status: 200 })
  return Workload.prepare(new TestClient(server, key, root.organizationId), random)
}
