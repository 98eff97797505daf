// The commit queue of one process: gathers units into flushes, and answers each after its commit.
import { setImmediate } from 'node:timers/promises'
import { findEntryAt } from '../domain/audit/audit.store.ts'
import { AppError } from '../errors.ts'
import {
  Busy,
  type CommitResult,
  patiently,
  type Reader,
  StorageFailure,
  type Store,
} from '../store/engine.ts'
import { lockHeads } from './commit.store.ts'
import { Flush, type FlushContext, type FlushOutcome } from './flush.ts'
import { type Outcome, type Unit, unitBytes } from './unit.ts'

const UNITS_MAX = 256
const BYTES_MAX = 1024 * 1024
const BUSY_MS_MAX = 5000
const MISSES_MAX = 3
/** One writes, one is ready for its turn; more would only wait, each on a connection. */
const ALONE_MAX = 2

interface Waiting {
  unit: Unit
  sinceMs: number
  misses: number
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** What runs under an organization's lock: it reads and submits through the one transaction. */
type LockedWork<T> = (locked: {
  reader: Reader
  submit(unit: Unit): Promise<Outcome>
}) => Promise<T>

/** Units of one organization that are each flushed alone. */
interface Lane {
  running: number
  waiting: Waiting[]
}

export class CommitQueue {
  readonly #store: Store
  readonly #context: FlushContext
  #waiting: Waiting[] = []
  #flushing = false
  readonly #lanes = new Map<string, Lane>()

  constructor(store: Store, context: FlushContext) {
    this.#store = store
    this.#context = context
  }

  /**
   * Commits a unit durably.
   * @throws AppError `UNAVAILABLE` when it could not be stored, or nobody knows whether it was
   */
  submit(unit: Unit): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const waiting = { unit, sinceMs: performance.now(), misses: 0, resolve, reject }
    if (this.#store.engine === 'postgres' && unit.effects !== null) {
      void this.#alone(waiting)
    } else {
      this.#waiting.push(waiting)
      if (!this.#flushing) {
        this.#flushing = true
        this.#drain().catch((error: unknown) => this.#giveUp(error))
      }
    }
    return promise
  }

