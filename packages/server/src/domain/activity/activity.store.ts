// SQL of activities and votes.
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { Reader, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'
import type { ActivityRow, ActivityStatus, VoteRow } from './activity.ts'

export const activityTable = table('activity', {
  organization_id: 'uuid',
  id: 'uuid',
  fingerprint: 'bytes',
  seq: 'integer',
  status: 'text',
  denied_to: 'text',
  type: 'text',
  actor_organization_id: 'uuid',
  actor_user_id: 'uuid',
  body: 'bytes',
  stamp: 'text',
  result: 'text',
  failure: 'text',
  created_ms: 'integer',
  updated_ms: 'integer',
  redacted: 'integer',
  sealed_body: 'bytes',
  evaluations: 'text',
})

export const voteTable = table('vote', {
  organization_id: 'uuid',
  activity_id: 'uuid',
  voter_organization_id: 'uuid',
  voter_user_id: 'uuid',
  id: 'uuid',
  selection: 'text',
  body: 'bytes',
  stamp: 'text',
  created_ms: 'integer',
  evaluations: 'text',
})

const ACTIVITY_COLUMNS = Object.keys(activityTable.columns).join(', ')
const VOTE_COLUMNS = Object.keys(voteTable.columns).join(', ')

export function findActivity(
  reader: Reader,
  organizationId: string,
  id: string,
): Promise<ActivityRow | undefined> {
  return reader.one<ActivityRow>(
    `select ${ACTIVITY_COLUMNS} from activity where organization_id = ?u and id = ?u`,
    organizationId,
    id,
  )
}

/** The activities with that fingerprint: at most one that was not denied, and denied ones. */
export function listActivitiesByFingerprint(
  reader: Reader,
  organizationId: string,
  fingerprint: Buffer,
): Promise<ActivityRow[]> {
  return reader.all<ActivityRow>(
    `select ${ACTIVITY_COLUMNS} from activity
     where organization_id = ?u and fingerprint = ?`,
    organizationId,
    fingerprint,
  )
}

/** The votes on an activity after the submitter's own, oldest first. */
export function listVotes(
  reader: Reader,
  organizationId: string,
  activityId: string,
): Promise<VoteRow[]> {
  return reader.all<VoteRow>(
    `select ${VOTE_COLUMNS} from vote where organization_id = ?u and activity_id = ?u
     order by created_ms, id`,
    organizationId,
    activityId,
  )
}

/** What guards a vote: the target's status and how many votes it has. */
export function findVotingState(
  reader: Reader,
  organizationId: string,
  activityId: string,
): Promise<{ status: ActivityStatus; votes: number } | undefined> {
  return reader.one(
    `select status, (select count(*) from vote v
       where v.organization_id = activity.organization_id and v.activity_id = activity.id) as votes
     from activity where organization_id = ?u and id = ?u`,
    organizationId,
    activityId,
  )
}

export interface ActivityEnd {
  id: string
  status: ActivityStatus
  result: string | null
  failure: string | null
}

/** Ends an activity; the original of its body is erased. */
export async function updateActivity(
  tx: Tx,
  organizationId: string,
  end: ActivityEnd & { updatedMs: number },
): Promise<void> {
  await tx.run(
    `update activity set status = ?, result = ?, failure = ?, updated_ms = ?, sealed_body = null
     where organization_id = ?u and id = ?u`,
    end.status,
    end.result,
    end.failure,
    end.updatedMs,
    organizationId,
    end.id,
  )
}

/** Rejects what waits for votes; the originals of the bodies are erased. */
export async function rejectWaiting(
  tx: Tx,
  { organizationId, nowMs }: { organizationId: string; nowMs: number },
): Promise<void> {
  await tx.run(
    `update activity set status = 'REJECTED', updated_ms = ?, sealed_body = null
     where organization_id = ?u and status = 'CONSENSUS_NEEDED'`,
    nowMs,
    organizationId,
  )
}

/** An activity that waits for votes. */
export interface WaitingActivity {
  organization_id: string
  id: string
  created_ms: number
}

/**
 * A page of the activities of all organizations that wait since `untilMs` or longer, oldest first.
 * @param page.after the last one of the page before
 */
export function listWaiting(
  reader: Reader,
  untilMs: number,
  page: { after: WaitingActivity | null; limit: number },
): Promise<WaitingActivity[]> {
  const { after, limit } = page
  return reader.all<WaitingActivity>(
    `select organization_id, id, created_ms from activity
     where status = 'CONSENSUS_NEEDED' and created_ms <= ?
       and (created_ms, organization_id, id) > (?, ?u, ?u)
     order by created_ms, organization_id, id limit ?`,
    untilMs,
    after?.created_ms ?? 0,
    after?.organization_id ?? INSTANCE_ID,
    after?.id ?? INSTANCE_ID,
    limit,
  )
}

/** Rejects those that wait since `untilMs` or longer; the originals of the bodies are erased. */
export async function rejectExpired(
  tx: Tx,
  organizationId: string,
  expired: { ids: readonly string[]; untilMs: number; nowMs: number },
): Promise<void> {
  for (const id of expired.ids) {
    await tx.run(
      `update activity set status = 'REJECTED', updated_ms = ?, sealed_body = null
       where organization_id = ?u and id = ?u and status = 'CONSENSUS_NEEDED' and created_ms <= ?`,
      expired.nowMs,
      organizationId,
      id,
      expired.untilMs,
    )
  }
}

export interface ActivityPage {
  limit: number
  /** The id of an activity: only those before it in the list, which are newer. */
  before: string | null
  /** The id of an activity: only those after it in the list, which are older. */
  after: string | null
  statuses: readonly string[]
  types: readonly string[]
}

/** Repeats the last value up to a power of two: few lengths make few prepared statements. */
function padded(values: readonly string[]): readonly string[] {
  const last = values.at(-1)
  if (last === undefined) return values
  const length = 2 ** Math.ceil(Math.log2(values.length))
  return [...values, ...Array.from({ length: length - values.length }, () => last)]
}

function oneOfMarks(column: 'status' | 'type', values: readonly string[]): string {
  return values.length === 0 ? '' : `and ${column} in (${values.map(() => '?').join(', ')})`
}

/** A page of activities, newest first; an unknown cursor gives none. */
export async function listActivities(
  reader: Reader,
  organizationId: string,
  page: ActivityPage,
): Promise<ActivityRow[]> {
  const { before, after, statuses, types, limit } = page
  const backwards = before !== null && after === null
  const place = '(select seq from activity where organization_id = ?u and id = ?u)'
  const statusFilter = padded(statuses)
  const typeFilter = padded(types)
  const rows = await reader.all<ActivityRow>(
    `select ${ACTIVITY_COLUMNS} from activity where organization_id = ?u
     ${before === null ? '' : `and seq > ${place}`} ${after === null ? '' : `and seq < ${place}`}
     ${oneOfMarks('status', statusFilter)}
     ${oneOfMarks('type', typeFilter)}
     order by seq ${backwards ? 'asc' : 'desc'} limit ?`,
    organizationId,
    ...(before === null ? [] : [organizationId, before]),
    ...(after === null ? [] : [organizationId, after]),
    ...statusFilter,
    ...typeFilter,
    limit,
  )
  return backwards ? rows.reverse() : rows
}

export type FingerprintMatch = Pick<
  ActivityRow,
  'organization_id' | 'id' | 'fingerprint' | 'denied_to'
>
