// SQL of events for webhooks: what was said, what became of it, and saying it again.
import type { Reader, Row, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'
import { type DeliveryLease, type OutboxRow, outboxTable } from '../outbox/outbox.store.ts'

export const webhookEventTable = table('webhook_event', {
  organization_id: 'uuid',
  id: 'uuid',
  source_id: 'uuid',
  seq: 'integer',
  n: 'integer',
  activity_id: 'uuid',
  body_sealed: 'bytes',
  at_ms: 'integer',
  attempts: 'integer',
  first_attempt_ms: 'integer',
  last_attempt_ms: 'integer',
  last_answer: 'text',
  delivered_ms: 'integer',
  outcome: 'text',
})

/** A row of the delivery log, without the body. */
export interface LoggedEvent {
  id: string
  /** The organization whose activity it is about. */
  source_id: string
  /** The number of the audit entry of what happened, in that organization's chain. */
  seq: number
  activity_id: string
  at_ms: number
  attempts: number
  first_attempt_ms: number | null
  last_attempt_ms: number | null
  /** The HTTP status of the last answer, or why there was none. */
  last_answer: string | null
  delivered_ms: number | null
  outcome: string
}

/** Writes events with their places in the outbox. */
export async function insertEvents(
  tx: Tx,
  rows: readonly { event: Row; message: OutboxRow }[],
): Promise<void> {
  await tx.insert(
    webhookEventTable,
    rows.map(({ event }) => event),
  )
  await tx.insert(
    outboxTable,
    rows.map(({ message }) => ({ ...message })),
  )
}

/** The next endpoint with something to deliver, due or not, after `after` in order of id. */
export function findNextEndpoint(
  reader: Reader,
  lane: string,
  after: string,
): Promise<{ organization_id: string; next_at_ms: number } | undefined> {
  return reader.one(
    `select organization_id, next_at_ms from outbox where lane = ? and organization_id > ?u
     order by organization_id, next_at_ms limit 1`,
    lane,
    after,
  )
}

/** A message that an endpoint is to get. */
export type DueMessage = Pick<OutboxRow, 'organization_id' | 'id' | 'attempts'>

/** What an endpoint is to get by now: first attempts in order of each organization's `seq`. */
export function listDueFor(
  reader: Reader,
  organizationId: string,
  due: { lane: string; nowMs: number; limit: number },
): Promise<DueMessage[]> {
  return reader.all<DueMessage>(
    `select organization_id, id, attempts from outbox
     where lane = ? and organization_id = ?u and next_at_ms <= ?
     order by next_at_ms, seq, n limit ?`,
    due.lane,
    organizationId,
    due.nowMs,
    due.limit,
  )
}

export function findEventBody(
  reader: Reader,
  organizationId: string,
  id: string,
): Promise<{ id: string; body_sealed: Buffer } | undefined> {
  return reader.one(
    'select id, body_sealed from webhook_event where organization_id = ?u and id = ?u',
    organizationId,
    id,
  )
}

/** Notes an attempt in the delivery log, unless another process has taken over. */
export async function noteAttempt(
  tx: Tx,
  message: DueMessage,
  attempt: { lease: DeliveryLease; atMs: number; answer: string; outcome: string },
): Promise<void> {
  const { lease, atMs, answer, outcome } = attempt
  await tx.run(
    `update webhook_event set attempts = attempts + 1, last_attempt_ms = ?, last_answer = ?,
       outcome = ?, first_attempt_ms = coalesce(first_attempt_ms, ?),
       delivered_ms = coalesce(?, delivered_ms)
     where organization_id = ?u and id = ?u and exists
       (select 1 from lease where name = ? and holder = ? and epoch = ?)`,
    atMs,
    answer,
    outcome,
    atMs,
    outcome === 'delivered' ? atMs : null,
    message.organization_id,
    message.id,
    lease.name,
    lease.holder,
    lease.epoch,
  )
}

const LOGGED = `id, source_id, seq, activity_id, at_ms, attempts, first_attempt_ms, last_attempt_ms,
  last_answer, delivered_ms, outcome`

/** The events of an endpoint, newest first. @param page.troubled only those not delivered */
export function listEvents(
  reader: Reader,
  organizationId: string,
  page: { troubled: boolean; limit: number },
): Promise<LoggedEvent[]> {
  return reader.all<LoggedEvent>(
    `select ${LOGGED} from webhook_event where organization_id = ?u
     ${page.troubled ? `and outcome <> 'delivered' and attempts > 0` : ''}
     order by id desc limit ?`,
    organizationId,
    page.limit,
  )
}

/** Which events of an endpoint: one, or those about an organization in a range of its `seq`. */
export type EventChoice = { eventId: string } | { sourceId: string; from: number; to: number }

function chosen(choice: EventChoice) {
  return 'eventId' in choice
    ? { where: 'id = ?u', params: [choice.eventId] }
    : {
        where: 'source_id = ?u and seq >= ? and seq <= ?',
        params: [choice.sourceId, choice.from, choice.to],
      }
}

/** How many events of an endpoint are chosen. */
export async function countEvents(
  reader: Reader,
  organizationId: string,
  choice: EventChoice,
): Promise<number> {
  const { where, params } = chosen(choice)
  const row = await reader.one<{ n: number }>(
    `select count(*) as n from webhook_event where organization_id = ?u and ${where}`,
    organizationId,
    ...params,
  )
  return row?.n ?? 0
}

/** Puts events into the outbox again, as they were. @returns how many */
export async function requeueEvents(
  tx: Tx,
  organizationId: string,
  again: { choice: EventChoice; lane: string; dueMs: number; keptMs: number },
): Promise<number> {
  const { where, params } = chosen(again.choice)
  await tx.run(
    `insert into outbox (organization_id, id, seq, n, lane, kind, payload_sealed, attempts,
       next_at_ms, expires_ms)
     select organization_id, id, seq, n, cast(? as text), 'activity', substr(body_sealed, 1, 0),
       0, cast(? as bigint), at_ms + cast(? as bigint)
     from webhook_event where organization_id = ?u and ${where}
     on conflict (organization_id, id) do update set attempts = 0, next_at_ms = excluded.next_at_ms`,
    again.lane,
    again.dueMs,
    again.keptMs,
    organizationId,
    ...params,
  )
  return tx.run(
    `update webhook_event set outcome = 'waiting' where organization_id = ?u and ${where}`,
    organizationId,
    ...params,
  )
}

/** Removes events from before `untilMs`. @returns how many it removed; at most `limit` */
export function pruneEvents(tx: Tx, untilMs: number, limit: number): Promise<number> {
  return tx.run(
    `delete from webhook_event where (organization_id, id) in
       (select organization_id, id from webhook_event where at_ms < ? order by at_ms limit ?)`,
    untilMs,
    limit,
  )
}
