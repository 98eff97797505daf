// Delivers events: one process at a time, one event at a time to each endpoint, many endpoints at once.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../platform/clock.ts'
import { FetchError, post, type Resolve } from '../../platform/guardedFetch.ts'
import { log } from '../../platform/log.ts'
import { patiently, type Store } from '../../store/engine.ts'
import type { Keyvault } from '../keyvault/keyvault.ts'
import { acquireLease, releaseLease } from '../lease/lease.store.ts'
import type { Directory } from '../organization/directory.ts'
import { featureValue } from '../organization/features.ts'
import { type DeliveryLease, eraseMessage, postponeMessage } from '../outbox/outbox.store.ts'
import { isTrusted, type PrivateHosts } from './endpoint.ts'
import { type EventOutcome, KEPT_MS, openBody, RETRY_SECONDS, WEBHOOK_LANE } from './event.ts'
import { signedHeaders } from './signature.ts'
import {
  type DueMessage,
  findEventBody,
  findNextEndpoint,
  listDueFor,
  noteAttempt,
  pruneEvents,
} from './webhook.store.ts'

const LEASE = 'webhooks'
const LEASE_MS = 20_000
/** Renewed long before it ends; an attempt begins only while it will outlast it. */
const RENEWAL_MS = 3000
const ATTEMPT_MS_MAX = 10_000
const ENDPOINTS_MAX = 32
/** An endpoint that answers at once may have so much time before it is another's turn. */
const SLICE_MS = 2000
const PAGE = 32
/** How many endpoints one look passes over, such as those that wait for a retry. */
const LOOKS_MAX = 500
const POLL_MS = 200
const PRUNE_MS = 60 * 60 * 1000
const PRUNED_MAX = 500
/** Before every id. */
const START = '00000000-0000-0000-0000-000000000000'
const GONE = 410

export interface WebhookDependencies {
  store: Store
  keyvault: Keyvault
  directory: Directory
  clock: Clock
  /** Names this process. */
  holder: string
  privateHosts: PrivateHosts
  /** The public look-up of names, where it is not the system's. */
  resolve?: Resolve
  /** How long an attempt may take, where it is less than ten seconds. */
  attemptMs?: number
  /** Told how each attempt went, and how long it took. */
  observe(outcome: AttemptOutcome, seconds: number): void
}

/** `failed`: to be tried again, or given up. */
type AttemptOutcome = 'delivered' | 'failed' | 'refused'

/** How an attempt ended. `answer` is for the delivery log, and names nobody. */
interface Ended {
  outcome: AttemptOutcome
  answer: string
}

export class WebhookDeliverer {
  readonly #deps: WebhookDependencies
  readonly #stopping = new AbortController()
  readonly #busy = new Map<string, Promise<void>>()
  #lease: (DeliveryLease & { takenMs: number }) | undefined
  /** Endpoints are looked at in order of id, round and round, so that each has its turn. */
  #after = START
  #prunedMs = 0

  constructor(deps: WebhookDependencies) {
    this.#deps = deps
  }

