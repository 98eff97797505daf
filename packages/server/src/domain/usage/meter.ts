// Usage counters: kept in the process, added to the database every few seconds.
import type { Tx } from '../../store/engine.ts'
import { activityCount, signatureCount } from '../../platform/metrics.ts'
import { monthOf } from './month.ts'
import { addUsage, type UsageRow } from './usage.store.ts'

/** What one request used. */
export interface Used {
  /** Activities that were recorded, whatever became of them. */
  activities: number
  signatures: number
}

/**
 * Counts what root organizations use, sub-organizations included. For people and invoices: what was
 * counted since the last write is lost with the process. Quotas are exact, and elsewhere.
 */
export class UsageMeter {
  #rows = new Map<string, UsageRow>()

  /** @param organizationId the root organization's */
  count(organizationId: string, nowMs: number, used: Used): void {
    const month = monthOf(nowMs)
    const key = `${organizationId} ${month}`
    const row = this.#rows.get(key) ?? {
      organization_id: organizationId,
      month,
      activities: 0,
      signatures: 0,
    }
    row.activities += used.activities
    row.signatures += used.signatures
    activityCount.inc(used.activities)
    signatureCount.inc(used.signatures)
    this.#rows.set(key, row)
  }

  /** Adds what was counted to the database; what could not be written is kept for the next time. */
  async write(transaction: (work: (tx: Tx) => Promise<void>) => Promise<unknown>): Promise<void> {
    if (this.#rows.size === 0) return
    // Always in the same order: two processes must not wait for each other's rows.
    const rows = [...this.#rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#rows = new Map()
    try {
      await transaction(async (tx) => {
        for (const [, row] of rows) await addUsage(tx, row)
      })
    } catch (error) {
      for (const [key, row] of rows) this.#putBack(key, row)
      throw error
    }
  }

  #putBack(key: string, row: UsageRow): void {
    const present = this.#rows.get(key)
    if (present === undefined) this.#rows.set(key, row)
    else {
      present.activities += row.activities
      present.signatures += row.signatures
    }
  }
}
