// Keys are rotated by the commands of the shell while two processes sign, and after a crash as well.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { withDatabase } from '../support/database.ts'
import { load, Workload } from '../support/load.ts'
import { matching } from '../support/matching.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

/** Several commands in a row, each a process of its own. */
const TIMEOUT = { timeout: 120_000 }

async function shell(server: TestServer, ...words: string[]): Promise<string> {
  const ended = await keystead([...words, '--data', server.data], { env: server.env })
  expect(ended).toMatchObject({ code: 0 })
  return ended.stdout
}

/** What is left to do, by SQL: a command for each look would take most of the processor. */
async function untilRewrapped(server: TestServer): Promise<void> {
  const left = () =>
    withDatabase(server, async (database) => {
      const [row] = await database.all(
        `select count(*) as n from organization_key
         where (superseded_ms is null and version = 1) or root_version = 1`,
      )
      return Number(row?.['n'])
    })
  while ((await left()) > 0) await sleep(100)
}

describe.each(engines)('with two processes that sign on %s', (engine) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ engine, workers: 2, ownGroup: true })
  })
  afterAll(() => server.dispose())

  const client = () => new TestClient(server, adminKey(server.admin), server.admin.organizationId)

  test('all keys are replaced, and nothing fails, also after a crash', TIMEOUT, async () => {
    const workload = await Workload.prepare(client(), seeded(`rotation on ${engine}`))
    let running = true
    const loading = load(workload, { connections: 2, running: () => running })
    expect(await shell(server, 'keys', 'rotate', '--all')).toContain('will be rotated')
    expect(await shell(server, 'rekey')).toContain('root key 2 wraps from now on')
    await untilRewrapped(server)
    running = false
    const sent = await loading
    const failed = sent.filter(({ answer }) => answer?.status !== 200)
    expect(failed.map(({ answer }) => answer?.text)).toEqual([])
    expect(sent.length).toBeGreaterThan(10)
    await server.end('SIGKILL')
    await server.restart()
    for (const { path, body } of [workload.job('sign', ' after'), workload.job('account')]) {
      expect((await client().send(path, body)).status).toBe(200)
    }
    expect(JSON.parse(await shell(server, 'keys', 'rotation'))).toMatchObject({
      rootKey: { version: 2, dataKeysLeft: 0 },
      dataKeys: { toRotate: 0 },
    })
  })
})

test.each([
  [['keys', 'rotate'], 'name an organization with --organization, or take --all'],
  [
    ['keys', 'rotate', '--all', '--organization', '019a0000-0000-7000-8000-000000000000'],
    'or take',
  ],
  [['keys', 'rotate', '--organization', 'acme'], '--organization must be a UUID'],
])('%j is refused', async (words, reason) => {
  expect(await keystead(words)).toMatchObject({ code: 2, stderr: matching(new RegExp(reason)) })
})
