// The commit unit: everything one request writes, so that it is written once or not at all.
import type { ActivityEnd } from '../domain/activity/activity.store.ts'
import type { ActivityRow, ActivityStatus, VoteRow } from '../domain/activity/activity.ts'
import type { AuditFacts } from '../domain/audit/chain.ts'
import type { DataKey } from '../domain/keyvault/dataKeys.ts'
import type { Charge } from '../domain/spending/counter.ts'
import type { CountingTx } from '../domain/spending/spending.store.ts'
import type { Announcer } from '../domain/webhook/announcer.ts'
import type { AppError } from '../errors.ts'

/** A transaction inside a unit, at its moment of commit. */
export interface EffectTx extends CountingTx {
  /** What the unit's audit entry and activity will carry as their time. */
  readonly nowMs: number
  /** The number of the unit's audit entry. */
  readonly seq: number
  /** The unit that this is part of. */
  readonly unit: Pick<Unit, 'id' | 'audit'>
  /** Runs `work` once the activities of this transaction are in their table: until then SQL misses some. */
  afterActivities(work: () => Promise<void>): void
  /** The organization's data key has a new version, which authenticates it from this unit on. */
  replaceDataKey(dataKey: DataKey): void
  /** Tells the endpoints of webhooks what became of activities that `afterActivities` has ended. */
  announceEnded(activityIds: readonly string[]): Promise<void>
}

/**
 * Writes a unit's rows. It runs under the organization's lock and may touch only `tx`.
 * @throws AppError to undo its writes and fail the request with a declared error
 */
export type Effects = (tx: EffectTx) => Promise<void>

export interface Unit {
  id: string
  /** Whose chain the entry belongs to. */
  organizationId: string
  /** What was decided on. A unit whose reads moved answers `again`, and nothing is written. */
  reads: readonly { organizationId: string; revision: number }[]
  /** When the credential that it was authenticated with expires; null: never. */
  validUntilMs: number | null
  audit: AuditFacts
  /** The activity to insert; its fingerprint recognises a repeat. */
  activity: Omit<ActivityRow, 'seq' | 'created_ms' | 'updated_ms'> | null
  /** The activity that is voted on or ended, what it must still be, and until when. */
  target: { activityId: string; status: ActivityStatus; votes: number; untilMs: number } | null
  vote: Omit<VoteRow, 'created_ms'> | null
  /** How the target ends. */
  end: ActivityEnd | null
  /** Tells endpoints what became of its activity or its target; null: nobody wants to know. */
  announcer: Announcer | null
  /** What it takes from a root organization's monthly quota. Beyond it, nothing is written. */
  charge: { organizationId: string; signatures: number; max: number } | null
  /** What it adds to limits of policies. Beyond one, nothing is written. */
  charges: readonly Charge[]
  /** What `effects` touches: `snapshot` when any row that decisions read. */
  changes: 'nothing' | 'rows' | 'snapshot'
  effects: Effects | null
}

export type Outcome =
  | { kind: 'committed'; atMs: number; seq: number }
  /** The body is known: this is its activity. */
  | { kind: 'duplicate'; activityId: string }
  /** Something it was decided on has changed: decide anew. */
  | { kind: 'again' }
  /** The credential had expired at the moment of commit; nothing was written. */
  | { kind: 'expired' }
  /** The target had waited too long at the moment of commit; nothing was written. */
  | { kind: 'tooLate' }
  /** Its charge would go beyond the quota; nothing was written. */
  | { kind: 'overQuota'; atMs: number }
  /** Limits of these policies do not admit its charges; nothing was written. */
  | { kind: 'overLimit'; policyIds: readonly string[] }
  /** The effects refused; nothing was written. */
  | { kind: 'failed'; error: AppError }

/** A unit that writes an audit entry and nothing else. */
export function entryOnly(unit: Pick<Unit, 'id' | 'organizationId' | 'audit'>): Unit {
  return {
    ...unit,
    reads: [],
    validUntilMs: null,
    activity: null,
    target: null,
    vote: null,
    end: null,
    announcer: null,
    charge: null,
    charges: [],
    changes: 'nothing',
    effects: null,
  }
}

/** Roughly what the unit adds to a transaction, in bytes. */
export function unitBytes(unit: Unit): number {
  const activity = unit.activity
  return (
    1000 +
    announcedBytes(unit) +
    (activity === null
      ? 0
      : activity.body.length +
        (activity.sealed_body?.length ?? 0) +
        (activity.result?.length ?? 0)) +
    (unit.vote?.body.length ?? 0)
  )
}

/** An event has the body twice: as the intent, and as what the first vote signed. */
function announcedBytes({ announcer, activity }: Unit): number {
  const endpoints = announcer?.endpoints.length ?? 0
  return endpoints * (4000 + 2 * (activity?.body.length ?? 0) + (activity?.result?.length ?? 0))
}