  /**
   * Runs `work` while nobody else can write to the organization, and commits what it submits. For
   * requests that were overtaken again and again: it holds the head for as long as `work` takes.
   * @throws AppError `UNAVAILABLE` when it was not stored, or nobody knows
   */
  async underLock<T>(organizationId: string, work: LockedWork<T>): Promise<T> {
    try {
      return await patiently(() => this.#lockAndRun(organizationId, work))
    } catch (error) {
      throw error instanceof Error ? publicError(error) : error
    }
  }

  async #lockAndRun<T>(organizationId: string, work: LockedWork<T>): Promise<T> {
    const flushes: Flush[] = []
    const result = await this.#store.write('alone', async (tx) => {
      await lockHeads(tx, [organizationId], false)
      const submit = async (unit: Unit): Promise<Outcome> => {
        const flush = new Flush(tx, this.#context)
        flushes.push(flush)
        const [outcome] = await flush.run([unit], false)
        return outcome === undefined || outcome.kind === 'missed' ? { kind: 'again' } : outcome
      }
      // A refusal is thrown after its activity was written, which must stay: it is no failure here.
      return settle(() => work({ reader: tx, submit }))
    })
    if (result.committed !== true) throw new AppError('UNAVAILABLE')
    for (const { written } of flushes) for (const head of written) this.#context.watch.note(head, 0)
    if ('refusal' in result.value) throw result.value.refusal
    return result.value.value
  }

  async #drain(): Promise<void> {
    // Whatever arrives in this turn of the event loop joins the first flush.
    await setImmediate()
    while (this.#waiting.length > 0) {
      const batch = this.#take()
      const result = await this.#flush('shared', batch)
      if (result instanceof Busy) await this.#waitTurn(batch, result)
      else if (result instanceof Error) await this.#eachAlone(batch, result)
      await this.#store.tidy().catch(() => undefined)
    }
    this.#flushing = false
  }

  /** A defect in the queue itself must not leave anybody waiting for ever. */
  #giveUp(error: unknown): void {
    this.#flushing = false
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }

  #take(): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { unit } of this.#waiting) {
      bytes += unitBytes(unit)
      if (count > 0 && (count === UNITS_MAX || bytes > BYTES_MAX)) break
      count++
    }
    // Who changes an organization goes last: it would only make the others decide anew.
    const changes = ({ unit }: Waiting) => Number(unit.changes === 'snapshot')
    return this.#waiting.splice(0, count).sort((a, b) => changes(a) - changes(b))
  }

  /** Runs one flush and answers its units; returns what went wrong with the whole of it. */
  async #flush(lane: 'shared' | 'alone', batch: Waiting[]): Promise<Error | undefined> {
    let flush: Flush | undefined
    let result: CommitResult<FlushOutcome[]>
    try {
      result = await this.#store.write(lane, (tx) => {
        flush = new Flush(tx, this.#context)
        const skipLocked = lane === 'shared' && this.#store.engine === 'postgres'
        return flush.run(
          batch.map(({ unit }) => unit),
          skipLocked,
        )
      })
    } catch (error) {
      return error instanceof Error ? error : new Error('a flush failed', { cause: error })
    }
    this.#context.onFlush(batch.length)
    for (const head of result.committed === true ? (flush?.written ?? []) : []) {
      this.#context.watch.note(head, 0)
    }
    await Promise.all(
      batch.map((waiting, index) => {
        const outcome = result.value[index]
        return this.#answer(waiting, outcome ?? { kind: 'again' }, result.committed)
      }),
    )
    return undefined
  }

  async #answer(waiting: Waiting, outcome: FlushOutcome, committed: true | 'unknown') {
    if (outcome.kind === 'missed') {
      waiting.misses++
      if (waiting.misses > MISSES_MAX) void this.#alone(waiting)
      else this.#waiting.push(waiting)
    } else if (committed === true || outcome.kind !== 'committed') {
      waiting.resolve(outcome)
    } else if (await this.#isStored(waiting.unit, outcome.seq)) {
      waiting.resolve(outcome)
    } else {
      waiting.reject(new AppError('UNAVAILABLE'))
    }
  }

  /** After a lost connection: the head's lock is free only once the old transaction has ended. */
  async #isStored(unit: Unit, seq: number): Promise<boolean> {
    try {
      const { value } = await this.#store.write('alone', async (tx) => {
        await lockHeads(tx, [unit.organizationId], false)
        return findEntryAt(tx, unit.organizationId, seq)
      })
      return value?.unit_id === unit.id
    } catch {
      return false
    }
  }

  async #waitTurn(batch: Waiting[], busy: Busy): Promise<void> {
    const now = performance.now()
    const [late, patient] = partition(batch, ({ sinceMs }) => now - sinceMs > BUSY_MS_MAX)
    for (const waiting of late) waiting.reject(new AppError('UNAVAILABLE', {}, { cause: busy }))
    this.#waiting.unshift(...patient)
    await setImmediate()
  }

  /** A failure that belongs to no unit: each runs by itself once, so that one cannot fail others. */
  async #eachAlone(batch: Waiting[], failure: Error): Promise<void> {
    for (const waiting of batch) {
      const result = batch.length === 1 ? failure : await this.#flush('alone', [waiting])
      if (result instanceof Busy) await this.#waitTurn([waiting], result)
      else if (result !== undefined) waiting.reject(publicError(result))
    }
  }

  /** A few at a time: one organization whose head is held must not take every connection. */
  async #alone(waiting: Waiting): Promise<void> {
    const { organizationId } = waiting.unit
    const lane = this.#lanes.get(organizationId) ?? { running: 0, waiting: [] }
    this.#lanes.set(organizationId, lane)
    lane.waiting.push(waiting)
    if (lane.running === ALONE_MAX) return
    lane.running++
    for (let next = lane.waiting.shift(); next !== undefined; next = lane.waiting.shift()) {
      await this.#flushAlone(next)
    }
    lane.running--
    if (lane.running === 0) this.#lanes.delete(organizationId)
  }

  async #flushAlone(waiting: Waiting): Promise<void> {
    if (performance.now() - waiting.sinceMs > BUSY_MS_MAX) {
      waiting.reject(new AppError('UNAVAILABLE'))
      return
    }
    const result = await this.#flush('alone', [waiting])
    if (result instanceof Busy) waiting.resolve({ kind: 'again' })
    else if (result !== undefined) waiting.reject(publicError(result))
  }
}

/** A declared error becomes a value, so that the transaction it is thrown in commits. */
async function settle<T>(work: () => Promise<T>): Promise<{ value: T } | { refusal: AppError }> {
  try {
    return { value: await work() }
  } catch (error) {
    if (error instanceof AppError) return { refusal: error }
    throw error
  }
}

function publicError(error: Error): Error {
  if (error instanceof StorageFailure || error instanceof Busy) {
    return new AppError('UNAVAILABLE', {}, { cause: error })
  }
  return error
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter((item) => test(item)), items.filter((item) => !test(item))]
}
