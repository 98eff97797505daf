// The submit stage: decide, prepare, commit, and answer with the activity.
import { sha256 } from '@keystead/crypto/node'
import type { Outcome, Unit } from '../commit/unit.ts'
import { listActivitiesByFingerprint, listVotes } from '../domain/activity/activity.store.ts'
import { type ActivityRow, actorName, answers } from '../domain/activity/activity.ts'
import type { Verdict } from '../domain/authority/decide.ts'
import { evaluationsText } from '../domain/policy/evaluations.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import type { Call, Caller, Family, Submission } from '../operation/family.ts'
import { newUuid } from '../platform/ids.ts'
import { chargeFor, overQuota, rootOf } from './admit.ts'
import { storedBody } from './bodies.ts'
import { contextOf } from './context.ts'
import { type Dependencies, isCurrent } from './dependencies.ts'
import { attempt, type Execution, failedWith, failureText, held, storedFailure } from './execute.ts'
import { announcerOf, auditFacts, decidedOn } from './record.ts'

interface Turn {
  call: Call
  caller: Caller
}

/** Submits an activity; `again` when what it was decided on has moved. */
export async function submit(deps: Dependencies, family: Family, turn: Turn): Promise<unknown> {
  const { call, caller } = turn
  const submission = family.parseSubmission(call.json)
  if (submission.operation !== call.operation) throw new AppError('ACTIVITY_TYPE_MISMATCH')
  const fingerprint = sha256(call.request.body)
  if (!isTimely(deps, call, submission.timestampMs)) {
    const known = await findKnown(deps, caller, fingerprint)
    if (known === undefined) throw new AppError('TIMESTAMP_OUTSIDE_WINDOW')
    if (!(await isCurrent(deps, caller))) return 'again'
    return answer({ deps, family, turn }, known)
  }
  return decideAndCommit(deps, family, { turn, submission, fingerprint, exceeded: new Set() })
}

interface Undecided {
  turn: Turn
  submission: Submission
  fingerprint: Buffer
  /** Policies whose limits did not admit it. */
  exceeded: ReadonlySet<string>
}

async function decideAndCommit(
  deps: Dependencies,
  family: Family,
  { turn, submission, fingerprint, exceeded }: Undecided,
): Promise<unknown> {
  const { call, caller } = turn
  const approvals = [caller.ballot]
  const run = { ...turn, submission, submitter: caller.actor, approvals, exceeded }
  const { verdict, execution: executed } = await attempt(deps, run)
  const execution = executed ?? unrun(verdict)
  const announcer = announcerOf(family, caller)
  const decided = { submission, fingerprint, exceeded, execution, verdict, announcer }
  call.watch.lap('prepare')
  const unit = await buildUnit(deps, turn, decided)
  const outcome = await deps.queue.submit(unit)
  call.watch.lap('commit')
  return conclude(deps, family, { ...decided, turn, unit, outcome })
}

/** Whether a body that was never seen may still be accepted. */
export function isTimely(deps: Dependencies, call: Call, timestampMs: number): boolean {
  const ageMs = call.nowMs - timestampMs
  // SECURITY: what was signed before a restore may have run already, without a trace that is left.
  if (timestampMs <= deps.window.acceptedFromMs) return false
  return ageMs <= deps.window.behindMs && ageMs >= -deps.window.aheadMs
}

/** What becomes of a request that does not run. */
function unrun(verdict: Verdict): Execution {
  if (verdict.kind !== 'deny') return held
  return failedWith(new AppError(verdict.explicit ? 'DENIED_EXPLICITLY' : 'NOT_AUTHORIZED'))
}

const DENIALS = new Set<ErrorCode | undefined>(['DENIED_EXPLICITLY', 'NOT_AUTHORIZED'])

interface Decided extends Omit<Undecided, 'turn'> {
  verdict: Verdict
  execution: Execution
  announcer: Unit['announcer']
}

const AUDIT_OUTCOME = {
  COMPLETED: 'accepted',
  CONSENSUS_NEEDED: 'held',
  FAILED: 'failed',
} as const

