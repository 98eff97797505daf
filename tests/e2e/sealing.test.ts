// A server without its seal key file: sealed until somebody types the recovery words.
import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operations } from '@keystead/server/commands'
import { adminKey, post, stamp, TestClient } from '../support/client.ts'
import { type Ended, keystead } from '../support/command.ts'
import { containing } from '../support/matching.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

/** Within this time a killed worker is back. */
const RESTART_MS = 3000

const SEALED = {
  code: 14,
  message: 'the server is sealed',
  details: [],
  turnkeyErrorCode: '',
}

/** The 24 words in one line, as the first start prints them. */
function recoveryWords(server: TestServer): string {
  const line = server
    .output()
    .split('\n')
    .find((text) => /^([a-z]+ ){23}[a-z]+$/.test(text))
  if (line === undefined) throw new Error('the first start printed no recovery words')
  return line
}

function unseal(server: TestServer, words: string): Promise<Ended> {
  return keystead(['unseal', '--data', server.data], { env: server.env, input: `${words}\n` })
}

async function get(server: TestServer, path: string) {
  const response = await fetch(`${server.url}${path}`)
  const { status, headers } = response
  return { status, type: headers.get('content-type'), text: await response.text() }
}

const clientOf = (server: TestServer) =>
  new TestClient(server, adminKey(server.admin), server.admin.organizationId)

/** Ends the server and starts it again without its seal key file. */
async function restartSealed(server: TestServer): Promise<void> {
  await server.end('SIGTERM')
  renameSync(join(server.data, 'seal.key'), join(server.data, 'elsewhere.key'))
  await server.restart()
}

const cases = engines.flatMap((engine) => [1, 2].map((workers) => ({ engine, workers })))

describe.each(cases)('sealed on $engine with $workers workers', ({ engine, workers }) => {
  let server: TestServer
  let words: string

  beforeAll(async () => {
    server = await startServer({ engine, workers })
    words = recoveryWords(server)
    await restartSealed(server)
  })
  afterAll(() => server.dispose())

  test('says so, and says what to type', async () => {
    expect(server.output()).toContain('sealed: there is no seal key file')
    expect(server.output()).toContain('npx keystead unseal')
    expect(await get(server, '/healthz')).toEqual({
      status: 200,
      type: 'application/json',
      text: '{"status":"sealed"}',
    })
    expect(await get(server, '/readyz')).toMatchObject({ status: 503, type: 'application/json' })
  })

  test('answers every operation with 503 in the shape of the family', async () => {
    expect(operations.length).toBeGreaterThan(10)
    for (const { path } of operations) {
      const { status, contentType, json } = await post(`${server.url}${path}`, '{}', {})
      expect({ path, status, contentType, json }).toEqual({
        path,
        status: 503,
        contentType: 'application/json',
        json: SEALED,
      })
    }
  })

  test('stays sealed on words that are none, or of another instance', async () => {
    const wrong = await unseal(server, 'these are not the words')
    expect(wrong).toMatchObject({
      code: 1,
      stderr: containing('not 24 recovery words'),
    })
    const misplaced = await unseal(server, words.split(' ').toReversed().join(' '))
    expect(misplaced.code).toBe(1)
    const foreign = `${'abandon '.repeat(23)}art`
    expect(await unseal(server, foreign)).toMatchObject({
      code: 1,
      stderr: containing('these recovery words belong to another instance'),
    })
    expect(await get(server, '/healthz')).toMatchObject({ text: '{"status":"sealed"}' })
    expect(await clientOf(server).query('whoami')).toMatchObject({ status: 503 })
  })

  test('works in every process after the right words', async () => {
    expect(await unseal(server, words)).toMatchObject({ code: 0, stdout: 'unsealed\n' })
    expect(await get(server, '/healthz')).toMatchObject({ text: '{"status":"ok"}' })
    expect(await get(server, '/readyz')).toMatchObject({ status: 200 })
    await assertAllAnswer(server)
  })

  test('never prints the words again', () => {
    expect(server.output()).not.toContain(words)
  })
})

test.each(engines)('a worker that is killed comes back unsealed on %s', async (engine) => {
  const server = await startServer({ engine, workers: 2 })
  try {
    const words = recoveryWords(server)
    await restartSealed(server)
    expect(await unseal(server, words)).toMatchObject({ code: 0 })
    const [killed = 0, ...others] = childrenOf(server.process.pid)
    expect(others).toHaveLength(1)
    process.kill(killed, 'SIGKILL')
    await until(() => !childrenOf(server.process.pid).includes(killed))
    // From its first moment on: connections go to the processes by turns.
    const endMs = Date.now() + RESTART_MS
    while (Date.now() < endMs) await assertAllAnswer(server)
    expect(childrenOf(server.process.pid)).toHaveLength(2)
  } finally {
    await server.dispose()
  }
})

/** More requests than processes, each on a connection of its own. */
async function assertAllAnswer(server: TestServer): Promise<void> {
  const client = clientOf(server)
  const answers = await Promise.all(Array.from({ length: 8 }, () => freshQuery(client)))
  expect(answers).toEqual(answers.map(() => 200))
}

/** The status of a query on a connection of its own. */
function freshQuery(client: TestClient): Promise<number> {
  const body = JSON.stringify({ organizationId: client.organizationId })
  const headers = { 'x-stamp': stamp(client.key, body), connection: 'close' }
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const url = `${client.url}/public/v1/query/whoami`
  const sending = request(url, { method: 'POST', headers, agent: false }, (response) => {
    response.resume().on('end', () => resolve(response.statusCode ?? 0))
  })
  sending.on('error', reject).end(body)
  return promise
}

/** The direct children of a process, from /proc. */
function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

async function until(done: () => boolean): Promise<void> {
  const endMs = Date.now() + 15_000
  while (!done()) {
    if (Date.now() > endMs) throw new Error('it did not happen within 15 s')
    await sleep(50)
  }
}

describe('key files', () => {
  let server: TestServer
  let other: TestServer

  beforeAll(async () => {
    server = await startServer({ engine: 'sqlite' })
    other = await startServer({ engine: 'sqlite' })
  })
  afterAll(() => Promise.all([server.dispose(), other.dispose()]))

  test('are readable by their owner only, as is everything else of the instance', () => {
    const mode = (path: string) => statSync(path).mode & 0o777
    expect(mode(server.data)).toBe(0o700)
    for (const name of ['seal.key', 'admin.json', 'keystead.db']) {
      expect([name, mode(join(server.data, name)).toString(8)]).toEqual([name, '600'])
    }
    const names = readdirSync(server.data)
    expect(names).toContain('keystead.sock')
    for (const name of names) {
      expect([name, mode(join(server.data, name)) & 0o077]).toEqual([name, 0])
    }
  })

  test('of another instance do not open this one', async () => {
    await server.end('SIGTERM')
    writeFileSync(join(server.data, 'seal.key'), readFileSync(join(other.data, 'seal.key')))
    await server.restart()
    expect(await get(server, '/healthz')).toMatchObject({ text: '{"status":"sealed"}' })
    expect(await clientOf(server).query('whoami')).toMatchObject({ status: 503, json: SEALED })
    expect(server.output()).toMatch(/^sealed: .*seal\.key is not a seal of this instance$/m)
  })

  test('that are damaged end the start with one line', async () => {
    await server.end('SIGTERM')
    writeFileSync(join(server.data, 'seal.key'), 'no key\n')
    const ended = await keystead(['serve', '--data', server.data, '--port', '0'], {
      env: server.env,
    })
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(/^keystead: the seal key file \S+ is damaged[^\n]*\n$/)
  })
})
