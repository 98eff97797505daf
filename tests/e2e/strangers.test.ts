// Strangers leave no entry each: refusals are summed up by reason and network in the instance's chain.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminKey, generateKey, post, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { startServer, type TestServer } from '../support/server.ts'

const INSTANCE = '00000000-0000-0000-0000-000000000000'
const UNKNOWN_KEYS = 20
const WITHOUT_STAMP = 7

interface Line {
  kind: string
  organization_id: string
  actor: string
  outcome: string
  payload: string
}

let server: TestServer

beforeAll(async () => {
  server = await startServer({ engine: 'sqlite' })
})
afterAll(() => server.dispose())

test('many refused strangers are one entry for each reason, with their number', async () => {
  const { organizationId } = server.admin
  for (let n = 0; n < UNKNOWN_KEYS; n++) {
    const stranger = new TestClient(server, generateKey(), organizationId)
    expect((await stranger.query('whoami')).status).toBe(401)
  }
  const url = `${server.url}/public/v1/submit/create_wallet`
  for (let n = 0; n < WITHOUT_STAMP; n++) {
    expect((await post(url, JSON.stringify({ organizationId }), {})).status).toBe(401)
  }
  expect(
    (await new TestClient(server, adminKey(server.admin), organizationId).query('whoami')).status,
  ).toBe(200)
  await server.end('SIGTERM')
  const out = join(server.data, 'log.jsonl')
  expect((await keystead(['audit', 'export', '--data', server.data, '--out', out])).code).toBe(0)
  const lines = readFileSync(out, 'utf8').trim().split('\n')
  const entries = lines
    .map((line) => JSON.parse(line) as Line)
    .filter(({ kind }) => kind === 'entry')
  const strangers = entries.filter(({ actor }) => actor === 'stranger')
  expect(strangers.every((entry) => entry.organization_id === INSTANCE)).toBe(true)
  expect(strangers.every(({ outcome }) => outcome === 'refused')).toBe(true)
  expect(strangers.map(({ payload }) => JSON.parse(payload) as unknown)).toEqual(
    expect.arrayContaining([
      { reason: 'PUBLIC_KEY_NOT_BELOW', network: '127.0.0.0/24', count: UNKNOWN_KEYS },
      { reason: 'STAMP_MISSING', network: '127.0.0.0/24', count: WITHOUT_STAMP },
    ]),
  )
  expect(strangers).toHaveLength(2)
})
