// SIGKILL under load: what was acknowledged is there exactly once, and nothing is there twice.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, apiKeyParams, generateKey, TestClient, type TestKey } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { withDatabase } from '../support/database.ts'
import { type Job, kinds, load, type Sent, Workload } from '../support/load.ts'
import { matching } from '../support/matching.ts'
import { seeded } from '../support/random.ts'
import { rounds, timeShare } from '../support/rounds.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const NAME = 'kill under load'
const CONNECTIONS = 16
const KILL_MS = { min: 30, spread: 700 }
const VERIFY_EVERY = 10

const TABLES = [
  { kind: 'user', table: 'org_user', mark: 'name' },
  { kind: 'account', table: 'wallet_account', mark: 'path' },
] as const

describe.each(engines)('a server on %s that is killed under load', (engine) => {
  const count = rounds(NAME)
  const random = seeded(`kill under load on ${engine}`)
  let server: TestServer
  const seen = { rounds: 0, acknowledged: 0, storedUnanswered: 0, lostUnanswered: 0 }

  beforeAll(async () => {
    server = await startServer({ engine, workers: 2, ownGroup: true })
  })
  afterAll(() => server.dispose())

  test('keeps what it acknowledged, and does nothing twice', async () => {
    const hasTime = timeShare(NAME, 1 / engines.length)
    while (seen.rounds < count && (seen.rounds === 0 || hasTime())) {
      const target = await newOrganization(server, `round ${seen.rounds}`)
      const workload = await Workload.prepare(target.client(server), random)
      const sent = await loadUntilKilled(
        server,
        workload,
        KILL_MS.min + random.below(KILL_MS.spread),
      )
      await server.restart()
      const stored = await storedMarks(server, target.id)
      const told = sent.filter(({ answer }) => answer?.status === 200)
      const untold = sent.filter(({ answer }) => answer?.status !== 200)
      assertStored(told, stored)
      await sendAgain(target.client(server), sent)
      await assertOnce(server, target.id, sent)
      seen.rounds++
      seen.acknowledged += told.length
      const kept = untold.filter(({ job }) => stored.some(({ mark }) => mark === job.mark))
      seen.storedUnanswered += kept.length
      seen.lostUnanswered += untold.filter(({ job }) => job.kind !== 'sign').length - kept.length
      if (seen.rounds % VERIFY_EVERY === 0 || seen.rounds === count) await assertVerifies(server)
    }
    console.log(`kill under load on ${engine}: reached`, seen)
    expect(seen.acknowledged).toBeGreaterThan(seen.rounds)
    expect(seen.storedUnanswered + seen.lostUnanswered).toBeGreaterThan(0)
    await assertVerifies(server)
  })
})

/** An organization of its own for each round: a fresh one has room for new users. */
async function newOrganization(server: TestServer, name: string) {
  const key: TestKey = generateKey()
  const admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  const made = await admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: name,
      rootUsers: [{ userName: 'root', apiKeys: [apiKeyParams(key)] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V8',
  )
  const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
  return { id, client: (to: TestServer) => new TestClient(to, key, id) }
}

async function loadUntilKilled(
  server: TestServer,
  workload: Workload,
  afterMs: number,
): Promise<Sent[]> {
  let running = true
  const loading = load(workload, { connections: CONNECTIONS, running: () => running })
  await sleep(afterMs)
  const ended = server.end('SIGKILL')
  running = false
  await ended
  return loading
}

/** A row that a job leaves behind. */
interface Mark {
  kind: string
  mark: string
}

const byText = (a: string, b: string) => a.localeCompare(b)

/** What users and accounts the database has, as their unique marks. */
async function storedMarks(server: TestServer, organizationId: string): Promise<Mark[]> {
  return withDatabase(server, async (database) => {
    const rows: Mark[] = []
    for (const { kind, table, mark } of TABLES) {
      const sql = `select ${mark} as mark from ${table} where organization_id = ?`
      const found = await database.all(sql, database.id(organizationId))
      rows.push(...found.map((row) => ({ kind, mark: String(row['mark']) })))
    }
    return rows
  })
}

function assertStored(told: readonly Sent[], stored: readonly Mark[]): void {
  const marks = stored.map(({ kind, mark }) => `${kind} ${mark}`)
  expect(new Set(marks).size, 'nothing is there twice').toBe(marks.length)
  const visible = told.filter(({ job }) => job.kind !== 'sign')
  const missing = visible.filter(({ job }) => !marks.includes(`${job.kind} ${job.mark}`))
  expect(missing.map(({ job }) => job.mark)).toEqual([])
}

/** The same bytes again: a known body answers its activity, an unknown one runs now. */
async function sendAgain(client: TestClient, sent: readonly Sent[]): Promise<void> {
  for (const { job, answer } of sent) {
    const again = await client.send(job.path, job.body)
    expect(again.status, `${job.kind} ${job.mark}: ${again.text}`).toBe(200)
    const id = again.at('activity.id')
    expect(id).toBe(answer?.status === 200 ? answer.at('activity.id') : id)
  }
}

/** Every job has one activity, one entry, and if it leaves a row, one row. */
async function assertOnce(
  server: TestServer,
  organizationId: string,
  sent: readonly Sent[],
): Promise<void> {
  const jobs: Job[] = sent.map(({ job }) => job)
  const stored = await storedMarks(server, organizationId)
  for (const { kind } of TABLES) {
    const expected = jobs.filter((job) => job.kind === kind).map(({ mark }) => mark)
    const first = kind === 'user' ? 'root' : "m/44'/60'/0'/0/0"
    const marks = stored.filter((row) => row.kind === kind).map(({ mark }) => mark)
    expect(marks.toSorted(byText)).toEqual([first, ...expected].toSorted(byText))
  }
  await withDatabase(server, async (database) => {
    const id = database.id(organizationId)
    const [row] = await database.all(
      `select count(*) as activities, count(distinct fingerprint) as bodies,
         (select count(*) from audit_entry where organization_id = ? and outcome = 'accepted')
           as accepted
       from activity where organization_id = ?`,
      id,
      id,
    )
    const numbers = Object.values(row ?? {}).map(Number)
    // The wallet has an activity and an entry; the organization's birth has an entry.
    expect(numbers).toEqual([jobs.length + 1, jobs.length + 1, jobs.length + 2])
  })
  expect(kinds(sent).sign + kinds(sent).account + kinds(sent).user).toBe(jobs.length)
}

async function assertVerifies(server: TestServer): Promise<void> {
  const { env, data } = server
  const verified = await keystead(['audit', 'verify', '--data', data], { env })
  expect(verified).toMatchObject({ code: 0, stdout: matching(/^ok: /) })
}
