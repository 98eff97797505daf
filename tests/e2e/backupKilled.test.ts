// Backup and restore that are killed: no half archive under its name, no half instance that serves.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { keysteadKilledAt } from '../support/killed.ts'
import { containing } from '../support/matching.ts'
import { startServer, type TestServer } from '../support/server.ts'

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname

let server: TestServer
let folder: string
let archive: string
let seal: string

beforeAll(async () => {
  server = await startServer({ engine: 'sqlite' })
  folder = mkdtempSync(join(tmpdir(), 'ks-killed-'))
  archive = join(folder, 'whole.archive')
  seal = join(server.data, 'seal.key')
  const admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  await admin.submit('create_wallet', { walletName: 'kept', accounts: [] })
  const { code, stderr } = await keystead(['backup', '--data', server.data, archive])
  if (code !== 0) throw new Error(stderr)
})
afterAll(async () => {
  await server.dispose()
  rmSync(folder, { recursive: true })
})

test.each(['fsync', 'rename'])('a backup killed before its %s is none', async (call) => {
  const place = mkdtempSync(join(folder, 'backups-'))
  const file = join(place, 'one.archive')
  const words = ['backup', '--data', server.data, file]
  // Files are written by other threads than the first: all of them are traced.
  const inject = `inject=${call}:signal=SIGKILL:when=1`
  const tracer = ['-f', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject]
  spawnSync('strace', [...tracer, process.execPath, launcher, ...words])
  expect(readdirSync(place)).toEqual([expect.stringMatching(/^one\.archive\.\w{12}\.partial$/)])
  expect(await keystead(words)).toMatchObject({ code: 0 })
  expect(existsSync(file)).toBe(true)
})

/** Of some 390 writes of this restore the first half opens the seals, elsewhere. */
test.each([
  { at: 1, there: false },
  { at: 250, there: true },
])('a restore killed before its write $at is none, and can be done again', async (place) => {
  const data = join(folder, `restored ${place.at}`)
  const words = ['restore', '--data', data, '--file', seal, archive]
  expect(keysteadKilledAt(words, { calls: 'pwrite64', at: place.at })).toBe(true)
  expect(existsSync(data)).toBe(place.there)
  const interrupted = `a restore into ${data} was interrupted: type \`npx keystead restore\` again`
  const reason = place.there ? interrupted : `there is no instance in ${data}`
  const verify = () => keystead(['audit', 'verify', '--data', data])
  expect(await verify()).toMatchObject({ code: 1, stderr: `keystead: ${reason}\n` })
  expect(await keystead(words)).toMatchObject({ code: 0 })
  expect(await verify()).toMatchObject({ code: 0, stdout: containing('ok: 2 chains') })
  expect(readdirSync(data)).not.toContain('restoring')
})
