// Activities: one request to change or use something, with its votes and its outcome.
import { AppError, type ErrorDetails, isErrorCode } from '../../errors.ts'
import { type KeptEvaluation, readEvaluations } from '../policy/evaluations.ts'

export type ActivityStatus = 'COMPLETED' | 'FAILED' | 'CONSENSUS_NEEDED' | 'REJECTED'

/** A row of `activity`. */
export interface ActivityRow {
  organization_id: string
  id: string
  fingerprint: Buffer
  seq: number
  status: ActivityStatus
  /** Whom it was denied to, as `actorName` says it: it answers nobody else. Empty: not denied. */
  denied_to: string
  type: string
  actor_organization_id: string
  actor_user_id: string
  /** What the submitter signed, byte for byte, unless it is `redacted`. */
  body: Buffer
  /** The stamp header as received: `<header name>:<value>`. */
  stamp: string
  /** JSON, once completed. */
  result: string | null
  /** JSON of a `Failure`. */
  failure: string | null
  created_ms: number
  updated_ms: number
  /** 1 when secrets are left out of the body, as empty texts. The fingerprint is the original's. */
  redacted: number | null
  /** The original of a redacted body while it waits for votes, sealed under the data key. */
  sealed_body: Buffer | null
  /** JSON of what the policies came to, as `evaluationsText` writes it. */
  evaluations: string | null
}

export type VoteSelection = 'APPROVED' | 'REJECTED'

/** A row of `vote`: a vote after the submitter's own. */
export interface VoteRow {
  organization_id: string
  activity_id: string
  voter_organization_id: string
  voter_user_id: string
  id: string
  selection: VoteSelection
  body: Buffer
  stamp: string
  created_ms: number
  /** As with an activity. */
  evaluations: string | null
}

/** Somebody who acts: a user, in the organization it belongs to. */
export interface Actor {
  organizationId: string
  userId: string
}

/** An actor as one text. */
export function actorName({ organizationId, userId }: Actor): string {
  return `${organizationId}/${userId}`
}

/** Whether an activity answers `submitter`'s same body: a denial cannot burn another user's body. */
export function answers(deniedTo: string, submitter: string): boolean {
  return deniedTo === '' || deniedTo === submitter
}

/**
 * What the policies came to of which a row keeps that, as `viewer` may see it. They are policies of
 * the submitter's organization: whoever may read the organization of the activity may read its own,
 * but not those of its parent.
 */
export function evaluationsFor(
  viewer: Pick<Actor, 'organizationId'>,
  { actor_organization_id: home, organization_id: target }: ActivityRow,
  { evaluations }: Pick<ActivityRow, 'evaluations'>,
): KeptEvaluation[] {
  return home === target || home === viewer.organizationId ? readEvaluations(evaluations) : []
}

/** The error that an activity keeps, as `viewer` may see it; null when it keeps none. */
export function keptFailure(
  activity: ActivityRow,
  viewer: Pick<Actor, 'organizationId'>,
): AppError | null {
  if (activity.failure === null) return null
  const { code, details } = JSON.parse(activity.failure) as { code: string; details: ErrorDetails }
  const evaluations = evaluationsFor(viewer, activity, activity)
  return new AppError(isErrorCode(code) ? code : 'INTERNAL', { ...details, evaluations })
}
