// Webhooks as a receiver sees them, whatever happens to it and to the server.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { TestClient } from '../support/client.ts'
import { freePort } from '../support/freePort.ts'
import { asHost, countRows, createBelow } from '../support/governance.ts'
import { localhostCertificate, localhostKey } from '../support/localhostCertificate.ts'
import { engines, type TestServer } from '../support/server.ts'
import {
  assertSigned,
  FEATURE,
  happen,
  idOf,
  listed,
  rootOf,
  setWebhook,
  webhookWorld,
} from '../support/webhooks.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MINUTE = 60_000
/** For a busy machine: each command is a process of its own. */
const PATIENT = { timeout: 2 * MINUTE }
const SECRET_QUERY = '?token=only-the-receiver-knows'

const world = webhookWorld()
afterEach(() => world.end())

const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)

describe.each(engines)('on %s', (engine) => {
  test(
    'a receiver that is down for a while, and a server that is killed: every event arrives',
    async () => {
      const first = await world.receive()
      const server = await world.serve({ engine })
      const root = rootOf(server)
      await setWebhook(root, `${first.url}/hook`)
      const below = await createBelow(root)
      const made = await happen(root, 5)
      await first.receive(6)
      await first.close()
      made.push(...(await happen(below, 3)), ...(await happen(root, 3)))
      // Asked by SQL: a command takes so long that they would fail once more.
      const count = (where: string) =>
        countRows({ server, organizationId: root.organizationId }, 'webhook_event', where)
      const patience = { timeout: MINUTE, interval: 100 }
      await expect.poll(() => count('attempts > 0'), patience).toBe(12)
      expect(await count(`last_answer = 'ECONNREFUSED' and outcome = 'waiting'`)).toBe(6)
      // It is back, and takes events, but the server is killed before it is told so.
      const second = await world.receive({ port: first.port })
      second.answer = () => undefined
      made.push(...(await happen(root, 3)))
      await second.receive(1)
      await server.end('SIGKILL')
      second.answer = (_one, response) => response.writeHead(204).end()
      await server.restart()
      made.push(...(await happen(new TestClient(server, root.key, root.organizationId), 3)))
      await expect.poll(() => count(`outcome <> 'delivered'`), patience).toBe(0)

      const arrived = [...first.arrived, ...second.arrived]
      const events = await listed(server)
      expect(new Set(arrived.map(idOf))).toEqual(new Set(events.map(({ id }) => id)))
      expect(new Set(arrived.map(({ event }) => event.id))).toEqual(
        new Set(events.map(({ activityId }) => activityId)),
      )
      for (const id of made) expect(arrived.map(({ event }) => event.id)).toContain(id)
      // Its first try is the one that the server did not live to note.
      const twice = second.arrived.filter((one) => idOf(one) === idOf(second.arrived[0] ?? one))
      expect(twice.length).toBeGreaterThan(1)
      expect(new Set(twice.map(({ body }) => body.toString())).size).toBe(1)
      for (const organization of [root, below]) {
        const { organizationId } = organization
        const own = events.filter((event) => event.organizationId === organizationId)
        const bySeq = own.toSorted((a, b) => a.seq - b.seq)
        const attempted = bySeq.map(({ firstAttemptAt }) => Date.parse(firstAttemptAt ?? ''))
        expect(attempted).toEqual(ascending(attempted))
        expect(attempted.length).toBeGreaterThan(2)
      }
      const seqs = first.arrived.map(({ event }) => Number(event.seq))
      expect(seqs).toEqual(ascending(seqs))
      await assertSigned(server, arrived)
      expect([first.atOnceMax, second.atOnceMax]).toEqual([1, 1])
    },
    3 * MINUTE,
  )
})

/** A body as page 135 of the documents types it. */
const bodyOf = ({ admin }: TestServer, value: string) =>
  JSON.stringify({
    timestampMs: String(Date.now()),
    type: 'ACTIVITY_TYPE_SET_ORGANIZATION_FEATURE',
    organizationId: admin.organizationId,
    parameters: { name: FEATURE, value },
  })

test(
  'the published walk-through: set the URL, do it again, and see the activity',
  PATIENT,
  async () => {
    const receiver = await world.receive()
    const server = await world.serve()
    const path = '/public/v1/submit/set_organization_feature'
    const url = `${receiver.url}/hook${SECRET_QUERY}`
    for (let time = 0; time < 2; time++) {
      const words = ['request', '--path', path, '--body', bodyOf(server, url)]
      await asHost(server, ...words, '--host', server.url)
    }
    const [one] = await receiver.receive(1)
    expect(one?.path).toBe(`/hook${SECRET_QUERY}`)
    expect(one?.headers['content-type']).toBe('application/json')
    expect(one?.event).toMatchObject({
      organizationId: server.admin.organizationId,
      status: 'ACTIVITY_STATUS_COMPLETED',
      type: 'ACTIVITY_TYPE_SET_ORGANIZATION_FEATURE',
      intent: { setOrganizationFeatureIntent: { name: FEATURE, value: url } },
      result: { setOrganizationFeatureResult: { features: [{ name: FEATURE, value: url }] } },
      votes: [{ selection: 'VOTE_SELECTION_APPROVED' }],
      canApprove: false,
      canReject: false,
      failure: null,
    })
    const { fingerprint, createdAt, updatedAt } = (one?.event ?? {}) as unknown as Record<
      string,
      object
    >
    expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/)
    for (const time of [createdAt, updatedAt]) expect(Object.keys(time ?? {})).toHaveLength(2)
    await assertSigned(server, receiver.arrived)
    const metrics = async () => (await fetch(`${server.url}/metrics`)).text()
    const delivered = 'keystead_outbox_messages_total{lane="webhook",outcome="delivered"} 1'
    await expect.poll(metrics, { timeout: MINUTE / 2 }).toContain(delivered)
    expect(await metrics()).toContain('keystead_webhook_seconds_count{outcome="delivered"} 1')
  },
)

