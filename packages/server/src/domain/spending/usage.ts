// What limits have counted so far, for those who ask before they send.
import type { KeyObject } from 'node:crypto'
import { findHead } from '../audit/audit.store.ts'
import type { Reader } from '../../store/engine.ts'
import { type Charge, counterName } from './counter.ts'
import { Ledger } from './ledger.ts'

/** One limit, as a request meets it. */
export interface LimitUsage {
  charge: Charge
  /** What counts now, without the request. */
  used: bigint
  max: bigint
  /** What the request could still add; zero when more than the maximum is used. */
  left: bigint
  /** Whether the request would go beyond the maximum. */
  exceeded: boolean
  /** When some of what counts now no longer does; null: nothing counts. */
  freesAtMs: number | null
}

interface Asked {
  auditKey: KeyObject
  charges: readonly Charge[]
  nowMs: number
}

/**
 * What a request that makes `charges` would meet, in their order. It writes nothing, and a commit
 * may still come to something else. Call it inside one read snapshot.
 * @throws Tampered when the counters are not what this server wrote
 */
export async function readUsage(
  reader: Reader,
  { auditKey, charges, nowMs }: Asked,
): Promise<LimitUsage[]> {
  const usages: LimitUsage[] = []
  const books = new Map<string, { ledger: Ledger; atMs: number }>()
  for (const charge of charges) {
    const { organizationId } = charge
    const book = books.get(organizationId) ?? (await openBook(organizationId))
    books.set(organizationId, book)
    const counter = await book.ledger.counter(counterName(charge))
    const used = counter.usedAt(book.atMs)
    const max = BigInt(charge.limit.max)
    usages.push({
      charge,
      used,
      max,
      left: used > max ? 0n : max - used,
      exceeded: used + charge.amount > max,
      freesAtMs: counter.freesAtMs(book.atMs),
    })
  }
  return usages

  async function openBook(organizationId: string) {
    const head = await findHead(reader, auditKey, organizationId)
    if (head === undefined) throw new Error(`organization ${organizationId} has no head`)
    // As a commit would have it: time does not go back for an organization.
    return { ledger: await Ledger.open(reader, head), atMs: Math.max(nowMs, head.lastMs) }
  }
}
