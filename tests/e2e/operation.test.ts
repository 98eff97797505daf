// Running a server: its probes, its metrics over all processes, and how it ends.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { load, Workload } from '../support/load.ts'
import { matching } from '../support/matching.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const cases = engines.flatMap((engine) => [1, 2].map((workers) => ({ engine, workers })))

const clientOf = (server: TestServer) =>
  new TestClient(server, adminKey(server.admin), server.admin.organizationId)

async function get(server: TestServer, path: string) {
  const response = await fetch(`${server.url}${path}`)
  const { status, headers } = response
  return { status, type: headers.get('content-type'), text: await response.text() }
}

/** The samples of one metric: labels and value. */
function samples(text: string, name: string) {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`))
  return lines.map((line) => {
    const [, labels = '', value = ''] = /^\w+\{(.*)\} (\S+)$/.exec(line) ?? []
    return { labels, value: Number(value) }
  })
}

describe.each(cases)('on $engine with $workers workers', ({ engine, workers }) => {
  test('is healthy and ready, and counts every request in its metrics', async () => {
    const server = await startServer({ engine, workers })
    try {
      const json = 'application/json'
      expect(await get(server, '/healthz')).toEqual({
        status: 200,
        type: json,
        text: '{"status":"ok"}',
      })
      expect(await get(server, '/readyz')).toEqual({
        status: 200,
        type: json,
        text: '{"status":"ready"}',
      })
      const client = clientOf(server)
      const queries = Array.from({ length: 30 }, () => client.query('whoami'))
      await Promise.all(queries)
      const refused = Array.from({ length: 7 }, () => client.query('get_wallet', { walletId: 'x' }))
      await Promise.all(refused)
      const { status, type, text } = await get(server, '/metrics')
      expect({ status, type }).toEqual({ status: 200, type: matching(/^text\/plain/) })
      const counted = samples(text, 'keystead_requests_total')
      expect(counted).toContainEqual({ labels: 'operation="getWhoami",status="200"', value: 30 })
      expect(counted).toContainEqual({ labels: 'operation="getWallet",status="400"', value: 7 })
      expect(samples(text, 'keystead_errors_total')).toEqual([
        { labels: 'code="BAD_REQUEST_BODY"', value: 7 },
      ])
      for (const line of text.split('\n').filter((line) => line !== '')) {
        expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? \S+)$/)
      }
      expect(text).not.toContain(server.admin.organizationId)
    } finally {
      await server.dispose()
    }
  })

  test('ends by SIGTERM with code 0, and answers what is running', async () => {
    const server = await startServer({ engine, workers })
    try {
      const workload = await Workload.prepare(clientOf(server), seeded('shutdown'))
      let running = true
      const loading = load(workload, {
        connections: 8,
        running: () => running,
        next: () => workload.job('sign'),
      })
      await sleep(500)
      const startedMs = Date.now()
      const exited = once(server.process, 'exit')
      server.process.kill('SIGTERM')
      expect(await exited).toEqual([0, null])
      expect(Date.now() - startedMs).toBeLessThan(5000)
      running = false
      const sent = await loading
      const answered = sent.filter(({ answer }) => answer !== null)
      const statuses = new Set(answered.map(({ answer }) => answer?.status))
      expect([...statuses]).toEqual([200])
      // What the server took in is answered: whoever has no answer finds no activity either.
      await server.restart()
      const client = clientOf(server)
      const activities = await client.query('list_activities', {
        paginationOptions: { limit: '100' },
      })
      const stored = activities.text
      for (const { job } of sent.filter(({ answer }) => answer === null)) {
        expect(stored).not.toContain(`"payload":"${job.mark}"`)
      }
      expect(answered.length).toBeGreaterThan(8)
    } finally {
      await server.dispose()
    }
  })
})
