// Webhooks as a receiver sees them, and the host's commands about them.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyTurnkeyWebhookSignature } from '@turnkey/crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { freePort } from '../support/freePort.ts'
import { asHost, createBelow } from '../support/governance.ts'
import { localhostCertificate, localhostKey } from '../support/localhostCertificate.ts'
import { engines, type ServerOptions, startServer, type TestServer } from '../support/server.ts'
import { type Arrived, type Receiver, startReceiver } from '../support/webhookReceiver.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MINUTE = 60_000
/** For a busy machine: each command is a process of its own. */
const PATIENT = { timeout: 2 * MINUTE }
const FEATURE = 'FEATURE_NAME_WEBHOOK'
const SECRET_QUERY = '?token=only-the-receiver-knows'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function receive(options: Parameters<typeof startReceiver>[0] = {}): Promise<Receiver> {
  const receiver = await startReceiver(options)
  closing.push(() => receiver.close())
  return receiver
}

async function serve(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const env = { KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: '127.0.0.1' }
  const server = await startServer({ engine: 'sqlite', env, ...options })
  closing.unshift(() => server.dispose())
  return server
}

const rootOf = (server: TestServer) =>
  new TestClient(server, adminKey(server.admin), server.admin.organizationId)

async function setWebhook(client: TestClient, value: string): Promise<void> {
  const set = await client.submit('set_organization_feature', { name: FEATURE, value })
  expect(set.status).toBe(200)
}

let renamed = 0
async function happen(client: TestClient, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const organizationName = `name ${renamed++}`
    const made = await client.submit('update_organization_name', { organizationName })
    ids.push(made.at('activity.id'))
  }
  return ids
}

/** What `webhooks list` prints of an event. */
interface Listed {
  id: string
  organizationId: string
  activityId: string
  seq: number
  outcome: string
  attempts: number
  lastAnswer: string | null
  firstAttemptAt: string | null
}

async function listed(server: TestServer, ...words: string[]): Promise<Listed[]> {
  const { organizationId } = server.admin
  const printed = await asHost(
    server,
    'webhooks',
    'list',
    '--organization',
    organizationId,
    ...words,
  )
  return (JSON.parse(printed) as { events: Listed[] }).events
}

const idOf = ({ headers }: Arrived) => String(headers['webhook-id'])
const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)

/** Verifies both signatures of everything that arrived, as receivers are told to. */
async function assertSigned(server: TestServer, arrived: readonly Arrived[]): Promise<void> {
  const words = ['webhooks', 'secret', '--organization', server.admin.organizationId]
  const { secret } = JSON.parse(await asHost(server, ...words)) as { secret: string }
  const published = await fetch(`${server.url}/.well-known/keystead`)
  const { keys } = (await published.json()) as { keys: { id: string; publicKey: string }[] }
  const verificationKeys = keys.map(({ id, publicKey }) => ({ keyId: id, publicKey }))
  for (const { headers, body, event } of arrived) {
    const given = headers as Record<string, string>
    expect(new Webhook(secret).verify(body.toString(), given)).toEqual(event)
    const input = { headers: given, body, verificationKeys, maxTimestampAgeMs: MINUTE }
    expect(verifyTurnkeyWebhookSignature(input)).toMatchObject({ ok: true })
  }
}

