// The vote stage: approvals and rejections of an activity that waits for them.
import { sha256 } from '@keystead/crypto/node'
import type { Unit } from '../commit/unit.ts'
import { endOfWaiting } from '../commit/waiting.ts'
import {
  type ActivityEnd,
  listActivitiesByFingerprint,
  listVotes,
} from '../domain/activity/activity.store.ts'
import type { ActivityRow, Actor, VoteRow } from '../domain/activity/activity.ts'
import {
  type Ballot,
  type DecisionInput,
  decidingOrganization,
  mayVote,
} from '../domain/authority/decide.ts'
import { Tampered } from '../domain/audit/head.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import { evaluationsText } from '../domain/policy/evaluations.ts'
import { AppError, assert } from '../errors.ts'
import { decisionInput } from '../operation/decision.ts'
import type { Call, Caller, Family, Submission } from '../operation/family.ts'
import type { VoteOperation } from '../operation/operation.ts'
import { newUuid } from '../platform/ids.ts'
import { parseStrictJson } from '../platform/strictJson.ts'
import { chargeFor, overQuota, rootOf } from './admit.ts'
import { acceptedJson, signedBody } from './bodies.ts'
import { contextOf } from './context.ts'
import { type Dependencies, isCurrent } from './dependencies.ts'
import { attempt, type Attempt, type Execution, failedWith, failureText } from './execute.ts'
import { announcerOf, auditFacts, decidedOn } from './record.ts'
import { isTimely } from './submit.ts'

interface Turn {
  call: Call
  caller: Caller
}

interface Poll extends Turn {
  operation: VoteOperation
  activity: ActivityRow
  votes: VoteRow[]
  announcer: Unit['announcer']
}

/** Casts a vote; `again` when the activity or the organization moved meanwhile. */
export async function vote(deps: Dependencies, family: Family, turn: Turn): Promise<unknown> {
  const { call, caller } = turn
  assert(call.operation.kind === 'vote', 'the operation is a vote')
  const { fingerprint, timestampMs } = family.parseVote(call.json, call.operation)
  const { organizationId } = caller.organization
  const found = await listActivitiesByFingerprint(deps.store.reader, organizationId, fingerprint)
  const activity = found.find((row) => row.denied_to === '')
  if (activity === undefined) throw new AppError('FINGERPRINT_NOT_FOUND')
  const votes = await listVotes(deps.store.reader, organizationId, activity.id)
  const announcer = announcerOf(family, caller)
  const poll: Poll = { ...turn, operation: call.operation, activity, votes, announcer }
  const earlier = earlierVote(poll)
  if (activity.status !== 'CONSENSUS_NEEDED' || earlier === call.operation.selection) {
    return (await isCurrent(deps, caller)) ? answer(deps, family, poll) : 'again'
  }
  if (earlier !== undefined) throw new AppError('ALREADY_VOTED')
  if (!isTimely(deps, call, timestampMs)) throw new AppError('TIMESTAMP_OUTSIDE_WINDOW')
  refuseForeignVoter(poll)
  const held = await readHeld(deps, family, poll)
  return cast(deps, family, { ...poll, ...held, exceeded: new Set() })
}

/** A vote counts only in the organization whose quorum decides. */
function refuseForeignVoter(poll: Poll): void {
  const { organization, actor } = poll.caller
  const polling = pollingOrganization(poll).organizationId
  if (actor.organizationId === polling) return
  const target = organization.organizationId
  const voters = polling === target ? actor.organizationId : polling
  throw new AppError('ORGANIZATION_MISMATCH', { mismatch: { target, voters } })
}

/** The organization whose quorum decides: the submitter's. */
function pollingOrganization({ activity, caller }: Poll): Snapshot {
  return decidingOrganization({ organizationId: activity.actor_organization_id }, caller)
}

