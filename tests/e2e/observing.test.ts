// What an operator sees of requests: Server-Timing, stages in the metrics, and the debug log.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminKey, stamp, TestClient } from '../support/client.ts'
import { startServer, type TestServer } from '../support/server.ts'

const STAGES = ['parse', 'authenticate', 'decide', 'prepare', 'commit', 'encode']

let server: TestServer
let admin: TestClient

beforeAll(async () => {
  server = await startServer({ engine: 'sqlite', env: { KEYSTEAD_LOG_LEVEL: 'debug' } })
  admin = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
})
afterAll(() => server.dispose())

test('a client that asks is told how long each stage took', async () => {
  const body = admin.body('CREATE_WALLET', { walletName: 'timed' })
  const headers = { 'x-stamp': stamp(admin.key, body), 'x-server-timing': '1' }
  const url = `${server.url}/public/v1/submit/create_wallet`
  const asked = await fetch(url, { method: 'POST', body, headers })
  const timing = asked.headers.get('server-timing') ?? ''
  expect(asked.status).toBe(200)
  expect(timing.split(', ').map((part) => part.split(';')[0])).toEqual(STAGES)
  expect(timing).toMatch(/^(\w+;dur=\d+\.\d{3}(, )?)+$/)
  const silent = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'x-stamp': headers['x-stamp'] },
  })
  expect(silent.headers.get('server-timing')).toBeNull()
})

test('the metrics show every stage', async () => {
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  for (const stage of STAGES) {
    expect(metrics).toMatch(new RegExp(`keystead_stage_seconds_count\\{stage="${stage}"\\} [1-9]`))
  }
})

test('the debug log has a line a request, without stamps and keys', async () => {
  expect((await admin.query('whoami')).status).toBe(200)
  const events = server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const requests = events.filter(({ message }) => message === 'request')
  expect(requests.map(({ operation }) => operation)).toEqual(
    expect.arrayContaining(['createWallet', 'getWhoami']),
  )
  expect(requests[0]).toMatchObject({ level: 'debug', status: 200, address: '127.0.0.1' })
  expect(server.output()).not.toContain(server.admin.apiPrivateKey)
  expect(server.output()).not.toContain('SIGNATURE_SCHEME_TK_API_P256')
})
