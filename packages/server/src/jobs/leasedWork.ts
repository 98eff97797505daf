// Work in small transactions that one process at a time may do: each renews the lease, and checks it.
import { acquireLease, holdsLease } from '../domain/lease/lease.store.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { patiently, type Store, type Tx } from '../store/engine.ts'

const LEASE_MS = 60_000

/** Another process has the lease: it does the work. */
export class LeaseTaken extends Error {
  override name = 'LeaseTaken'
}

export class LeasedWork {
  readonly #deps: { store: Store; clock: Clock; holder: string }
  readonly #name: string
  #epoch = 0

  /** @param name of the lease */
  constructor(deps: { store: Store; clock: Clock; holder: string }, name: string) {
    this.#deps = deps
    this.#name = name
  }

  /** Runs `work` in a transaction of its own, if this process has the lease. @throws LeaseTaken */
  async step(work: (tx: Tx) => Promise<void>): Promise<void> {
    const { store, clock, holder } = this.#deps
    await patiently(() =>
      store.write('alone', async (tx) => {
        const nowMs = clock.now()
        const lease = { name: this.#name, holder, nowMs, untilMs: nowMs + LEASE_MS }
        const epoch = await acquireLease(tx, lease)
        if (epoch === undefined) throw new LeaseTaken(this.#name)
        this.#epoch = epoch
        await work(tx)
      }),
    )
  }

  /** Takes the lease, or keeps it. @throws LeaseTaken */
  renew(): Promise<void> {
    return this.step(() => Promise.resolve())
  }

  /** For effects of a unit. @throws AppError `UNAVAILABLE` when the lease went since the last step */
  async assertHeld(tx: Tx): Promise<void> {
    const lease = { name: this.#name, holder: this.#deps.holder, epoch: this.#epoch }
    if (!(await holdsLease(tx, lease))) throw new AppError('UNAVAILABLE')
  }
}
