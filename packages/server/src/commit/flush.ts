// One flush: the units of one transaction, checked, applied, chained and recorded in order.
import {
  type ActivityEnd,
  activityTable,
  findVotingState,
  updateActivity,
  voteTable,
} from '../domain/activity/activity.store.ts'
import { auditEntryTable, findHead, headFromRow } from '../domain/audit/audit.store.ts'
import { type AuditEntry, chainEntry } from '../domain/audit/chain.ts'
import { type ActivityRow, actorName, answers } from '../domain/activity/activity.ts'
import type { Head } from '../domain/audit/head.ts'
import type { HeadWatch } from '../domain/audit/headWatch.ts'
import { type DataKey, keyVersionOf } from '../domain/keyvault/dataKeys.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import { readCovered, stateBytes } from '../domain/organization/covered.store.ts'
import { assertState } from '../domain/organization/snapshot.ts'
import { type Announcement, writeAnnouncements } from './announcements.ts'
import { Charges } from './charges.ts'
import { Spending } from './spending.ts'
import { AppError, assert } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Row, Tx } from '../store/engine.ts'
import { findKnownFingerprints, lockHeads, updateHeads } from './commit.store.ts'
import type { EffectTx, Outcome, Unit } from './unit.ts'

/** What a flush needs besides its transaction. */
export interface FlushContext {
  keyvault: Keyvault
  clock: Clock
  watch: HeadWatch
  /** Told how many units each flush had. */
  onFlush(units: number): void
}

/** `missed`: another transaction holds the organization's head; try later. */
export type FlushOutcome = Outcome | { kind: 'missed' }

/** Runs the steps of the commit path inside one transaction; its caller begins and commits it. */
export class Flush {
  readonly #tx: Tx
  readonly #context: FlushContext
  readonly #heads = new Map<string, Head>()
  readonly #readOnly = new Map<string, number>()
  readonly #touched = new Set<string>()
  readonly #known = new Map<string, { activityId: string; deniedTo: string }[]>()
  readonly #activities: Row[] = []
  readonly #announcements: Announcement[] = []
  readonly #votes: Row[] = []
  /** Activities that a unit of this flush has voted on; its rows are written at the end. */
  readonly #votedOn = new Set<string>()
  readonly #ends: (ActivityEnd & { organizationId: string; updatedMs: number })[] = []
  /** What effects left for when the activities are in their table. */
  readonly #afterActivities: (() => Promise<void>)[] = []
  readonly #entries: AuditEntry[] = []
  readonly #charges: Charges
  readonly #spending: Spending
  #nowMs: number

  constructor(tx: Tx, context: FlushContext) {
    this.#tx = tx
    this.#context = context
    this.#charges = new Charges(tx)
    this.#spending = new Spending(tx, this.#heads)
    this.#nowMs = context.clock.now()
  }

