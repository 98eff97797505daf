// Events: one change of an activity, in the words in which its organization's endpoint is told.
import { newUuid } from '../../platform/ids.ts'
import type { Row } from '../../store/engine.ts'
import type { ActivityRow, VoteRow } from '../activity/activity.ts'
import type { DataKey } from '../keyvault/dataKeys.ts'
import { secretPlace } from '../keyvault/sealedColumns.ts'
import type { OutboxRow } from '../outbox/outbox.store.ts'
import type { DescribeActivity } from './announcer.ts'

/** The lane of the outbox in which events wait. */
export const WEBHOOK_LANE = 'webhook'

const DAY_MS = 24 * 60 * 60 * 1000

/** How long an event is kept: it can be replayed as long. */
export const KEPT_MS = 30 * DAY_MS

/** First attempts are due whatever the clock says: then `seq` alone orders them. */
export const AT_ONCE_MS = 0

/** How long after each failure an event is tried again; after the last one it is given up. */
export const RETRY_SECONDS = [
  5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 72_000,
] as const

/** `refused`: the receiver wants it no more, or there is none. `failed`: given up. */
export type EventOutcome = 'waiting' | 'delivered' | 'refused' | 'failed'

/** Something that happened to an activity. */
export interface Occurrence {
  activity: ActivityRow
  votes: readonly VoteRow[]
  /** The number of the audit entry of what happened, in the chain of the activity's organization. */
  seq: number
  /** Its place among what happened by that entry. */
  n: number
  atMs: number
}

/** An event as it is sent, the same at every attempt. */
export interface WebhookEvent {
  id: string
  body: Buffer
}

/** @returns the event: the activity at top level, with `seq` as decimal text */
export function eventOf(occurrence: Occurrence, describe: DescribeActivity): WebhookEvent {
  const { activity, votes, seq, atMs } = occurrence
  const described = describe({ activity, votes, nowMs: atMs })
  const body = JSON.stringify({ ...described, seq: String(seq) })
  return { id: newUuid(atMs), body: Buffer.from(body) }
}

/** The rows of an event for one endpoint: what is kept of it, and its place in the outbox. */
export function eventRows(
  { activity, seq, n, atMs }: Occurrence,
  { id, body }: WebhookEvent,
  endpoint: { organizationId: string; dataKey: DataKey },
): { event: Row; message: OutboxRow } {
  const { organizationId, dataKey } = endpoint
  return {
    event: {
      organization_id: organizationId,
      id,
      source_id: activity.organization_id,
      seq,
      n,
      activity_id: activity.id,
      body_sealed: dataKey.seal(secretPlace('webhook_event', id), body),
      at_ms: atMs,
      attempts: 0,
      first_attempt_ms: null,
      last_attempt_ms: null,
      last_answer: null,
      delivered_ms: null,
      outcome: 'waiting' satisfies EventOutcome,
    },
    message: {
      organization_id: organizationId,
      id,
      seq,
      n,
      lane: WEBHOOK_LANE,
      kind: 'activity',
      // The event has its own row, which stays when this one is erased.
      payload_sealed: Buffer.alloc(0),
      attempts: 0,
      next_at_ms: AT_ONCE_MS,
      expires_ms: atMs + KEPT_MS,
    },
  }
}

/** @throws Error when the row is not what was written */
export function openBody(dataKey: DataKey, row: { id: string; body_sealed: Buffer }): Buffer {
  return dataKey.open(secretPlace('webhook_event', row.id), row.body_sealed)
}
