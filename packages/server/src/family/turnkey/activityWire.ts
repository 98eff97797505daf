// The Activity object of the Turnkey API, with its intent, result and votes.
import { sha256 } from '@keystead/crypto/node'
import { z } from 'zod'
import type { ActivityRow, Actor } from '../../domain/activity/activity.ts'
import { mayVote } from '../../domain/authority/decide.ts'
import type { Snapshot } from '../../domain/organization/model.ts'
import { assert } from '../../errors.ts'
import type { Context } from '../../operation/context.ts'
import { decisionInput } from '../../operation/decision.ts'
import type { ActivityView, StoredVote } from '../../operation/family.ts'
import type { ActivityOperation } from '../../operation/operation.ts'
import type { ActivityVersion } from '../../operation/registry.ts'
import { uuidFromBytes, uuidToBytes } from '../../platform/ids.ts'
import type { JsonValue } from '../../platform/strictJson.ts'
import { wireFailure } from './errors.ts'
import { parseProof } from './proof.ts'
import { time, wireTime } from './time.ts'
import { dropNulls, findUser, wireUser } from './wire.ts'

export const activityStatuses = [
  'ACTIVITY_STATUS_CREATED',
  'ACTIVITY_STATUS_PENDING',
  'ACTIVITY_STATUS_COMPLETED',
  'ACTIVITY_STATUS_FAILED',
  'ACTIVITY_STATUS_CONSENSUS_NEEDED',
  'ACTIVITY_STATUS_REJECTED',
  'ACTIVITY_STATUS_AUTHENTICATORS_NEEDED',
] as const

export const activityResult = z.object({
  id: z.uuid(),
  organizationId: z.uuid(),
  status: z.enum(activityStatuses),
  type: z.string(),
  intent: z.record(z.string(), z.unknown()),
  result: z.record(z.string(), z.unknown()),
  votes: z.array(z.record(z.string(), z.unknown())),
  fingerprint: z.string(),
  canApprove: z.boolean(),
  canReject: z.boolean(),
  createdAt: time,
  updatedAt: time,
  failure: z.record(z.string(), z.unknown()).nullable(),
})

export const exampleActivity: z.input<typeof activityResult> = {
  id: '019a0000-0000-7000-8000-000000000006',
  organizationId: '019a0000-0000-7000-8000-000000000000',
  status: 'ACTIVITY_STATUS_COMPLETED',
  type: 'ACTIVITY_TYPE_UPDATE_ROOT_QUORUM',
  intent: {
    updateRootQuorumIntent: { threshold: 1, userIds: ['019a0000-0000-7000-8000-000000000002'] },
  },
  result: { updateRootQuorumResult: {} },
  votes: [],
  fingerprint: `sha256:${'0'.repeat(64)}`,
  canApprove: false,
  canReject: false,
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
  failure: null,
}

/** The record and version of every activity type; filled from the records at start. */
const versions = new Map<string, ActivityVersion>()

/** Makes the types of an activity known to the encoder. */
export function registerVersions(operation: ActivityOperation): void {
  for (const version of operation.versions) versions.set(version.type, { operation, version })
}

type Place = Pick<Context, 'organization' | 'parent' | 'nowMs'>

/** An activity as `ctx.actor` sees it. */
export async function encodeActivity(
  ctx: Context,
  view: ActivityView,
): Promise<z.input<typeof activityResult>> {
  const votable = await canVote(ctx, view)
  return { ...wireActivity(ctx, view, ctx.actor), canApprove: votable, canReject: votable }
}

/** An activity as somebody sees it who is no user. */
export function describeActivity(place: Place, view: ActivityView): z.input<typeof activityResult> {
  return wireActivity(place, view, place.organization)
}

function wireActivity(
  place: Place,
  view: ActivityView,
  viewer: Pick<Actor, 'organizationId'>,
): z.input<typeof activityResult> {
  const { activity } = view
  const { version: keys } = versionOf(activity)
  const result: unknown = activity.result === null ? null : JSON.parse(activity.result)
  return {
    id: activity.id,
    organizationId: activity.organization_id,
    status: `ACTIVITY_STATUS_${activity.status}`,
    type: activity.type,
    intent: { [keys.intentKey]: dropNulls(parametersOf(activity)) },
    result: result === null ? {} : { [keys.resultKey]: result },
    votes: encodeVotes(place, view),
    fingerprint: `sha256:${activity.fingerprint.toString('hex')}`,
    canApprove: false,
    canReject: false,
    createdAt: wireTime(activity.created_ms),
    updatedAt: wireTime(activity.updated_ms),
    failure: wireFailure(activity, viewer),
  }
}