function earlierVote({
  activity,
  votes,
  caller: { actor },
}: Poll): VoteRow['selection'] | undefined {
  const { organizationId, userId } = actor
  if (activity.actor_organization_id === organizationId && activity.actor_user_id === userId) {
    return 'APPROVED'
  }
  return votes.find(
    (row) => row.voter_organization_id === organizationId && row.voter_user_id === userId,
  )?.selection
}

/** What was submitted, and whose approvals of it count so far. */
interface Held {
  submission: Submission
  approvals: readonly Ballot[]
}

interface Casting extends Poll, Held {
  /** Policies whose limits did not admit what is voted on. */
  exceeded: ReadonlySet<string>
}

/** @throws Tampered when what is stored is not what was submitted */
async function readHeld(deps: Dependencies, family: Family, poll: Poll): Promise<Held> {
  const { activity } = poll
  const body = await signedBody(deps, activity)
  const submission = family.parseSubmission(acceptedJson(body))
  if (submission.organizationId !== activity.organization_id) {
    throw new Tampered(`activity ${activity.id} was copied from another organization`)
  }
  return { submission, approvals: storedBallots(family, poll, body) }
}

function submitterOf({ activity }: Poll): Actor {
  const { actor_organization_id: organizationId, actor_user_id: userId } = activity
  return { organizationId, userId }
}

/** The unit that rejects what the vote came too late for. */
function endOfTarget(deps: Dependencies, { activity, announcer }: Poll): Unit {
  const { id, organization_id: organizationId } = activity
  return endOfWaiting(deps, organizationId, { activityIds: [id], announcer })
}

function heldInput(deps: Dependencies, casting: Casting): DecisionInput {
  const { submission } = casting
  const actor = submitterOf(casting)
  const ctx = contextOf(deps, { ...casting, actor, reader: deps.store.reader })
  return decisionInput(ctx, submission, casting)
}

async function cast(deps: Dependencies, family: Family, poll: Casting): Promise<unknown> {
  const { caller, operation } = poll
  if (!(await mayVote(heldInput(deps, poll), caller.actor))) throw new AppError('NOT_AUTHORIZED')
  const approvals = [...poll.approvals, caller.ballot]
  // Decided anew with this vote, and run when that is enough.
  const attempted =
    operation.selection === 'REJECTED'
      ? REJECTED
      : await attempt(deps, { ...poll, submitter: submitterOf(poll), approvals })
  poll.call.watch.lap('prepare')
  const unit = buildUnit(deps, poll, attempted)
  const outcome = await deps.queue.submit(unit)
  poll.call.watch.lap('commit')
  switch (outcome.kind) {
    case 'again':
    case 'duplicate':
      return 'again'
    case 'tooLate':
      await deps.queue.submit(endOfTarget(deps, poll))
      return 'again'
    case 'expired':
      throw new AppError('API_KEY_EXPIRED')
    case 'overLimit': {
      const exceeded = new Set([...poll.exceeded, ...outcome.policyIds])
      return cast(deps, family, { ...poll, exceeded })
    }
    case 'overQuota':
      throw overQuota(poll.caller, outcome.atMs)
    case 'committed': {
      const signatures = executionOf(attempted)?.signatures ?? 0
      const used = { activities: 0, signatures }
      deps.usage.count(rootOf(poll.caller).organizationId, outcome.atMs, used)
      return answer(deps, family, applied(poll, unit, outcome.atMs))
    }
    case 'failed': {
      assert(attempted !== REJECTED, 'a rejection has no effects')
      const ended = buildUnit(deps, poll, { ...attempted, execution: failedWith(outcome.error) })
      const stored = await deps.queue.submit(ended)
      return stored.kind === 'committed'
        ? answer(deps, family, applied(poll, ended, stored.atMs))
        : 'again'
    }
  }
}

