// Durability by order: under a tracer, every answer leaves after a sync that covers its request.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { load, Workload } from '../support/load.ts'
import { seeded } from '../support/random.ts'
import { startServer } from '../support/server.ts'
import { checkOrder } from '../support/trace.ts'

const JOBS = 120
const CONNECTIONS = 4
const CALLS = 'fsync,fdatasync,pwrite64,read,write,writev,recvfrom,sendto,sendmsg'

test('no answer leaves before its request is synced to disk', async () => {
  const trace = await traceLoad()
  const { answers, early } = checkOrder(trace)
  console.log(`durability: ${answers} answers checked`)
  expect(early).toEqual([])
  // The workload's wallet is a submission as well.
  expect(answers).toBe(JOBS + 1)
  assertCheckerSees(trace, answers)
})

/** The trace of a server with two workers that answers a number of submissions. */
async function traceLoad(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ks-trace-'))
  const file = join(folder, 'trace')
  const under = ['strace', '-f', '-ttt', '-yy', '-s', '64', '-e', `trace=${CALLS}`, '-o', file]
  const server = await startServer({ engine: 'sqlite', workers: 2, under, ownGroup: true })
  try {
    const client = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
    const workload = await Workload.prepare(client, seeded('durability'))
    let left = JOBS
    const kinds = ['sign', 'account', 'sign', 'account', 'sign', 'user'] as const
    const next = () => workload.job(kinds[left % kinds.length] ?? 'sign')
    const sent = await load(workload, { connections: CONNECTIONS, running: () => left-- > 0, next })
    expect(sent.map(({ answer }) => answer?.status)).toEqual(sent.map(() => 200))
    await server.end('SIGTERM')
    return readFileSync(file, 'utf8')
  } finally {
    await server.dispose()
    rmSync(folder, { recursive: true })
  }
}

/** The checker itself must find what is wrong with traces that are. */
function assertCheckerSees(trace: string, answers: number): void {
  const lines = trace.split('\n')
  const isSync = (line: string) => /\bf(data)?sync\b/.test(line)
  const withoutSync = lines.filter((line) => !isSync(line)).join('\n')
  expect(checkOrder(withoutSync).early).toHaveLength(answers)
  const failed = lines.map((line) =>
    isSync(line) ? line.replace(/= 0$/, '= -1 EIO (Input/output error)') : line,
  )
  expect(checkOrder(failed.join('\n')).early).toHaveLength(answers)
  const syncs = lines.filter(isSync)
  expect(
    checkOrder([...syncs, ...lines.filter((line) => !isSync(line))].join('\n')).early,
  ).toHaveLength(answers)
  const otherFile = trace.replaceAll('keystead.db-wal', 'keystead.db')
  expect(checkOrder(otherFile).early).toHaveLength(answers)
}