function versionOf({ type }: ActivityRow): ActivityVersion {
  const known = versions.get(type)
  assert(known !== undefined, 'a stored activity has a known type')
  return known
}

function parametersOf({ body }: ActivityRow): JsonValue {
  const json = JSON.parse(body.toString('utf8')) as { parameters?: JsonValue }
  return json.parameters ?? {}
}

async function canVote(ctx: Context, { activity, votes }: ActivityView): Promise<boolean> {
  if (activity.status !== 'CONSENSUS_NEEDED') return false
  if (ctx.nowMs >= activity.created_ms + ctx.pendingMs) return false
  const viewer = ctx.actor
  const voted =
    activity.actor_user_id === viewer.userId ||
    votes.some((row) => row.voter_user_id === viewer.userId)
  if (voted) return false
  const { operation, version } = versionOf(activity)
  const submitted = dropNulls(parametersOf(activity))
  const parsed = version.params.safeParse(submitted)
  // A body whose secrets were left out need not fit its schema any more: then policies see nothing.
  const asked = parsed.success ? operation : { ...operation, ownUser: () => null }
  const params = parsed.success ? version.upgrade(parsed.data) : undefined
  const rootQuorumOnly = operation.rootQuorumOnly || !parsed.success
  const submission = { operation: { ...asked, rootQuorumOnly }, version, params, submitted }
  const submitter = {
    organizationId: activity.actor_organization_id,
    userId: activity.actor_user_id,
  }
  const standing = { approvals: [], exceeded: new Set<string>() }
  return mayVote(decisionInput({ ...ctx, actor: submitter }, submission, standing), viewer)
}

function encodeVotes({ organization, parent, nowMs }: Place, { activity, votes }: ActivityView) {
  const shared = { snapshots: [organization, parent], activityId: activity.id, nowMs }
  const submitted = {
    id: firstVoteId(activity),
    voter: { organizationId: activity.actor_organization_id, userId: activity.actor_user_id },
    body: activity.body,
    stamp: activity.stamp,
    selection: 'APPROVED',
    createdMs: activity.created_ms,
  }
  const later = votes.map((row) => ({
    id: row.id,
    voter: { organizationId: row.voter_organization_id, userId: row.voter_user_id },
    body: row.body,
    stamp: row.stamp,
    selection: row.selection,
    createdMs: row.created_ms,
  }))
  return [submitted, ...later].map((cast) => encodeVote(shared, cast))
}

interface CastVote extends StoredVote {
  id: string
  selection: string
  createdMs: number
}

function encodeVote(
  shared: { snapshots: readonly (Snapshot | null)[]; activityId: string; nowMs: number },
  cast: CastVote,
) {
  return {
    id: cast.id,
    userId: cast.voter.userId,
    user: wireUser(findUser(shared.snapshots, cast.voter.userId), shared.nowMs),
    activityId: shared.activityId,
    selection: `VOTE_SELECTION_${cast.selection}`,
    message: cast.body.toString('utf8'),
    ...parseProof(cast.stamp).wire(shared.snapshots),
    createdAt: wireTime(cast.createdMs),
  }
}

/** The submitter's vote is a view of the activity; its id is derived from the activity's. */
export function firstVoteId({ id }: ActivityRow): string {
  return derivedId('vote', id)
}

/** The id of what is a view of the thing with `id`. */
export function derivedId(what: string, id: string): string {
  const bytes = sha256(Buffer.concat([Buffer.from(what), uuidToBytes(id)])).subarray(0, 16)
  bytes[6] = 0x80 | (bytes.readUInt8(6) & 0x0f)
  bytes[8] = 0x80 | (bytes.readUInt8(8) & 0x3f)
  return uuidFromBytes(bytes)
}
