// The outbox: messages leave after the commit, one process at a time, until they have arrived.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { App } from '../../src/app.ts'
import {
  type Deliver,
  deliverDue,
  DeliveryFailure,
  type DeliveryOutcome,
} from '../../src/domain/outbox/deliverer.ts'
import { sealMessage } from '../../src/domain/outbox/outbox.ts'
import { insertMessages } from '../../src/domain/outbox/outbox.store.ts'
import { AppError } from '../../src/errors.ts'
import { newUuid } from '../../src/platform/ids.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { unitOf } from '../support/units.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

describe.each(engines)('the outbox on %s', (engine) => {
  let instance: Instance
  let other: App
  let laterMs = 0
  let delivered: string[]
  let outcomes: DeliveryOutcome[]

  const clock = { now: () => Date.now() + laterMs }

  beforeAll(async () => {
    instance = await openInstance(engine, { clock })
    other = await instance.openApp()
  })
  afterAll(() => instance.dispose())
  beforeEach(async () => {
    await instance.tamper('delete from outbox')
    await instance.tamper('delete from lease')
    laterMs = 0
    delivered = []
    outcomes = []
  })

  /** Commits a unit that announces `words`, each in a message of its own. */
  async function announce(words: readonly string[], lane = 'test') {
    const { deps } = instance.app
    const { organizationId } = instance
    const dataKey = await deps.keyvault.dataKey(deps.store.reader, {
      organizationId,
      keyVersion: 1,
    })
    const nowMs = clock.now()
    const messages = words.map((word) =>
      sealMessage(dataKey, {
        organizationId,
        id: newUuid(nowMs),
        lane,
        kind: 'word',
        payload: Buffer.from(word),
        nowMs,
        expiresMs: nowMs + 24 * HOUR_MS,
      }),
    )
    return deps.queue.submit(
      unitOf(organizationId, 'announce', {
        changes: 'rows',
        effects: (tx) => insertMessages(tx, messages, tx.seq),
      }),
    )
  }

  const take: Deliver = ({ payload }) => {
    delivered.push(payload.toString())
    return Promise.resolve()
  }

  const turnOf = (app: App, deliver: Deliver, holder: string = randomUUID()) => ({
    store: app.store,
    keyvault: app.deps.keyvault,
    clock,
    holder,
    lanes: new Map([['test', deliver]]),
    observe: (_lane: string, outcome: DeliveryOutcome) => outcomes.push(outcome),
  })
  const run = (deliver: Deliver, app = instance.app) => deliverDue(turnOf(app, deliver))
  const waiting = () => instance.count('outbox')

  test('delivers what was committed, once, and erases it', async () => {
    await announce(['first', 'second'])
    await run(take)
    await run(take)
    expect(delivered.sort()).toEqual(['first', 'second'])
    expect(outcomes).toEqual(['delivered', 'delivered'])
    expect(await waiting()).toBe(0)
  })

  test('delivers more than one round takes', async () => {
    const words = Array.from({ length: 50 }, (_, n) => `word ${n}`)
    await announce(words)
    await run(take)
    expect(new Set(delivered)).toEqual(new Set(words))
    expect(await waiting()).toBe(0)
  })

  test('has nothing of a unit that failed', async () => {
    const { organizationId } = instance
    const { deps } = instance.app
    const dataKey = await deps.keyvault.dataKey(deps.store.reader, {
      organizationId,
      keyVersion: 1,
    })
    const message = sealMessage(dataKey, {
      organizationId,
      id: newUuid(1),
      lane: 'test',
      kind: 'word',
      nowMs: 0,
      payload: Buffer.from('never'),
      expiresMs: HOUR_MS,
    })
    const outcome = await deps.queue.submit(
      unitOf(organizationId, 'announce', {
        changes: 'rows',
        async effects(tx) {
          await insertMessages(tx, [message], tx.seq)
          throw new AppError('USER_LIMIT')
        },
      }),
    )
    expect(outcome.kind).toBe('failed')
    expect(await waiting()).toBe(0)
  })

  test('keeps payloads sealed, each for its own place', async () => {
    await announce(['the secret word', 'another'])
    const rows = await instance.rows<{ id: string; payload_sealed: Buffer }>(
      'select id, payload_sealed from outbox order by n',
    )
    expect(rows.map((row) => row.payload_sealed.includes('word'))).toEqual([false, false])
    const [first, second] = rows
    await instance.tamper(
      'update outbox set payload_sealed = ? where id = ?u',
      first?.payload_sealed ?? null,
      second?.id ?? null,
    )
    await run(take)
    expect(delivered).toEqual(['the secret word'])
    expect(outcomes.sort()).toEqual(['delivered', 'failed'])
  })

  test('tries again later and later, not before', async () => {
    await announce(['stubborn'])
    const triedAt: number[] = []
    const startMs = clock.now()
    const refuse: Deliver = () => {
      triedAt.push(Math.round((clock.now() - startMs) / 5000) * 5)
      return Promise.reject(new DeliveryFailure('down', false))
    }
    for (let step = 0; step < 60; step++) {
      await run(refuse)
      laterMs += 5000
    }
    expect(triedAt.slice(0, 6)).toEqual([0, 5, 15, 35, 75, 155])
    laterMs += HOUR_MS
    await run(take)
    expect(delivered).toEqual(['stubborn'])
    expect(await waiting()).toBe(0)
  })

  test('gives up at once when trying again would not help, and at the expiry', async () => {
    await announce(['to nobody'])
    await run(() => Promise.reject(new DeliveryFailure('unknown mailbox', true)))
    expect([outcomes, await waiting()]).toEqual([['refused'], 0])
    await announce(['too late'])
    laterMs = 24 * HOUR_MS
    await run(take)
    expect([outcomes, await waiting(), delivered]).toEqual([['refused', 'expired'], 0, []])
  })

  test('lets messages of a lane that is not there wait, until they expire', async () => {
    await announce(['for later'], 'elsewhere')
    await run(take)
    expect([await waiting(), delivered]).toEqual([1, []])
    laterMs = 25 * HOUR_MS
    await run(take)
    expect([await waiting(), outcomes]).toEqual([0, ['expired']])
  })

  test('goes on with the others when one fails', async () => {
    await announce(['good', 'bad', 'better'])
    await run((message) =>
      message.payload.toString() === 'bad' ? Promise.reject(new Error('odd')) : take(message),
    )
    expect(delivered.sort()).toEqual(['better', 'good'])
    expect(await instance.rows('select attempts from outbox')).toEqual([{ attempts: 1 }])
  })

  test('two processes at once deliver each message once', async () => {
    const words = Array.from({ length: 40 }, (_, n) => `word ${n}`)
    await announce(words)
    const slowly: Deliver = async (message) => {
      await new Promise((resolve) => setImmediate(resolve))
      await take(message)
    }
    const turns = [turnOf(instance.app, slowly), turnOf(other, slowly)]
    while ((await waiting()) > 0) await Promise.all(turns.map((turn) => attempt(turn)))
    expect(delivered.sort()).toEqual([...words].sort())
  })

  /** On SQLite two processes may find the file busy: the job's next turn comes in a second. */
  const attempt = (turn: ReturnType<typeof turnOf>) =>
    deliverDue(turn).catch((error: Error) => expect(error.name).toBe('Busy'))

  test('nobody else delivers while a process holds the lease, and it gives it up', async () => {
    await announce(['mine'])
    const outside: number[] = []
    await run(async (message) => {
      await run(() => Promise.reject(new Error('delivered twice')), other)
      outside.push(await waiting())
      await take(message)
    })
    expect([outside, delivered, outcomes]).toEqual([[1], ['mine'], ['delivered']])
    expect(await instance.rows('select until_ms from lease')).toEqual([{ until_ms: 0 }])
  })

  test('who has lost the lease erases and postpones nothing', async () => {
    await announce(['slow'])
    await run(async () => {
      laterMs = 2 * MINUTE_MS
      await run(() => Promise.reject(new DeliveryFailure('down', false)), other)
    })
    expect(await instance.rows('select attempts from outbox')).toEqual([{ attempts: 1 }])
  })

  test('what a process that died was delivering is delivered when its lease is over', async () => {
    await announce(['orphan'])
    const [died, started] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const dying = run(() => {
      started.resolve()
      return died.promise
    })
    await started.promise
    await run(take, other)
    expect(delivered).toEqual([])
    laterMs = 2 * MINUTE_MS
    await run(take, other)
    expect(delivered).toEqual(['orphan'])
    died.reject(new DeliveryFailure('late', false))
    await dying
    expect(await waiting()).toBe(0)
  })
})
