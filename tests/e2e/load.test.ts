// Many connections on one organization, two serving processes: every request answered and chained.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { numberOf, withDatabase } from '../support/database.ts'
import { kinds, load, type Sent, Workload } from '../support/load.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const LOAD_MS = 3000
const CONNECTIONS = 64

/** The creation of the organization and of the workload's wallet. */
const OTHER_ENTRIES = 2

const LINE_OK = /^ok: (\d+) chains, (\d+) entries, (\d+) checkpoints$/m

describe.each(engines)('load on one organization on %s', (engine) => {
  test('answers everything with 200 and leaves a chain without gap', async () => {
    const server = await startServer({ engine, workers: 2 })
    try {
      const client = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
      const workload = await Workload.prepare(client, seeded('load'))
      const endMs = Date.now() + LOAD_MS
      const running = () => Date.now() < endMs
      const sent = await load(workload, { connections: CONNECTIONS, running })
      console.log(`load on ${engine}:`, kinds(sent))
      assertAnswers(sent)
      await assertRows(server, sent)
      await assertVerifies(server)
      await server.end('SIGTERM')
      await assertVerifies(server)
    } finally {
      await server.dispose()
    }
  })
})

function assertAnswers(sent: readonly Sent[]): void {
  const refused = sent.filter(({ answer }) => answer?.status !== 200)
  const seen = refused.map(({ job, answer }) => `${job.kind}: ${answer?.text ?? 'no answer'}`)
  expect([...new Set(seen)], `${refused.length} of ${sent.length} refused`).toEqual([])
  const ids = sent.map(({ answer }) => answer?.at('activity.id'))
  expect(new Set(ids).size).toBe(sent.length)
  for (const count of Object.values(kinds(sent))) expect(count).toBeGreaterThan(20)
}

async function assertRows(server: TestServer, sent: readonly Sent[]): Promise<void> {
  const { sign, account, user } = kinds(sent)
  await withDatabase(server, async (database) => {
    const id = database.id(server.admin.organizationId)
    const count = (what: string, table: string) =>
      numberOf(database, `select ${what} from ${table} where organization_id = ?`, id)
    const entries = sign + account + user + OTHER_ENTRIES
    expect(await count('count(*)', 'audit_entry')).toBe(entries)
    expect(await count('min(seq)', 'audit_entry')).toBe(1)
    expect(await count('max(seq)', 'audit_entry')).toBe(entries)
    expect(await count('seq', 'organization_head')).toBe(entries)
    expect(await count('count(*)', 'activity')).toBe(entries - 1)
    expect(await count('count(*)', 'org_user')).toBe(user + 1)
    expect(await count('count(*)', 'wallet_account')).toBe(account + 1)
  })
}

/** The database itself, and an export of it. */
async function assertVerifies(server: TestServer): Promise<void> {
  const { env, data } = server
  const stored = await keystead(['audit', 'verify', '--data', data], { env })
  expect(stored).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(LINE_OK) })
  const file = join(data, 'export.jsonl')
  expect(await keystead(['audit', 'export', '--data', data, '--out', file], { env })).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
  const exported = await keystead(['audit', 'verify', file], { env })
  expect(exported).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(LINE_OK) })
}
