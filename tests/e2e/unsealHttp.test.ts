// `POST /unseal`: several people unseal over HTTP, strangers achieve nothing, and by default it is not there.
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operations } from '@keystead/server/commands'
import { adminKey, post, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const PASSPHRASE = 'correct horse battery staple'
const MINUTE = 60_000
const WRONG = { words: `${'abandon '.repeat(23)}art` }

const unseal = async (server: TestServer, body: unknown, headers: Record<string, string> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const { status, contentType, json } = await post(`${server.url}/unseal`, text, headers)
  expect(contentType).toBe('application/json')
  return { status, json }
}

const health = async (server: TestServer): Promise<unknown> =>
  (await fetch(`${server.url}/healthz`)).json()

async function addSeals(server: TestServer) {
  const run = (words: readonly string[], input = '') =>
    keystead([...words, '--data', server.data], { env: server.env, input })
  const made = await run(['seal', 'add', 'shamir', '--threshold', '3', '--shares', '4', '--json'])
  expect(made.code).toBe(0)
  expect(await run(['seal', 'add', 'passphrase'], `${PASSPHRASE}\n${PASSPHRASE}\n`)).toMatchObject({
    code: 0,
  })
  return (JSON.parse(made.stdout) as { shares: string[] }).shares
}

async function restartSealed(server: TestServer): Promise<void> {
  await server.end('SIGTERM')
  await server.restart()
}

const cases = engines.map((engine) => ({ engine, workers: engine === 'sqlite' ? 1 : 2 }))

describe.each(cases)('on $engine with $workers workers', ({ engine, workers }) => {
  let server: TestServer
  let shares: string[]

  beforeAll(async () => {
    const env = { KEYSTEAD_UNSEAL_HTTP: 'on', KEYSTEAD_TRUSTED_PROXIES: '127.0.0.1' }
    server = await startServer({ engine, workers, env })
    shares = await addSeals(server)
    renameSync(join(server.data, 'seal.key'), join(server.data, 'gone.key'))
    await restartSealed(server)
  }, 2 * MINUTE)
  afterAll(() => server.dispose())

  test('a sealed server answers that it is, unsealing, and nothing else', async () => {
    expect(await health(server)).toEqual({ status: 'sealed' })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${server.url}/.well-known/keystead`)).status).toBe(503)
    const [operation] = operations
    expect(await post(`${server.url}${operation?.path}`, '{}', {})).toMatchObject({
      status: 503,
      json: { message: 'the server is sealed' },
    })
    for (const path of ['/unseal/reset', '/unseal/cancel', '/seal', '/shares']) {
      expect((await post(`${server.url}${path}`, '{}', {})).status).toBe(503)
    }
    for (const path of ['/unseal', '/metrics', '/docs', '/openapi/turnkey.json', '/invitation']) {
      expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 503])
    }
  })

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"share":1}',
    '{"share":""}',
    '{"words":"a","share":"b"}',
    '{"file":"/etc/passwd"}',
    '{"token":true}',
    `{"share":"${'a'.repeat(3000)}"}`,
    '\u0000',
  ])('what is no attempt is refused: %#', async (body) => {
    expect(await unseal(server, body)).toMatchObject({ status: 400 })
  })

  test('strangers who try all the time are stopped, and change nothing for others', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address })
    const progress = (given: number) => ({
      status: 200,
      json: { sealed: true, shares: { given, needed: 3 } },
    })
    expect(await unseal(server, { share: shares[0] }, from('198.51.100.1'))).toEqual(progress(1))
    const statuses = []
    for (let n = 0; n < 12; n += 1) {
      statuses.push((await unseal(server, WRONG, from('203.0.113.1'))).status)
    }
    expect(statuses).toEqual([...Array<number>(10).fill(403), 429, 429])
    expect(
      await unseal(server, { share: 'academic '.repeat(33) }, from('203.0.113.2')),
    ).toMatchObject({
      status: 403,
      json: { message: expect.stringContaining('this is not a share') as string },
    })
    expect(await unseal(server, { passphrase: 'a guess' }, from('203.0.113.2'))).toMatchObject({
      status: 403,
    })
    expect(await health(server)).toEqual({ status: 'sealed' })
    expect(await unseal(server, { share: shares[0] }, from('198.51.100.1'))).toEqual(progress(1))
    expect(await unseal(server, { share: shares[2] }, from('198.51.100.2'))).toEqual(progress(2))
    expect(await unseal(server, { share: shares[1] }, from('198.51.100.3'))).toEqual({
      status: 200,
      json: { sealed: false },
    })
    expect(await health(server)).toEqual({ status: 'ok' })
    const admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
    const statusesNow = await Promise.all(Array.from({ length: 6 }, () => admin.query('whoami')))
    expect(statusesNow.map(({ status }) => status)).toEqual(Array<number>(6).fill(200))
    for (const share of shares) expect(server.output()).not.toContain(share)
  })

  test('an unsealed server tells nobody whether a guess was right', async () => {
    for (const guess of [{ passphrase: PASSPHRASE }, { passphrase: 'a guess' }, WRONG]) {
      expect(await unseal(server, guess)).toEqual({ status: 200, json: { sealed: false } })
    }
  })

  test('a passphrase unseals', async () => {
    await restartSealed(server)
    expect(await unseal(server, { passphrase: PASSPHRASE })).toEqual({
      status: 200,
      json: { sealed: false },
    })
    expect(await health(server)).toEqual({ status: 'ok' })
  })
})

test('by default there is no such route', async () => {
  const server = await startServer({ engine: 'sqlite' })
  try {
    expect(await unseal(server, WRONG)).toMatchObject({ status: 404 })
  } finally {
    await server.dispose()
  }
})
