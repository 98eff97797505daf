// What the units of one flush take from monthly quotas: exact, under the lock of the quota's row.
import { monthOf } from '../domain/usage/month.ts'
import { lockCharged, updateCharged } from '../domain/usage/usage.store.ts'
import type { Tx } from '../store/engine.ts'
import type { Unit } from './unit.ts'

type Charged = Pick<Unit, 'charge'>

export class Charges {
  readonly #tx: Tx
  readonly #used = new Map<string, number>()
  readonly #changed = new Set<string>()
  #month = 0

  constructor(tx: Tx) {
    this.#tx = tx
  }

  /**
   * Locks the rows of all quotas that `units` charge. The heads are locked already, and the rows are
   * taken in order of id, so that two flushes never wait for each other.
   */
  async lock(units: readonly Charged[], nowMs: number): Promise<void> {
    this.#month = monthOf(nowMs)
    const ids = new Set(units.flatMap(({ charge }) => charge?.organizationId ?? []))
    for (const id of [...ids].sort()) {
      this.#used.set(id, await lockCharged(this.#tx, id, this.#month))
    }
  }

  /** Whether what the unit takes is still left. */
  allow({ charge }: Charged): boolean {
    return charge === null || this.#usedBy(charge) + charge.signatures <= charge.max
  }

  /** Takes it; of a unit that is recorded only. */
  take({ charge }: Charged): void {
    if (charge === null) return
    this.#used.set(charge.organizationId, this.#usedBy(charge) + charge.signatures)
    this.#changed.add(charge.organizationId)
  }

  async write(): Promise<void> {
    for (const id of this.#changed) {
      const signatures = this.#used.get(id) ?? 0
      await updateCharged(this.#tx, { organization_id: id, month: this.#month, signatures })
    }
  }

  #usedBy({ organizationId }: { organizationId: string }): number {
    return this.#used.get(organizationId) ?? 0
  }
}
