// Delivering events: in order, one at a time to an endpoint, again and again, and by whom.
import { parsePublicKey, verifyEd25519 } from '@keystead/crypto/node'
import { verifyTurnkeyWebhookSignature } from '@turnkey/crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RETRY_SECONDS } from '../../src/domain/webhook/event.ts'
import { showSecret } from '../../src/host/webhooks.ts'
import type { App } from '../../src/app.ts'
import { adminClient, type AppClient } from '../support/client.ts'
import { engines } from '../support/instance.ts'
import { helpers, openWebhooks, setWebhook, type Webhooks } from '../support/webhooks.ts'

const HOUR_MS = 60 * 60 * 1000
/** For a busy machine. */
const PATIENT = { timeout: 20_000 }
const DAY_MS = 24 * HOUR_MS

describe.each(engines)('webhooks on %s', (engine) => {
  let hooks: Webhooks
  let other: App
  beforeAll(async () => {
    hooks = await openWebhooks(engine)
    other = await hooks.instance.openApp()
  })
  afterAll(() => hooks.close())
  beforeEach(async () => {
    await hooks.reset()
    await setWebhook(hooks.admin, hooks.receiver.url)
    await hooks.reset()
  })

  const organizationId = () => hooks.admin.organizationId
  const happen = (count: number, client?: AppClient) => hooks.happen(count, client)
  /** Another root organization with a webhook at `path`, and `count` events. */
  async function organizationAt(path: string, count: number): Promise<AppClient> {
    const admin = await hooks.instance.createOrganization(path)
    const client = adminClient(hooks.instance.app, admin)
    await setWebhook(client, `${hooks.receiver.url}${path}`)
    await happen(count, client)
    return client
  }
  const arrived = () => hooks.receiver.arrived
  const { seqs, ids, answerWith } = helpers(() => hooks)

  test('arrive once, in order, one at a time, and leave the outbox', async () => {
    await happen(40)
    await hooks.deliver()
    await hooks.deliver()
    expect(arrived()).toHaveLength(40)
    expect(seqs()).toEqual([...seqs()].sort((a, b) => a - b))
    expect(new Set(ids()).size).toBe(40)
    expect(hooks.receiver.atOnceMax).toBe(1)
    expect(await hooks.instance.count('outbox')).toBe(0)
    const delivered = { outcome: 'delivered', attempts: 1, last_answer: '204' }
    expect(await hooks.log()).toEqual(Array.from({ length: 40 }, () => delivered))
    expect(new Set(hooks.outcomes)).toEqual(new Set(['delivered']))
  })

  test('are signed as the Standard Webhooks library and @turnkey/crypto verify it', async () => {
    await happen(1)
    await hooks.deliver()
    const [one] = arrived()
    if (one === undefined) throw new Error('nothing arrived')
    const headers = one.headers as Record<string, string>
    expect(headers['content-type']).toBe('application/json')
    const secret = await showSecret(hooks.instance.app, organizationId())
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(new Webhook(secret).verify(one.body.toString(), headers)).toEqual(one.event)
    const changed = one.body.toString().replace('COMPLETED', 'REJECTED')
    expect(() => new Webhook(secret).verify(changed, headers)).toThrow('No matching signature')
    const key = hooks.instance.app.deps.keyvault.instance
      .published()
      .find(({ name }) => name === 'webhook')
    const verificationKeys = [{ keyId: key?.id ?? '', publicKey: key?.publicKey ?? '' }]
    const verify = (body: Buffer) =>
      verifyTurnkeyWebhookSignature({ headers, body, verificationKeys, maxTimestampAgeMs: 60_000 })
    expect(verify(one.body)).toMatchObject({ ok: true, keyId: 'webhook-1', eventId: ids()[0] })
    expect(verify(Buffer.from(changed))).toEqual({ ok: false, reason: 'invalid_signature' })
    expect(headers['x-turnkey-event-id']).toBe(headers['webhook-id'])
    // Standard Webhooks with a public key: the library knows only the shared secret.
    const [, asymmetric = ''] = headers['webhook-signature']?.split(' v1a,') ?? []
    const signed = Buffer.from(`${ids()[0]}.${headers['webhook-timestamp']}.${one.body.toString()}`)
    const publicKey = parsePublicKey('ed25519', Buffer.from(key?.publicKey ?? '', 'hex'))
    const verifies = (bytes: Buffer) =>
      publicKey !== undefined && verifyEd25519(publicKey, bytes, Buffer.from(asymmetric, 'base64'))
    expect([verifies(signed), verifies(Buffer.from(`${ids()[0]}`))]).toEqual([true, false])
  })

  test('are signed with another secret for another URL', async () => {
    const { app } = hooks.instance
    const before = await showSecret(app, organizationId())
    await setWebhook(hooks.admin, `${hooks.receiver.url}/?2`)
    expect(await showSecret(app, organizationId())).not.toBe(before)
    await setWebhook(hooks.admin, hooks.receiver.url)
    expect(await showSecret(app, organizationId())).toBe(before)
  })

  test.each([200, 202, 204, 299])('that are answered with %i are delivered', async (status) => {
    answerWith(status)
    await happen(1)
    await hooks.deliver()
    expect(await hooks.log()).toMatchObject([{ outcome: 'delivered', last_answer: String(status) }])
  })

  test.each<[number, Record<string, string>]>([
    [302, { location: '/elsewhere' }],
    [307, { location: '/elsewhere' }],
    [400, {}],
    [404, {}],
    [429, { 'retry-after': '1' }],
    [500, {}],
    [503, { 'retry-after': '1' }],
  ])('that are answered with %i are tried again after the first delay', async (status, headers) => {
    answerWith(status, headers)
    await happen(1)
    await hooks.deliver()
    hooks.pass(4000)
    await hooks.deliver()
    expect(arrived().map(({ path }) => path)).toEqual(['/'])
    expect(await hooks.log()).toEqual([
      { outcome: 'waiting', attempts: 1, last_answer: String(status) },
    ])
    hooks.pass(1000)
    answerWith(204)
    await hooks.deliver()
    expect(await hooks.log()).toEqual([{ outcome: 'delivered', attempts: 2, last_answer: '204' }])
    expect(new Set(ids()).size).toBe(1)
    expect(arrived()[1]?.body).toEqual(arrived()[0]?.body)
  })

  test('that are not answered in time are tried again', async () => {
    hooks.receiver.answer = () => undefined
    await happen(2)
    await hooks.delivererOf(hooks.instance.app, { attemptMs: 100 }).run()
    const waiting = { outcome: 'waiting', attempts: 1, last_answer: 'timeout' }
    expect(await hooks.log()).toEqual([waiting, waiting])
    expect(hooks.receiver.atOnceMax).toBe(1)
  })

  test('that fail wait for their retry while later ones go on', async () => {
    let failing = true
    hooks.receiver.answer = ({ event }, response) =>
      response.writeHead(failing && Number(event.seq) === first ? 500 : 204).end()
    await happen(3)
    const [row] = await hooks.instance.rows<{ seq: number }>('select seq from outbox order by seq')
    const first = row?.seq ?? 0
    await hooks.deliver()
    expect(seqs()).toEqual([first, first + 1, first + 2])
    failing = false
    hooks.pass(5000)
    await hooks.deliver()
    expect(seqs()).toEqual([first, first + 1, first + 2, first])
    expect(ids()[3]).toBe(ids()[0])
  })

  test('are tried on the published schedule for three days, and then given up', async () => {
    answerWith(500)
    await happen(1)
    for (const seconds of RETRY_SECONDS) {
      await hooks.deliver()
      const tried = arrived().length
      hooks.pass(seconds * 1000 - 1000)
      await hooks.deliver()
      expect(arrived()).toHaveLength(tried)
      hooks.pass(1000)
    }
    await hooks.deliver()
    expect(arrived()).toHaveLength(RETRY_SECONDS.length + 1)
    expect(await hooks.log()).toEqual([{ outcome: 'failed', attempts: 11, last_answer: '500' }])
    expect(await hooks.instance.count('outbox')).toBe(0)
    const total = RETRY_SECONDS.reduce((sum, seconds) => sum + seconds, 0) * 1000
    expect([total <= 3 * DAY_MS, total > 3 * DAY_MS - HOUR_MS]).toEqual([true, true])
  })

  test('that are answered with 410 are dropped, and further ones are sent', async () => {
    answerWith(410)
    await happen(1)
    await hooks.deliver()
    answerWith(204)
    await happen(1)
    await hooks.deliver()
    hooks.pass(4 * DAY_MS)
    await hooks.deliver()
    expect(arrived()).toHaveLength(2)
    expect(await hooks.log()).toEqual([
      { outcome: 'refused', attempts: 1, last_answer: '410' },
      { outcome: 'delivered', attempts: 1, last_answer: '204' },
    ])
  })

  test('do not wait for the endpoints of others that hang', async () => {
    await Promise.all(['/a', '/b', '/c'].map((path) => organizationAt(`/slow${path}`, 3)))
    await organizationAt('/fast', 30)
    const held: (() => void)[] = []
    hooks.receiver.answer = ({ path }, response) => {
      if (path.startsWith('/slow')) held.push(() => response.writeHead(204).end())
      else response.writeHead(204).end()
    }
    arrived().length = 0
    const running = hooks.deliver()
    const at = (path: string) => arrived().filter((one) => one.path.startsWith(path))
    await expect.poll(() => at('/fast').length, PATIENT).toBe(30)
    // What happens while they hang is delivered as well.
    await happen(1)
    await expect.poll(() => at('/').length, PATIENT).toBe(34)
    expect(at('/slow')).toHaveLength(3)
    hooks.receiver.answer = (_one, response) => response.writeHead(204).end()
    for (const release of held) release()
    await running
    expect(at('/slow')).toHaveLength(9)
    expect(hooks.receiver.atOnceMax).toBe(1)
  })

  test('go to at most 32 endpoints at once, and then to the others', async () => {
    for (let n = 0; n < 36; n++) await organizationAt(`/one of many/${n}`.replaceAll(' ', '-'), 1)
    const held: (() => void)[] = []
    hooks.receiver.answer = (_one, response) => {
      held.push(() => response.writeHead(204).end())
    }
    const running = hooks.deliver()
    await expect.poll(() => held.length, PATIENT).toBe(32)
    const [first] = held.splice(0, 1)
    first?.()
    await expect.poll(() => held.length, PATIENT).toBe(32)
    hooks.receiver.answer = (_one, response) => response.writeHead(204).end()
    for (const release of held) release()
    await running
    expect(new Set(arrived().map(({ path }) => path)).size).toBe(36)
    expect(hooks.receiver.atOnceMax).toBe(1)
  })

  test('go to the URL that is set when they are sent, and nowhere once it is removed', async () => {
    await happen(1)
    await setWebhook(hooks.admin, `${hooks.receiver.url}/new`)
    await hooks.deliver()
    expect(arrived().map(({ path }) => path)).toEqual(['/new', '/new'])
    await happen(1)
    await hooks.admin.submit('remove_organization_feature', { name: 'FEATURE_NAME_WEBHOOK' })
    await hooks.deliver()
    expect(arrived()).toHaveLength(2)
    expect((await hooks.log()).slice(2)).toEqual([
      { outcome: 'refused', attempts: 1, last_answer: 'no endpoint' },
      { outcome: 'refused', attempts: 1, last_answer: 'no endpoint' },
    ])
  })

  test('do not reach a private host that the configuration no longer allows', async () => {
    await happen(1)
    await hooks.delivererOf(hooks.instance.app, { privateHosts: [] }).run()
    expect(arrived()).toEqual([])
    expect(await hooks.log()).toMatchObject([
      { outcome: 'waiting', last_answer: 'a URL that is not https' },
    ])
  })

  test('do not reach a private address behind a public name', async () => {
    await setWebhook(hooks.admin, 'https://rebinding.example/hook')
    await hooks.reset()
    await happen(1)
    const asked: string[] = []
    const resolve = (name: string) => Promise.resolve((asked.push(name), ['127.0.0.1']))
    await hooks.delivererOf(hooks.instance.app, { resolve }).run()
    expect(asked).toEqual(['rebinding.example'])
    expect(await hooks.log()).toMatchObject([
      { outcome: 'waiting', last_answer: 'private address' },
    ])
  })

  test('to a port on which nothing listens are tried again', async () => {
    await setWebhook(hooks.admin, 'http://127.0.0.1:1/')
    await hooks.reset()
    await happen(1)
    await hooks.deliver()
    expect(await hooks.log()).toMatchObject([{ outcome: 'waiting', last_answer: 'ECONNREFUSED' }])
  })

  test('are sent by one of two processes, each once', async () => {
    await happen(30)
    hooks.receiver.answer = (_one, response) => setImmediate(() => response.writeHead(204).end())
    while ((await hooks.instance.count('outbox')) > 0) {
      await Promise.all([hooks.deliver(), hooks.deliver(other)])
    }
    expect(arrived()).toHaveLength(30)
    expect(seqs()).toEqual([...seqs()].sort((a, b) => a - b))
    expect(hooks.receiver.atOnceMax).toBe(1)
  })

  test('are sent by nobody else while a process has the lease, and it is given up', async () => {
    await happen(1)
    const outside: number[] = []
    hooks.receiver.answer = (_one, response) => {
      void hooks.deliver(other).then(async () => {
        outside.push(arrived().length, await hooks.instance.count('outbox'))
        response.writeHead(204).end()
      })
    }
    await hooks.deliver()
    expect(outside).toEqual([1, 1])
    expect(await hooks.log()).toMatchObject([{ outcome: 'delivered', attempts: 1 }])
    expect(await hooks.instance.rows('select until_ms from lease')).toEqual([{ until_ms: 0 }])
  })

  test('that a process was sending when it stopped are sent again by the next', async () => {
    await happen(2)
    hooks.receiver.answer = () => undefined
    const stopping = hooks.delivererOf(hooks.instance.app)
    const running = stopping.run()
    await hooks.receiver.receive(1)
    stopping.stop()
    await running
    expect(await hooks.log()).toMatchObject([{ attempts: 0 }, { attempts: 0 }])
    answerWith(204)
    await hooks.deliver(other)
    expect(ids()).toHaveLength(3)
    expect(ids()[1]).toBe(ids()[0])
  })

  test('who has lost the lease notes and erases nothing', async () => {
    await happen(1)
    hooks.receiver.answer = (_one, response) => {
      hooks.pass(60_000)
      hooks.receiver.answer = (_two, second) => second.writeHead(500).end()
      void hooks.deliver(other).then(() => response.writeHead(204).end())
    }
    await hooks.deliver()
    expect(await hooks.log()).toEqual([{ outcome: 'waiting', attempts: 1, last_answer: '500' }])
    expect(await hooks.instance.rows('select attempts from outbox')).toEqual([{ attempts: 1 }])
  })

  test('whose rows were changed from outside are not sent, and the others are', async () => {
    await happen(2)
    const rows = await hooks.instance.rows<{ id: string; body_sealed: Buffer }>(
      'select id, body_sealed from webhook_event order by seq',
    )
    await hooks.instance.tamper(
      'update webhook_event set body_sealed = ? where id = ?u',
      rows[1]?.body_sealed ?? null,
      rows[0]?.id ?? null,
    )
    await hooks.deliver()
    expect(ids()).toEqual([rows[1]?.id])
    expect(await hooks.log()).toMatchObject([{ last_answer: 'internal' }, { last_answer: '204' }])
  })
})