test(
  'over TLS an event goes to a receiver with a trusted certificate only',
  async () => {
    const receiver = await world.receive({ tls: { key: localhostKey, cert: localhostCertificate } })
    const hosts = { KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: `localhost:${receiver.port}` }
    const strict = await world.serve({ env: hosts })
    const folder = mkdtempSync(join(tmpdir(), 'ks-'))
    world.atEnd(async () => rmSync(folder, { recursive: true }))
    const file = join(folder, 'certificate.pem')
    writeFileSync(file, localhostCertificate)
    const trusting = await world.serve({ env: { ...hosts, NODE_EXTRA_CA_CERTS: file } })
    for (const server of [strict, trusting]) {
      await setWebhook(rootOf(server), `${receiver.url}/hook`)
      await happen(rootOf(server), 1)
    }
    const answerOf = async (server: TestServer) => (await listed(server))[0]?.lastAnswer
    await expect.poll(() => answerOf(trusting), { timeout: MINUTE / 2 }).toBe('204')
    const refusal = 'DEPTH_ZERO_SELF_SIGNED_CERT'
    await expect.poll(() => answerOf(strict), { timeout: MINUTE / 2 }).toBe(refusal)
    expect(receiver.arrived.map(({ event }) => event.organizationId)).toEqual([
      trusting.admin.organizationId,
    ])
  },
  MINUTE,
)

test(
  'an event that is given up is in the log of the server, and no URL and no secret is',
  PATIENT,
  async () => {
    const receiver = await world.receive()
    receiver.answer = (_one, response) => response.writeHead(410).end()
    const server = await world.serve()
    const root = rootOf(server)
    await setWebhook(root, `${receiver.url}/hook${SECRET_QUERY}`)
    await happen(root, 1)
    await receiver.receive(1)
    await expect
      .poll(() => server.output(), { timeout: MINUTE / 2 })
      .toContain('an event was given up')
    const [event] = await listed(server, '--failed')
    expect(event).toMatchObject({ outcome: 'refused', attempts: 1, lastAnswer: '410' })
    const words = ['webhooks', 'secret', '--organization', root.organizationId]
    const { secret } = JSON.parse(await asHost(server, ...words)) as { secret: string }
    await server.end('SIGTERM')
    const output = server.output()
    expect(output).toContain(event?.id)
    for (const hidden of ['only-the-receiver-knows', '/hook', secret]) {
      expect(output).not.toContain(hidden)
    }
  },
)

test(
  'the receivers in the documentation verify what arrives, and refuse what nobody signed',
  PATIENT,
  async () => {
    const text = readFileSync(join(ROOT, 'docs', 'webhooks.md'), 'utf8')
    const samples = text.match(/(?<=```js\n)[^`]+(?=\n```)/g) ?? []
    expect(samples).toHaveLength(2)
    const [byKey = '', bySecret = ''] = samples
    const server = await world.serve()
    const root = rootOf(server)
    for (const [index, sample] of [byKey, bySecret].entries()) {
      const port = await freePort()
      const url = `http://127.0.0.1:${port}/`
      await setWebhook(root, url)
      const words = ['webhooks', 'secret', '--organization', root.organizationId]
      const { secret } = JSON.parse(await asHost(server, ...words)) as { secret: string }
      const code = sample
        .replace('http://127.0.0.1:8080', server.url)
        .replace('.listen(8000)', `.listen(${port}, () => console.log('ready'))`)
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        cwd: ROOT,
        env: { ...process.env, WEBHOOK_SECRET: secret },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      world.atEnd(async () => void child.kill())
      let printed = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk))
      await expect.poll(() => printed, { timeout: MINUTE / 2 }).toContain('ready')
      const [id] = await happen(root, 1)
      await expect
        .poll(() => printed, { timeout: MINUTE / 2 })
        .toMatch(/ \d+ ACTIVITY_TYPE_UPDATE_ORGANIZATION_NAME ACTIVITY_STATUS_COMPLETED\n/)
      const events = await listed(server)
      expect(printed).toContain(events.find(({ activityId }) => activityId === id)?.id)
      const forged = await fetch(url, { method: 'POST', body: '{}' })
      expect([index, forged.status]).toEqual([index, 401])
    }
  },
)