describe.each(engines)('on %s', (engine) => {
  test(
    'a receiver that is down for a while, and a server that is killed: every event arrives',
    async () => {
      const first = await receive()
      const server = await serve({ engine })
      const root = rootOf(server)
      await setWebhook(root, `${first.url}/hook`)
      const below = await createBelow(root)
      const made = await happen(root, 5)
      await first.receive(6)
      await first.close()
      made.push(...(await happen(below, 3)), ...(await happen(root, 3)))
      const failed = () => listed(server, '--failed')
      await expect.poll(failed, { timeout: MINUTE / 2 }).toHaveLength(6)
      expect(new Set((await failed()).map(({ lastAnswer }) => lastAnswer))).toEqual(
        new Set(['ECONNREFUSED']),
      )
      // It is back, and takes events, but the server is killed before it is told so.
      const second = await receive({ port: first.port })
      second.answer = () => undefined
      made.push(...(await happen(root, 3)))
      await second.receive(1)
      await server.end('SIGKILL')
      second.answer = (_one, response) => response.writeHead(204).end()
      await server.restart()
      made.push(...(await happen(new TestClient(server, root.key, root.organizationId), 3)))
      const outcomes = async () => new Set((await listed(server)).map(({ outcome }) => outcome))
      await expect.poll(outcomes, { timeout: MINUTE }).toEqual(new Set(['delivered']))

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
    const receiver = await receive()
    const server = await serve()
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
    const receiver = await receive({ tls: { key: localhostKey, cert: localhostCertificate } })
    const hosts = { KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: `localhost:${receiver.port}` }
    const strict = await serve({ env: hosts })
    const folder = mkdtempSync(join(tmpdir(), 'ks-'))
    closing.push(async () => rmSync(folder, { recursive: true }))
    const file = join(folder, 'certificate.pem')
    writeFileSync(file, localhostCertificate)
    const trusting = await serve({ env: { ...hosts, NODE_EXTRA_CA_CERTS: file } })
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

test('the host lists events, and sends them again by id and by range', PATIENT, async () => {
  const receiver = await receive()
  const server = await serve()
  const { organizationId } = server.admin
  const root = rootOf(server)
  await setWebhook(root, receiver.url)
  const below = await createBelow(root)
  await happen(root, 2)
  await happen(below, 2)
  await receiver.receive(5)
  const all = async () => (await listed(server)).map(({ outcome }) => outcome)
  await expect
    .poll(all, { timeout: MINUTE / 2 })
    .toEqual(Array.from({ length: 5 }, () => 'delivered'))
  expect(await listed(server, '--failed')).toEqual([])
  const one = receiver.arrived.find(({ event }) => event.organizationId === organizationId)
  const events = await listed(server)
  expect(events.at(-1)).toMatchObject({
    id: one?.headers['webhook-id'],
    organizationId,
    activityId: one?.event.id,
    seq: Number(one?.event.seq),
    attempts: 1,
    lastAnswer: '204',
  })
  const replay = (...words: string[]) =>
    asHost(server, 'webhooks', 'replay', '--organization', organizationId, ...words)
  expect(await replay('--event', events.at(-1)?.id ?? '')).toBe('1 event will be sent again\n')
  const [again] = (await receiver.receive(6)).slice(5)
  expect([again?.body, again && idOf(again)]).toEqual([one?.body, one && idOf(one)])
  // Without the seal key the running server does it.
  renameSync(join(server.data, 'seal.key'), join(server.data, 'moved.key'))
  expect(await replay('--from', '0', '--to', '999999')).toBe('3 events will be sent again\n')
  await receiver.receive(9)
  const rangeOf = ['--of', below.organizationId, '--from', '1', '--to', '999999']
  expect(await replay(...rangeOf)).toBe('2 events will be sent again\n')
  const last = (await receiver.receive(11)).slice(9)
  expect(last.map(({ event }) => event.organizationId)).toEqual([
    below.organizationId,
    below.organizationId,
  ])
  await assertSigned(server, receiver.arrived)
  const log = await asHost(server, 'audit', 'export', '--organization', organizationId)
  const byHost = log.split('\n').filter((line) => line.includes('"actor":"host"'))
  const count = (action: string) => byHost.filter((line) => line.includes(action)).length
  expect([count('webhook.replay'), count('webhook.secret')]).toEqual([3, 1])
  expect(await asHost(server, 'audit', 'verify')).toMatch(/^ok: /)
})

test(
  'an event that is given up is in the log of the server, and no URL and no secret is',
  PATIENT,
  async () => {
    const receiver = await receive()
    receiver.answer = (_one, response) => response.writeHead(410).end()
    const server = await serve()
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
    const server = await serve()
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
      closing.push(async () => void child.kill())
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

describe('commands', () => {
  test('refuse what is not there, in words', async () => {
    const server = await serve()
    const { organizationId } = server.admin
    const nobody = '019a0000-0000-7000-8000-000000000009'
    const failing = async (...words: string[]) => {
      const ended = await keystead(['webhooks', ...words, '--data', server.data], {
        env: server.env,
      })
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      return ended.stderr
    }
    const missing = `keystead: there is no organization ${nobody}\n`
    expect(await failing('list', '--organization', nobody)).toBe(missing)
    expect(await failing('secret', '--organization', nobody)).toBe(missing)
    const own = ['--organization', organizationId]
    const without = `keystead: organization ${organizationId} has no webhook: set FEATURE_NAME_WEBHOOK\n`
    expect(await failing('secret', ...own)).toBe(without)
    expect(await failing('replay', ...own, '--event', nobody)).toBe(without)
    await setWebhook(rootOf(server), 'https://hooks.example/')
    const unknown = 'keystead: there is no such event in the delivery log\n'
    expect(await failing('replay', ...own, '--event', nobody)).toBe(unknown)
    expect(await failing('replay', ...own, '--from', '5', '--to', '4')).toBe(unknown)
  })

  test.each([
    [['list'], '--organization is required'],
    [['list', '--organization', 'x'], '--organization must be a UUID'],
    [['secret'], '--organization is required'],
    [['replay', '--from', '1', '--to', '2'], '--organization is required'],
  ])('webhooks %j is a usage error', async (words, text) => {
    const ended = await keystead(['webhooks', ...words])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
  })

  const ID = '019a0000-0000-7000-8000-000000000009'
  test.each([
    [[], 'name an event with --event, or a range with --from and --to'],
    [['--event', ID, '--from', '1'], 'name an event with --event, or a range'],
    [['--event', 'x'], '--event must be a UUID'],
    [['--from', '1'], '--to must be a number'],
    [['--from', '-1', '--to', '1'], 'from'],
    [['--of', ID, '--to', '1'], '--from must be a number'],
    [['--of', 'x', '--from', '1', '--to', '1'], '--of must be a UUID'],
  ])('a replay with %j is a usage error', async (words, text) => {
    const ended = await keystead(['webhooks', 'replay', '--organization', ID, ...words])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
  })
})

test.each(['https://a.example', 'a.example/x', 'user@a.example', 'a b', 'a.example:x', '?'])(
  'a server is not started with %j as a private host of webhooks',
  async (hosts) => {
    const env = { KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: hosts }
    await expect(startServer({ engine: 'sqlite', env })).rejects.toThrow(
      'KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: must be hosts, with or without a port',
    )
  },
)
