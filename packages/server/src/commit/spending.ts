// What the units of one flush add to limits of policies: exact, under the lock of the head.
import type { Head } from '../domain/audit/head.ts'
import { type Charge, counterName } from '../domain/spending/counter.ts'
import { Ledger } from '../domain/spending/ledger.ts'
import { assert } from '../errors.ts'
import type { Tx } from '../store/engine.ts'

export class Spending {
  readonly #tx: Tx
  /** Of each organization, what the head was when it was locked. */
  readonly #heads: ReadonlyMap<string, Head>
  readonly #ledgers = new Map<string, Ledger>()

  /** @param heads those that this transaction has locked */
  constructor(tx: Tx, heads: ReadonlyMap<string, Head>) {
    this.#tx = tx
    this.#heads = heads
  }

  /** The policies whose limits do not admit all of `charges`. @throws Tampered */
  async exceeded(charges: readonly Charge[], atMs: number): Promise<string[]> {
    const policyIds = new Set<string>()
    for (const charge of charges) {
      if (!(await this.#admits(charge, atMs))) policyIds.add(charge.policyId)
    }
    return [...policyIds]
  }

  /** Counts them; of a unit that is recorded only. */
  async take(charges: readonly Charge[], atMs: number): Promise<void> {
    for (const charge of charges) {
      if (charge.amount === 0n) continue
      const name = counterName(charge)
      const ledger = await this.#ledger(charge.organizationId)
      await ledger.set(name, (await ledger.counter(name)).plus(charge.amount, atMs))
    }
  }

  /** Drops the counters of policies that are gone. */
  async forget(organizationId: string, isGone: (policyId: string) => boolean): Promise<void> {
    const ledger = await this.#ledger(organizationId)
    await ledger.forget(isGone)
  }

  /** Writes what changed. @returns what the heads of organizations have to say of it */
  async write(): Promise<Map<string, Buffer | null>> {
    const digests = new Map<string, Buffer | null>()
    for (const [organizationId, ledger] of this.#ledgers) {
      const { lastMs } = this.#head(organizationId)
      digests.set(organizationId, await ledger.write(this.#tx, lastMs))
    }
    return digests
  }

  async #admits(charge: Charge, atMs: number): Promise<boolean> {
    const { amount, organizationId, limit } = charge
    const ledger = await this.#ledger(organizationId)
    const name = counterName(charge)
    const counter = await ledger.counter(name)
    if (amount < 0n || counter.usedAt(atMs) + amount > BigInt(limit.max)) return false
    return amount === 0n || ledger.hasRoom(name, counter.plus(amount, atMs), atMs)
  }

  async #ledger(organizationId: string): Promise<Ledger> {
    const known = this.#ledgers.get(organizationId)
    if (known !== undefined) return known
    const ledger = await Ledger.open(this.#tx, this.#head(organizationId))
    this.#ledgers.set(organizationId, ledger)
    return ledger
  }

  #head(organizationId: string): Head {
    const head = this.#heads.get(organizationId)
    assert(head !== undefined, 'only counters of locked organizations are charged')
    return head
  }
}
