// SQLite's write-ahead log stays short while two processes write as fast as they can.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { Workload } from '../support/load.ts'
import { seeded } from '../support/random.ts'
import { rounds, timeShare } from '../support/rounds.ts'
import { startServer } from '../support/server.ts'

const NAME = 'seconds of full load on the write-ahead log'
const LOG_BYTES_MAX = 100 * 1024 * 1024
const CONNECTIONS = 64
const SAMPLE_MS = 20

/** Signatures of long texts write many times what short ones do: a log of 100 MB within seconds. */
const PAYLOAD_CHARACTERS = 60_000

test.each([
  ['short', 20],
  ['long', PAYLOAD_CHARACTERS],
])('the log stays below 100 MB under load with %s payloads', async (_, characters) => {
  const seconds = rounds(NAME)
  const server = await startServer({ engine: 'sqlite', workers: 2 })
  const log = join(server.data, 'keystead.db-wal')
  const sizes: number[] = []
  const sampling = setInterval(() => {
    if (existsSync(log)) sizes.push(statSync(log).size)
  }, SAMPLE_MS)
  try {
    const client = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
    const workload = await Workload.prepare(client, seeded('write-ahead log'))
    const startedMs = Date.now()
    const hasTime = timeShare(NAME, 1 / 2)
    const running = () => Date.now() < startedMs + seconds * 1000 && hasTime()
    const answers = new Map<number, number>()
    // A minute's answers are more than the memory of a test may hold: they are counted only.
    const connection = async () => {
      while (running()) {
        const { path, body } = workload.job('sign', 'x'.repeat(characters))
        const { status } = await client.send(path, body)
        answers.set(status, (answers.get(status) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, connection))
    expect([...answers.keys()]).toEqual([200])
    const databaseBytes = statSync(join(server.data, 'keystead.db')).size
    const highest = Math.max(...sizes)
    console.log('write-ahead log:', {
      answers: answers.get(200),
      seconds: (Date.now() - startedMs) / 1000,
      samples: sizes.length,
      highest,
      databaseBytes,
    })
    expect(sizes.length).toBeGreaterThan(10)
    expect(highest).toBeGreaterThan(0)
    expect(highest).toBeLessThan(LOG_BYTES_MAX)
  } finally {
    clearInterval(sampling)
    await server.dispose()
  }
})