  /** @param skipLocked leave out organizations that another transaction is writing to */
  async run(units: readonly Unit[], skipLocked: boolean): Promise<FlushOutcome[]> {
    await this.#lock(units, skipLocked)
    await this.#charges.lock(units, this.#nowMs)
    await this.#findKnown(units)
    const outcomes: FlushOutcome[] = []
    for (const unit of units) {
      outcomes.push(await this.#apply(unit, skipLocked))
      // SECURITY: SQLite ends a transaction by itself on some errors; what follows would autocommit.
      assert(this.#tx.isOpen(), 'the transaction of a flush is still open')
    }
    await this.#record()
    return outcomes
  }

  /** Heads that the flush has written: to be noted once the commit is durable. */
  get written(): Head[] {
    return [...this.#touched].flatMap((id) => this.#heads.get(id) ?? [])
  }

  async #lock(units: readonly Unit[], skipLocked: boolean): Promise<void> {
    const ids = [...new Set(units.flatMap(writtenBy))].sort()
    const { rows, nowMs } = await lockHeads(this.#tx, ids, skipLocked)
    if (nowMs !== undefined) this.#nowMs = nowMs
    for (const row of rows) {
      const head = headFromRow(this.#context.keyvault.auditKey, row)
      this.#context.watch.note(head, this.#context.watch.newest(head.organizationId))
      this.#heads.set(head.organizationId, head)
    }
  }

  async #findKnown(units: readonly Unit[]): Promise<void> {
    const keys = units.flatMap(({ activity }) => (activity === null ? [] : [activity]))
    for (const match of await findKnownFingerprints(this.#tx, keys)) {
      this.#remember(match, match.id)
    }
  }

  #remember(activity: Remembered, activityId: string): void {
    const key = fingerprintKey(activity)
    const matches = this.#known.get(key) ?? []
    matches.push({ activityId, deniedTo: activity.denied_to })
    this.#known.set(key, matches)
  }

  async #apply(unit: Unit, skipLocked: boolean): Promise<FlushOutcome> {
    const head = this.#heads.get(unit.organizationId)
    if (head === undefined || !unit.charges.every((charge) => this.#isLocked(charge))) {
      return { kind: skipLocked ? 'missed' : 'again' }
    }
    // First of all: a caller whose credential is gone must not even learn what a body became.
    if (!(await this.#readsAreCurrent(unit))) return { kind: 'again' }
    const duplicate = this.#duplicateOf(unit)
    if (duplicate !== undefined) return { kind: 'duplicate', activityId: duplicate }
    if (!(await this.#targetIsCurrent(unit))) return { kind: 'again' }
    const atMs = this.#timeOf(unit, head)
    if (unit.validUntilMs !== null && atMs >= unit.validUntilMs) return { kind: 'expired' }
    // SECURITY: what waited too long must not run, whatever time the process believed it was.
    if (unit.target !== null && atMs >= unit.target.untilMs) return { kind: 'tooLate' }
    if (!this.#charges.allow(unit)) return { kind: 'overQuota', atMs: this.#nowMs }
    const policyIds = await this.#spending.exceeded(unit.charges, atMs)
    if (policyIds.length > 0) return { kind: 'overLimit', policyIds }
    let next: Head = head
    if (unit.effects !== null) {
      try {
        next = await this.#tx.savepoint(() => this.#applyEffects(unit, head, atMs))
      } catch (error) {
        if (error instanceof AppError) return { kind: 'failed', error }
        throw error
      }
    }
    const outcome = this.#chain(unit, next, atMs)
    await this.#charge(unit, atMs)
    return outcome
  }

  #isLocked({ organizationId }: { organizationId: string }): boolean {
    return this.#heads.has(organizationId)
  }

  /** Time goes back for none of the organizations that the unit writes to: limits rely on it. */
  #timeOf(unit: Unit, head: Head): number {
    const others = unit.charges.map(({ organizationId }) => this.#heads.get(organizationId))
    return Math.max(this.#nowMs, head.lastMs, ...others.map((other) => other?.lastMs ?? 0))
  }

  async #charge({ charges }: Unit, atMs: number): Promise<void> {
    await this.#spending.take(charges, atMs)
    for (const { organizationId } of charges) {
      const head = this.#heads.get(organizationId)
      if (head !== undefined) this.#heads.set(organizationId, { ...head, lastMs: atMs })
      this.#touched.add(organizationId)
    }
  }

  #duplicateOf({ activity }: Unit): string | undefined {
    if (activity === null) return undefined
    const submitter = actorName({
      organizationId: activity.actor_organization_id,
      userId: activity.actor_user_id,
    })
    return this.#known
      .get(fingerprintKey(activity))
      ?.find(({ deniedTo }) => answers(deniedTo, submitter))?.activityId
  }

  async #readsAreCurrent(unit: Unit): Promise<boolean> {
    for (const { organizationId, revision } of unit.reads) {
      if ((await this.#revision(organizationId)) !== revision) return false
    }
    return true
  }

  async #targetIsCurrent(unit: Unit): Promise<boolean> {
    if (unit.target === null) return true
    const { activityId, status, votes } = unit.target
    // SECURITY: the database does not show it yet; without this both votes would execute.
    if (this.#votedOn.has(`${unit.organizationId}/${activityId}`)) return false
    const state = await findVotingState(this.#tx, unit.organizationId, activityId)
    return state !== undefined && state.status === status && state.votes === votes
  }

  async #revision(organizationId: string): Promise<number | undefined> {
    const locked = this.#heads.get(organizationId)
    if (locked !== undefined) return locked.revision
    const known = this.#readOnly.get(organizationId)
    if (known !== undefined) return known
    const head = await findHead(this.#tx, this.#context.keyvault.auditKey, organizationId)
    if (head !== undefined) this.#readOnly.set(organizationId, head.revision)
    return head?.revision
  }

  async #applyEffects(unit: Unit, head: Head, nowMs: number): Promise<Head> {
    // Kept apart until the effects are through: what they leave goes with them when they fail.
    const later: (() => Promise<void>)[] = []
    const afterActivities = (work: () => Promise<void>) => void later.push(work)
    const seq = head.seq + 1
    let replaced: DataKey | undefined
    const moment: Omit<EffectTx, keyof Tx> = {
      nowMs,
      seq,
      unit,
      afterActivities,
      replaceDataKey: (next) => void (replaced = next),
      announceEnded: (ids) => this.#announceEnded(unit, ids, { seq, atMs: nowMs }),
      forgetSpending: (isGone) =>
        afterActivities(() => this.#spending.forget(unit.organizationId, isGone)),
    }
    const tx = effectTx(this.#tx, moment)
    if (unit.changes !== 'snapshot') {
      await unit.effects?.(tx)
      this.#afterActivities.push(...later)
      return head
    }
    const version = keyVersionOf(head.stateMac)
    const dataKey = await this.#context.keyvault.dataKeyIn(tx, unit.organizationId, version)
    // SECURITY: verified before it is changed; otherwise the new MAC would launder foreign rows.
    assertState(dataKey, head, await readCovered(tx, unit.organizationId))
    await unit.effects?.(tx)
    this.#afterActivities.push(...later)
    const next = { ...head, revision: head.revision + 1 }
    next.stateMac = (replaced ?? dataKey).mac(
      'state',
      stateBytes(next, await readCovered(tx, unit.organizationId)),
    )
    return next
  }

  #chain(unit: Unit, head: Head, atMs: number): Outcome {
    const position = {
      organizationId: unit.organizationId,
      seq: head.seq + 1,
      atMs,
      previous: head.link,
    }
    const entry = chainEntry(unit.id, unit.audit, position)
    this.#entries.push(entry)
    const next = { ...head, seq: entry.seq, link: entry.link, lastMs: atMs }
    this.#heads.set(unit.organizationId, next)
    this.#touched.add(unit.organizationId)
    this.#charges.take(unit)
    if (unit.activity !== null) {
      this.#remember(unit.activity, unit.activity.id)
      const times = { seq: entry.seq, created_ms: atMs, updated_ms: atMs }
      const activity = { ...unit.activity, ...times }
      this.#activities.push(activity)
      this.#announce(unit, activity, { seq: entry.seq, atMs })
    }
    if (unit.target !== null) {
      this.#votedOn.add(`${unit.organizationId}/${unit.target.activityId}`)
      this.#announce(unit, unit.target.activityId, { seq: entry.seq, atMs })
    }
    if (unit.vote !== null) this.#votes.push({ ...unit.vote, created_ms: atMs })
    if (unit.end !== null) {
      this.#ends.push({ ...unit.end, organizationId: unit.organizationId, updatedMs: atMs })
    }
    return { kind: 'committed', atMs, seq: entry.seq }
  }

  #announce(
    { announcer, organizationId }: Unit,
    activity: ActivityRow | string,
    { seq, atMs }: { seq: number; atMs: number },
  ): void {
    if (announcer === null) return
    this.#announcements.push({ announcer, organizationId, activity, seq, n: 0, atMs })
  }

  async #announceEnded(
    { announcer, organizationId }: Unit,
    activityIds: readonly string[],
    moment: { seq: number; atMs: number },
  ): Promise<void> {
    if (announcer === null) return
    for (const [index, activity] of activityIds.entries()) {
      // The first is the unit's own.
      const announcement = { announcer, organizationId, activity, ...moment, n: index + 1 }
      await writeAnnouncements(this.#tx, this.#context.keyvault, [announcement])
    }
  }

  async #record(): Promise<void> {
    await this.#tx.insert(activityTable, this.#activities)
    await this.#tx.insert(voteTable, this.#votes)
    for (const end of this.#ends) await updateActivity(this.#tx, end.organizationId, end)
    await writeAnnouncements(this.#tx, this.#context.keyvault, this.#announcements)
    // After them: an event says what was so at its moment.
    for (const work of this.#afterActivities) await work()
    await this.#charges.write()
    await this.#recordSpending()
    await this.#tx.insert(
      auditEntryTable,
      this.#entries.map((entry) => ({ ...entry })),
    )
    await updateHeads(this.#tx, this.#context.keyvault.auditKey, this.written)
  }

  async #recordSpending(): Promise<void> {
    for (const [organizationId, spendingDigest] of await this.#spending.write()) {
      const head = this.#heads.get(organizationId)
      if (head !== undefined) this.#heads.set(organizationId, { ...head, spendingDigest })
    }
  }
}

/** The organizations whose heads a unit needs to itself. */
function writtenBy({ organizationId, charges }: Unit): string[] {
  return [organizationId, ...charges.map((charge) => charge.organizationId)]
}

interface Remembered {
  organization_id: string
  fingerprint: Buffer
  denied_to: string
}

function fingerprintKey(activity: { organization_id: string; fingerprint: Buffer }): string {
  return `${activity.organization_id}:${activity.fingerprint.toString('hex')}`
}

function effectTx(tx: Tx, moment: Omit<EffectTx, keyof Tx>): EffectTx {
  return {
    ...moment,
    engine: tx.engine,
    all: (sql, ...params) => tx.all(sql, ...params),
    one: (sql, ...params) => tx.one(sql, ...params),
    run: (sql, ...params) => tx.run(sql, ...params),
    insert: (definition, rows) => tx.insert(definition, rows),
    savepoint: (work) => tx.savepoint(work),
    isOpen: () => tx.isOpen(),
  }
}