  /** Delivers until nothing is due, if no other process is doing so. */
  async run(): Promise<void> {
    await this.#prune()
    while (!this.#stopping.signal.aborted) {
      const due = await this.#listDue()
      if (due.length === 0 && this.#busy.size === 0) break
      if (!(await this.#hold())) break
      for (const id of due) this.#start(id)
      await Promise.race([...this.#busy.values(), sleep(POLL_MS)])
    }
    await Promise.all(this.#busy.values())
    await this.#release()
  }

  /** Gives up what is under way: it is delivered again by whoever comes next. */
  stop(): void {
    this.#stopping.abort()
  }

  /** Endpoints with something due that are not being served, at most as many as there is room for. */
  async #listDue(): Promise<string[]> {
    const { store, clock } = this.#deps
    const nowMs = clock.now()
    const due: string[] = []
    const start = this.#after
    let wrapped = false
    for (let look = 0; look < LOOKS_MAX && this.#busy.size + due.length < ENDPOINTS_MAX; look++) {
      const next = await findNextEndpoint(store.reader, WEBHOOK_LANE, this.#after)
      if (wrapped && (next === undefined || next.organization_id > start)) break
      if (next === undefined) {
        wrapped = true
        this.#after = START
        continue
      }
      this.#after = next.organization_id
      const isDue = next.next_at_ms <= nowMs && !this.#busy.has(next.organization_id)
      if (isDue) due.push(next.organization_id)
    }
    return due
  }

  /** Takes the lease, or renews it. @returns whether this process has it */
  async #hold(): Promise<boolean> {
    const { store, clock, holder } = this.#deps
    const nowMs = clock.now()
    if (this.#lease !== undefined && nowMs - this.#lease.takenMs < RENEWAL_MS) return true
    const lease = { name: LEASE, holder, nowMs, untilMs: nowMs + LEASE_MS }
    const taken = await patiently(() => store.write('alone', (tx) => acquireLease(tx, lease)))
    const epoch = taken.committed === true ? taken.value : undefined
    this.#lease = epoch === undefined ? undefined : { name: LEASE, holder, epoch, takenMs: nowMs }
    return epoch !== undefined
  }

  async #release(): Promise<void> {
    if (this.#lease === undefined) return
    this.#lease = undefined
    const { store, holder } = this.#deps
    await patiently(() => store.write('alone', (tx) => releaseLease(tx, { name: LEASE, holder })))
  }

  #start(organizationId: string): void {
    const serving = this.#serve(organizationId)
      .catch((cause: unknown) =>
        log('error', 'an endpoint was not served', { organizationId, cause }),
      )
      .finally(() => this.#busy.delete(organizationId))
    this.#busy.set(organizationId, serving)
  }

  /** One endpoint's turn: one event after the other, until none is due or its time is over. */
  async #serve(organizationId: string): Promise<void> {
    const { store, clock } = this.#deps
    const endMs = performance.now() + SLICE_MS
    for (;;) {
      const page = { lane: WEBHOOK_LANE, nowMs: clock.now(), limit: PAGE }
      const due = await listDueFor(store.reader, organizationId, page)
      if (due.length === 0) return
      for (const message of due) {
        if (!(await this.#deliver(message)) || performance.now() > endMs) return
      }
    }
  }

  /** @returns whether the next one may follow */
  async #deliver(message: DueMessage): Promise<boolean> {
    const { clock, store } = this.#deps
    const atMs = clock.now()
    const lease = this.#lease
    if (lease === undefined || atMs + ATTEMPT_MS_MAX > lease.takenMs + LEASE_MS) return false
    const startedMs = performance.now()
    const ended = await this.#attempt(message, atMs)
    if (this.#stopping.signal.aborted && ended.outcome === 'failed') return false
    const step = stepAfter(message, ended, clock.now())
    await patiently(() =>
      store.write('alone', async (tx) => {
        await noteAttempt(tx, message, { ...ended, ...step, lease, atMs })
        if (step.nextAtMs === null) await eraseMessage(tx, message, lease)
        else await postponeMessage(tx, message, { lease, nextAtMs: step.nextAtMs })
      }),
    )
    this.#deps.observe(ended.outcome, (performance.now() - startedMs) / 1000)
    if (step.outcome === 'refused' || step.outcome === 'failed') {
      const { organization_id: organizationId, id } = message
      const { answer, outcome } = { ...ended, ...step }
      log('warn', 'an event was given up', { organizationId, id, outcome, reason: answer })
    }
    return true
  }

  async #attempt(message: DueMessage, atMs: number): Promise<Ended> {
    const { organization_id: organizationId, id } = message
    try {
      const { store, keyvault, directory, privateHosts, resolve } = this.#deps
      const timeoutMs = this.#deps.attemptMs ?? ATTEMPT_MS_MAX
      const organization = await directory.refresh(organizationId)
      const url = organization === undefined ? null : featureValue(organization, 'WEBHOOK')
      const row = await findEventBody(store.reader, organizationId, id)
      if (typeof url !== 'string' || row === undefined) return NOWHERE
      const target = new URL(url)
      const { event, signed } = await keyvault.withDataKey(
        store.reader,
        organizationId,
        (dataKey) => {
          const event = { id, body: openBody(dataKey, row) }
          const keys = { instance: keyvault.instance, dataKey }
          return { event, signed: signedHeaders(keys, event, { url, atMs }) }
        },
      )
      const headers = { ...FIXED_HEADERS, ...signed }
      const status = await post(
        target,
        { headers, body: event.body, signal: this.#stopping.signal },
        {
          timeoutMs,
          trusted: isTrusted(target, privateHosts),
          ...(resolve && { resolve }),
        },
      )
      return { outcome: outcomeOf(status), answer: String(status) }
    } catch (error) {
      return { outcome: 'failed', answer: reasonOf(error, message) }
    }
  }

  /** Removes what was kept long enough. */
  async #prune(): Promise<void> {
    const { store, clock } = this.#deps
    const nowMs = clock.now()
    if (Math.abs(nowMs - this.#prunedMs) < PRUNE_MS) return
    this.#prunedMs = nowMs
    for (let pruned = PRUNED_MAX; pruned === PRUNED_MAX; ) {
      const prune = () => store.write('alone', (tx) => pruneEvents(tx, nowMs - KEPT_MS, PRUNED_MAX))
      pruned = (await patiently(prune)).value
    }
  }
}

const FIXED_HEADERS = { 'content-type': 'application/json', 'user-agent': 'Keystead' }

const NOWHERE: Ended = { outcome: 'refused', answer: 'no endpoint' }

function outcomeOf(status: number): AttemptOutcome {
  if (status >= 200 && status < 300) return 'delivered'
  return status === GONE ? 'refused' : 'failed'
}

/** What follows an attempt. @returns `nextAtMs` null: nothing, its message is erased */
function stepAfter(
  { attempts }: DueMessage,
  { outcome }: Ended,
  nowMs: number,
): { outcome: EventOutcome; nextAtMs: number | null } {
  if (outcome !== 'failed') return { outcome, nextAtMs: null }
  const seconds = RETRY_SECONDS[attempts]
  return seconds === undefined
    ? { outcome: 'failed', nextAtMs: null }
    : { outcome: 'waiting', nextAtMs: nowMs + seconds * 1000 }
}

/** SECURITY: fixed words and codes only: other words may repeat the URL, which may hold a secret. */
function reasonOf(error: unknown, { organization_id: organizationId, id }: DueMessage): string {
  if (!(error instanceof FetchError)) {
    log('error', 'an event could not be sent', { organizationId, id, cause: error })
    return 'internal'
  }
  const { cause, message } = error
  if (cause === undefined) return message
  const { code, name } = cause as { code?: unknown; name?: string }
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout'
  return typeof code === 'string' ? code : 'no answer'
}
