// Keys are rotated by the commands of the shell while two processes sign, and after a crash as well.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { load, Workload } from '../support/load.ts'
import { matching } from '../support/matching.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

interface Progress {
  rootKey: { version: number; dataKeysLeft: number; replacing: boolean }
  dataKeys: { toRotate: number; toRewrap: number }
}

async function shell(server: TestServer, ...words: string[]): Promise<string> {
  const ended = await keystead([...words, '--data', server.data], { env: server.env })
  expect(ended).toMatchObject({ code: 0 })
  return ended.stdout
}

async function progress(server: TestServer): Promise<Progress> {
  return JSON.parse(await shell(server, 'keys', 'rotation')) as Progress
}

async function until(server: TestServer, holds: (now: Progress) => boolean): Promise<Progress> {
  for (;;) {
    const now = await progress(server)
    if (holds(now)) return now
    await sleep(200)
  }
}

test.each(engines)('all keys are replaced on %s while two processes sign', async (engine) => {
  const server = await startServer({ engine, workers: 2, ownGroup: true })
  try {
    const client = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
    const workload = await Workload.prepare(client, seeded(`rotation on ${engine}`))
    let running = true
    const loading = load(workload, { connections: 4, running: () => running })
    expect(await shell(server, 'keys', 'rotate', '--all')).toContain('will be rotated')
    expect(await shell(server, 'rekey')).toContain('root key 2 wraps from now on')
    await until(server, (now) => now.dataKeys.toRotate === 0 && now.rootKey.dataKeysLeft === 0)
    running = false
    const sent = await loading
    const failed = sent.filter(({ answer }) => answer?.status !== 200)
    expect(failed.map(({ answer }) => answer?.text)).toEqual([])
    expect(sent.length).toBeGreaterThan(10)
    const organization = ['--organization', server.admin.organizationId]
    const rotating = shell(server, 'keys', 'rotate', ...organization)
    await rotating
    await server.end('SIGKILL')
    await server.restart()
    const again = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
    for (const { path, body } of [workload.job('sign', ' after'), workload.job('account')]) {
      expect((await again.send(path, body)).status).toBe(200)
    }
    expect((await progress(server)).rootKey).toMatchObject({ version: 2, dataKeysLeft: 0 })
    expect(await shell(server, 'audit', 'verify')).toEqual(matching(/^ok: /))
  } finally {
    await server.dispose()
  }
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
