// Delivers the outbox in the background: one process at a time, each message until it has arrived.
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { log } from '../../platform/log.ts'
import { Busy, type Store, type Tx } from '../../store/engine.ts'
import type { Keyvault } from '../keyvault/keyvault.ts'
import { acquireLease, releaseLease } from '../lease/lease.store.ts'
import { type Message, openMessage } from './outbox.ts'
import {
  type DeliveryLease,
  eraseMessage,
  listDueMessages,
  listExpiredMessages,
  type OutboxRow,
  postponeMessage,
} from './outbox.store.ts'

const LEASE = 'outbox'
/** A round is over long before: `DELIVERY_MS_MAX` bounds it. */
const LEASE_MS = 30_000
const DELIVERY_MS_MAX = 20_000
const BUSY_MS_MAX = 5000
const MESSAGES_MAX = 8
const ROUNDS_MAX = 16
const FIRST_DELAY_MS = 5000
const DELAY_MS_MAX = 3_600_000

/** Hands one message over. @throws DeliveryFailure */
export type Deliver = (message: Message) => Promise<void>

/** Why a message was not taken: `reason` is for the log, and names nobody. */
export class DeliveryFailure extends Error {
  override name = 'DeliveryFailure'
  readonly reason: string
  /** Trying again would not help. */
  readonly permanent: boolean

  constructor(reason: string, permanent: boolean) {
    super(reason)
    this.reason = reason
    this.permanent = permanent
  }
}

export type DeliveryOutcome = 'delivered' | 'failed' | 'refused' | 'expired'

export interface DeliveryTurn {
  store: Store
  keyvault: Keyvault
  clock: Clock
  /** Names this process. */
  holder: string
  /** How each lane delivers. Messages of other lanes wait. */
  lanes: ReadonlyMap<string, Deliver>
  /** Told what became of each message. */
  observe(lane: string, outcome: DeliveryOutcome): void
}

/** Delivers what is due, if no other process is doing so. */
export async function deliverDue(turn: DeliveryTurn): Promise<void> {
  let held = false
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const waiting = await listWaiting(turn)
    if (waiting.due.length === 0 && waiting.expired.length === 0) break
    const lease = await takeLease(turn)
    if (lease === undefined) break
    held = true
    // Read again: what another process has delivered meanwhile is gone now.
    const { due, expired } = await listWaiting(turn)
    for (const row of expired) await finish(turn, { row, lease, outcome: 'expired' })
    await allEnded(due.map((row) => deliver(turn, row, lease)))
  }
  if (held) await turn.store.write('alone', (tx) => releaseLease(tx, { ...turn, name: LEASE }))
}

/** Waits for all, also when one fails: a later turn must not meet a delivery of this one. */
async function allEnded(deliveries: readonly Promise<void>[]): Promise<void> {
  for (const ended of await Promise.allSettled(deliveries)) {
    if (ended.status === 'rejected') throw ended.reason
  }
}

async function listWaiting({ store, clock, lanes }: DeliveryTurn) {
  const page = { nowMs: clock.now(), limit: MESSAGES_MAX }
  const expired = await listExpiredMessages(store.reader, page)
  const due: OutboxRow[] = []
  for (const lane of lanes.keys()) {
    due.push(...(await listDueMessages(store.reader, { ...page, lane })))
  }
  return { expired, due: due.filter((row) => row.expires_ms > page.nowMs) }
}

async function takeLease({
  store,
  clock,
  holder,
}: DeliveryTurn): Promise<DeliveryLease | undefined> {
  const nowMs = clock.now()
  const lease = { name: LEASE, holder, nowMs, untilMs: nowMs + LEASE_MS }
  const taken = await store.write('alone', (tx) => acquireLease(tx, lease))
  const epoch = taken.committed === true ? taken.value : undefined
  return epoch === undefined ? undefined : { name: LEASE, holder, epoch }
}

async function deliver(turn: DeliveryTurn, row: OutboxRow, lease: DeliveryLease): Promise<void> {
  const outcome = await attempt(turn, row)
  await finish(turn, { row, lease, outcome })
}

async function attempt(turn: DeliveryTurn, row: OutboxRow): Promise<DeliveryOutcome> {
  try {
    const message = await turn.keyvault.withDataKey(
      turn.store.reader,
      row.organization_id,
      (dataKey) => openMessage(dataKey, row),
    )
    await withinTime(turn.lanes.get(row.lane)?.(message))
    return 'delivered'
  } catch (error) {
    const known = error instanceof DeliveryFailure
    const { organization_id: organizationId, id, lane, kind, attempts } = row
    log('warn', 'a message was not delivered', {
      organizationId,
      id,
      lane,
      kind,
      attempts: attempts + 1,
      // SECURITY: another error may quote the message.
      reason: known ? error.reason : 'internal',
    })
    return known && error.permanent ? 'refused' : 'failed'
  }
}

/** A lane that hangs must not outlive the lease. */
async function withinTime(delivery: Promise<void> | undefined): Promise<void> {
  const { promise, reject } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => reject(new DeliveryFailure('timeout', false)), DELIVERY_MS_MAX)
  try {
    await Promise.race([delivery, promise])
  } finally {
    clearTimeout(timer)
  }
}

interface Finished {
  row: OutboxRow
  lease: DeliveryLease
  outcome: DeliveryOutcome
}

async function finish(turn: DeliveryTurn, { row, lease, outcome }: Finished): Promise<void> {
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** row.attempts, DELAY_MS_MAX)
  const nextAtMs = turn.clock.now() + delayMs
  await persist(turn.store, (tx) =>
    outcome === 'failed'
      ? postponeMessage(tx, row, { lease, nextAtMs })
      : eraseMessage(tx, row, lease),
  )
  turn.observe(row.lane, outcome)
}

/** What was delivered must be erased, or it is delivered again: a busy database is asked again. */
async function persist(store: Store, work: (tx: Tx) => Promise<void>): Promise<void> {
  const deadlineMs = performance.now() + BUSY_MS_MAX
  for (;;) {
    try {
      await store.write('alone', work)
      return
    } catch (error) {
      if (!(error instanceof Busy) || performance.now() > deadlineMs) throw error
      await setImmediate()
    }
  }
}