/** SECURITY: the stamps of stored votes are verified again before they count. */
function storedBallots(family: Family, poll: Poll, body: Buffer): Ballot[] {
  const { activity, votes } = poll
  const submitted = {
    voter: submitterOf(poll),
    body,
    stamp: activity.stamp,
  }
  const approvals = votes
    .filter((row) => row.selection === 'APPROVED' && namesActivity(family, poll, row))
    .map((row) => ({
      voter: { organizationId: row.voter_organization_id, userId: row.voter_user_id },
      body: row.body,
      stamp: row.stamp,
    }))
  const { organization, parent } = poll.caller
  const place = { home: pollingOrganization(poll), organization, parent }
  return [submitted, ...approvals].flatMap((stored) => family.ballotOf(stored, place) ?? [])
}

/** Whether the body that a voter signed approves this activity; one that does not parse does not. */
function namesActivity(family: Family, { activity, operation }: Poll, { body }: VoteRow): boolean {
  const parsed = parseStrictJson(body)
  if (!parsed.ok) return false
  try {
    const vote = family.parseVote(parsed.value, operation)
    const here = vote.organizationId === activity.organization_id
    return here && vote.fingerprint.equals(activity.fingerprint)
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

/** What a vote does: it rejects, or it approves with what came of that. */
const REJECTED = 'rejected'
type Effect = typeof REJECTED | Attempt

/** What runs by it; null also for an approval that is not yet enough. */
function executionOf(effect: Effect): Execution | null {
  return effect === REJECTED ? null : effect.execution
}

function buildUnit(deps: Dependencies, poll: Poll, effect: Effect): Unit {
  const { activity, call, caller, operation, votes } = poll
  const nowMs = deps.clock.now()
  const end = endOf(activity, effect)
  const execution = executionOf(effect)
  return {
    id: newUuid(nowMs),
    ...decidedOn(caller),
    audit: auditFacts(
      { operation, request: call.request, caller },
      {
        action: operation.type,
        outcome: effect === REJECTED ? 'rejected' : 'accepted',
        activityId: activity.id,
        bodyHash: sha256(call.request.body),
        payload: end === null ? {} : { ends: end.status },
      },
    ),
    activity: null,
    target: {
      activityId: activity.id,
      status: activity.status,
      votes: votes.length,
      untilMs: activity.created_ms + deps.window.pendingMs,
    },
    vote: {
      organization_id: activity.organization_id,
      activity_id: activity.id,
      voter_organization_id: caller.actor.organizationId,
      voter_user_id: caller.actor.userId,
      id: newUuid(nowMs),
      selection: operation.selection,
      body: call.request.body,
      stamp: caller.stamp,
      evaluations: effect === REJECTED ? null : evaluationsText(effect.verdict),
    },
    end,
    announcer: poll.announcer,
    charge: chargeFor(deps, caller, execution?.signatures ?? 0),
    charges: execution?.charges ?? [],
    changes: execution?.changes ?? 'nothing',
    effects: execution?.effects ?? null,
  }
}

function endOf({ id }: ActivityRow, effect: Effect): ActivityEnd | null {
  if (effect === REJECTED) return { id, status: 'REJECTED', result: null, failure: null }
  const { execution } = effect
  if (execution === null) return null
  const failure = execution.error === null ? null : failureText(execution.error)
  return { id, status: execution.status, result: execution.result, failure }
}

/** The poll as it stands after `unit` was committed. */
function applied(poll: Poll, unit: Unit, atMs: number): Poll {
  const votes =
    unit.vote === null ? poll.votes : [...poll.votes, { ...unit.vote, created_ms: atMs }]
  const activity =
    unit.end === null ? poll.activity : { ...poll.activity, ...unit.end, updated_ms: atMs }
  return { ...poll, activity, votes }
}

async function answer(deps: Dependencies, family: Family, poll: Poll): Promise<unknown> {
  const { activity, votes, caller } = poll
  const ctx = contextOf(deps, { ...poll, actor: caller.actor, reader: deps.store.reader })
  return { activity: await family.encodeActivity(ctx, { activity, votes }) }
}
