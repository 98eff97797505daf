// Many connections on one organization, two serving processes: every request answered and chained.
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { numberOf, withDatabase } from '../support/database.ts'
import { kinds, load, type Sent, Workload } from '../support/load.ts'
import { matching } from '../support/matching.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const JOBS = 400
const CONNECTIONS = 64

/** The creation of the organization and of the workload's wallet. */
const OTHER_ENTRIES = 2

const LINE_OK = /^ok: (\d+) chains, (\d+) entries, (\d+) checkpoints$/m

describe.each(engines)('load on one organization on %s', (engine) => {
  let server: TestServer
  beforeEach(async () => {
    server = await startServer({ engine, workers: 2 })
  })
  afterEach(() => server.dispose())

  async function run(users: boolean): Promise<Sent[]> {
    const client = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
    const random = seeded('load')
    const workload = await Workload.prepare(client, random)
    let left = JOBS
    const running = () => left-- > 0
    const next = () =>
      users ? workload.next() : workload.job(random.below(2) === 0 ? 'sign' : 'account')
    const sent = await load(workload, { connections: CONNECTIONS, running, next })
    console.log(`load on ${engine}:`, kinds(sent))
    return sent
  }

  test('answers signatures and new accounts with 200, in a chain without gap', async () => {
    const sent = await run(false)
    assertAnswers(sent, [200])
    expect(kinds(sent).sign).toBeGreaterThan(50)
    expect(kinds(sent).account).toBeGreaterThan(50)
    await assertRows(server, sent)
    await assertVerifies(server)
    await server.end('SIGTERM')
    await assertVerifies(server)
  })

  test('with new users among them, answers every request with 200', async () => {
    const sent = await run(true)
    // A new user moves the revision that all others were decided on; nobody may starve of that.
    assertAnswers(sent, [200])
    for (const count of Object.values(kinds(sent))) expect(count).toBeGreaterThan(3)
    await assertRows(server, sent)
    await assertVerifies(server)
  })
})

function assertAnswers(sent: readonly Sent[], statuses: readonly number[]): void {
  const others = sent.filter(({ answer }) => !statuses.includes(answer?.status ?? 0))
  const seen = others.map(({ job, answer }) => `${job.kind}: ${answer?.text ?? 'no answer'}`)
  expect([...new Set(seen)], `${others.length} of ${sent.length}`).toEqual([])
  const done = sent.filter(({ answer }) => answer?.status === 200)
  expect(new Set(done.map(({ answer }) => answer?.at('activity.id'))).size).toBe(done.length)
}

async function assertRows(server: TestServer, sent: readonly Sent[]): Promise<void> {
  const done = sent.filter(({ answer }) => answer?.status === 200)
  const { account, user } = kinds(done)
  await withDatabase(server, async (database) => {
    const id = database.id(server.admin.organizationId)
    const count = (what: string, table: string, where = '1 = 1') =>
      numberOf(database, `select ${what} from ${table} where organization_id = ? and ${where}`, id)
    const entries = done.length + OTHER_ENTRIES
    expect(await count('count(*)', 'audit_entry')).toBe(entries)
    expect(await count('count(*)', 'audit_entry', `outcome = 'accepted'`)).toBe(entries)
    expect(await count('min(seq)', 'audit_entry')).toBe(1)
    expect(await count('max(seq)', 'audit_entry')).toBe(entries)
    expect(await count('seq', 'organization_head')).toBe(entries)
    expect(await count('count(*)', 'activity')).toBe(done.length + 1)
    expect(await count('count(*)', 'org_user')).toBe(user + 1)
    expect(await count('count(*)', 'wallet_account')).toBe(account + 1)
  })
}

/** The database itself, and an export of it. */
async function assertVerifies(server: TestServer): Promise<void> {
  const { env, data } = server
  const stored = await keystead(['audit', 'verify', '--data', data], { env })
  expect(stored).toMatchObject({ code: 0, stderr: '', stdout: matching(LINE_OK) })
  const file = join(data, 'export.jsonl')
  expect(await keystead(['audit', 'export', '--data', data, '--out', file], { env })).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
  const exported = await keystead(['audit', 'verify', file], { env })
  expect(exported).toMatchObject({ code: 0, stderr: '', stdout: matching(LINE_OK) })
}
