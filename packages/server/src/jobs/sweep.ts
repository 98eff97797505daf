// Ends what is due, in all organizations: in pages, by one process at a time, a unit an organization.
import type { CommitQueue } from '../commit/queue.ts'
import type { Unit } from '../commit/unit.ts'
import { acquireLease, holdsLease } from '../domain/lease/lease.store.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { log } from '../platform/log.ts'
import type { Store } from '../store/engine.ts'

const PAGE = 500
const LEASE_MS = 120_000

export interface SweepDependencies {
  store: Store
  queue: Pick<CommitQueue, 'submit'>
  clock: Clock
  /** Names this process. */
  holder: string
}

/** What is ended, and how. */
export interface Sweeping<Due extends { organization_id: string }> {
  /** The name of its lease. */
  lease: string
  /** A page of what may be due, in a fixed order; `after` is the last one of the page before. */
  list(nowMs: number, page: { after: Due | null; limit: number }): Promise<Due[]>
  /** Ends what is due at its moment of commit. */
  unit(organizationId: string, due: readonly Due[]): Unit
}

/** The job of one process; of all processes, the holder of the lease does the work. */
export class Sweep<Due extends { organization_id: string }> {
  readonly #deps: SweepDependencies
  readonly #sweeping: Sweeping<Due>
  /** Where the last run ended, so that an organization that fails does not stop the others. */
  #after: Due | null = null

  constructor(deps: SweepDependencies, sweeping: Sweeping<Due>) {
    this.#deps = deps
    this.#sweeping = sweeping
  }

  /** Ends at most 500. */
  async run(): Promise<void> {
    const { clock } = this.#deps
    const due = await this.#sweeping.list(clock.now(), { after: this.#after, limit: PAGE })
    this.#after = due.length < PAGE ? null : (due.at(-1) ?? null)
    if (due.length === 0) return
    const epoch = await this.#acquire()
    if (epoch === undefined) return
    for (const [organizationId, some] of Map.groupBy(due, (one) => one.organization_id)) {
      await this.#end(organizationId, some, epoch).catch((cause: unknown) => {
        const { lease } = this.#sweeping
        log('error', 'what is due in an organization stays', { lease, organizationId, cause })
      })
    }
  }

  /** @returns the epoch of the lease; undefined while another process has it */
  async #acquire(): Promise<number | undefined> {
    const { store, clock, holder } = this.#deps
    const nowMs = clock.now()
    const lease = { name: this.#sweeping.lease, holder, nowMs, untilMs: nowMs + LEASE_MS }
    return (await store.write('alone', (tx) => acquireLease(tx, lease))).value
  }

  async #end(organizationId: string, due: readonly Due[], epoch: number): Promise<void> {
    const { queue, holder } = this.#deps
    const { lease: name } = this.#sweeping
    const unit = this.#sweeping.unit(organizationId, due)
    await queue.submit({
      ...unit,
      async effects(tx) {
        if (!(await holdsLease(tx, { name, holder, epoch }))) throw new AppError('UNAVAILABLE')
        await unit.effects?.(tx)
      },
    })
  }
}