async function buildUnit(
  deps: Dependencies,
  { call, caller }: Turn,
  { submission, fingerprint, execution, verdict, announcer }: Omit<Decided, 'exceeded'>,
): Promise<Unit & { activity: NonNullable<Unit['activity']> }> {
  const nowMs = deps.clock.now()
  const { organization } = caller
  const denied = DENIALS.has(execution.error?.code)
  const id = newUuid(nowMs)
  const waits = execution.status === 'CONSENSUS_NEEDED'
  const body = await storedBody(deps, {
    call,
    submission,
    organization,
    activityId: id,
    held: waits,
  })
  return {
    id: newUuid(nowMs),
    ...decidedOn(caller),
    audit: auditFacts(
      { operation: call.operation, request: call.request, caller },
      {
        action: submission.version.type,
        outcome: denied ? 'denied' : AUDIT_OUTCOME[execution.status],
        activityId: id,
        bodyHash: fingerprint,
        payload: execution.error === null ? {} : { error: execution.error.code },
      },
    ),
    activity: {
      organization_id: organization.organizationId,
      id,
      fingerprint,
      status: execution.status,
      denied_to: denied ? actorName(caller.actor) : '',
      type: submission.version.type,
      actor_organization_id: caller.actor.organizationId,
      actor_user_id: caller.actor.userId,
      ...body,
      stamp: caller.stamp,
      result: execution.result,
      failure: execution.error === null ? null : failureText(execution.error),
      evaluations: evaluationsText(verdict),
    },
    target: null,
    vote: null,
    end: null,
    announcer,
    charge: chargeFor(deps, caller, execution.signatures),
    charges: execution.charges,
    changes: execution.changes,
    effects: execution.effects,
  }
}

interface Conclusion extends Decided {
  turn: Turn
  unit: Awaited<ReturnType<typeof buildUnit>>
  outcome: Outcome
}

async function conclude(
  deps: Dependencies,
  family: Family,
  conclusion: Conclusion,
): Promise<unknown> {
  const { turn, fingerprint, unit, outcome } = conclusion
  switch (outcome.kind) {
    case 'again':
    case 'tooLate':
      return 'again'
    case 'expired':
      throw new AppError('API_KEY_EXPIRED')
    case 'overQuota':
      throw overQuota(turn.caller, outcome.atMs)
    // Decided anew with that known: refused, or pending until the root quorum lets it pass.
    case 'overLimit': {
      const exceeded = new Set([...conclusion.exceeded, ...outcome.policyIds])
      return decideAndCommit(deps, family, { ...conclusion, exceeded })
    }
    case 'duplicate': {
      const known = await findKnown(deps, turn.caller, fingerprint)
      // Its transaction may have been lost together with the first one's.
      if (known === undefined) throw new AppError('UNAVAILABLE')
      return answer({ deps, family, turn }, known)
    }
    case 'failed': {
      const execution = failedWith(outcome.error)
      const failed = await buildUnit(deps, turn, { ...conclusion, execution })
      const stored = await deps.queue.submit(failed)
      return conclude(deps, family, { ...conclusion, execution, unit: failed, outcome: stored })
    }
    case 'committed': {
      const { seq, atMs } = outcome
      const { signatures } = conclusion.execution
      deps.usage.count(rootOf(turn.caller).organizationId, atMs, { activities: 1, signatures })
      const activity = { ...unit.activity, seq, created_ms: atMs, updated_ms: atMs }
      return answer({ deps, family, turn }, activity)
    }
  }
}

/** The activity that a body already has, as `caller` may see it. */
async function findKnown(
  deps: Dependencies,
  caller: Caller,
  fingerprint: Buffer,
): Promise<ActivityRow | undefined> {
  const { organizationId } = caller.organization
  const rows = await listActivitiesByFingerprint(deps.store.reader, organizationId, fingerprint)
  return rows.find((row) => answers(row.denied_to, actorName(caller.actor)))
}

/** The activity on the wire; a failed one answers with the error that it keeps. */
async function answer(
  { deps, family, turn }: { deps: Dependencies; family: Family; turn: Turn },
  activity: ActivityRow,
): Promise<unknown> {
  const error = storedFailure(activity, turn.caller.actor)
  if (error !== null) throw error
  const fresh = activity.created_ms === activity.updated_ms
  const votes =
    fresh && activity.status !== 'CONSENSUS_NEEDED'
      ? []
      : await listVotes(deps.store.reader, activity.organization_id, activity.id)
  const { call, caller } = turn
  const ctx = contextOf(deps, { call, caller, actor: caller.actor, reader: deps.store.reader })
  return { activity: await family.encodeActivity(ctx, { activity, votes }) }
}
