// SQL of the outbox: messages are written with what they announce, and erased when they are over.
import type { Reader, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'

export const outboxTable = table('outbox', {
  organization_id: 'uuid',
  id: 'uuid',
  seq: 'integer',
  n: 'integer',
  lane: 'text',
  kind: 'text',
  payload_sealed: 'bytes',
  attempts: 'integer',
  next_at_ms: 'integer',
  expires_ms: 'integer',
})

const COLUMNS = Object.keys(outboxTable.columns).join(', ')

export interface OutboxRow {
  organization_id: string
  id: string
  /** The number of the audit entry of what the message announces. */
  seq: number
  /** Its place among the messages of that entry. */
  n: number
  lane: string
  kind: string
  /** Empty where the lane keeps what it says in a table of its own. */
  payload_sealed: Buffer
  /** How often delivery has failed. */
  attempts: number
  next_at_ms: number
  expires_ms: number
}

/** Puts sealed messages into the outbox, in this order. @param seq that of the unit's entry */
export async function insertMessages(
  tx: Tx,
  messages: readonly Omit<OutboxRow, 'seq' | 'n' | 'attempts'>[],
  seq: number,
): Promise<void> {
  const rows = messages.map((message, n) => ({ ...message, seq, n, attempts: 0 }))
  await tx.insert(outboxTable, rows)
}

/** Takes messages back that were not delivered yet. */
export async function deleteMessages(
  tx: Tx,
  organizationId: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    await tx.run('delete from outbox where organization_id = ?u and id = ?u', organizationId, id)
  }
}

/** What a lane has to deliver by now, longest due first. */
export function listDueMessages(
  reader: Reader,
  due: { lane: string; nowMs: number; limit: number },
): Promise<OutboxRow[]> {
  return reader.all<OutboxRow>(
    `select ${COLUMNS} from outbox
     where lane = ? and next_at_ms <= ? order by next_at_ms, seq, n limit ?`,
    due.lane,
    due.nowMs,
    due.limit,
  )
}

/** What a lane has still to deliver, due or not. */
export function listMessages(
  reader: Reader,
  page: { lane: string; limit: number },
): Promise<OutboxRow[]> {
  return reader.all<OutboxRow>(
    `select ${COLUMNS} from outbox where lane = ? order by next_at_ms, seq, n limit ?`,
    page.lane,
    page.limit,
  )
}

/** Messages whose time is over, delivered or not. */
export function listExpiredMessages(
  reader: Reader,
  expired: { nowMs: number; limit: number },
): Promise<OutboxRow[]> {
  return reader.all<OutboxRow>(
    `select ${COLUMNS} from outbox where expires_ms <= ? order by expires_ms limit ?`,
    expired.nowMs,
    expired.limit,
  )
}

/** Who delivers, and until when nobody else has done so: both are part of every statement. */
export interface DeliveryLease {
  name: string
  holder: string
  epoch: number
}

type MessageKey = Pick<OutboxRow, 'organization_id' | 'id'>

/** Erases a message, unless another process has taken over. */
export async function eraseMessage(tx: Tx, row: MessageKey, lease: DeliveryLease): Promise<void> {
  await tx.run(
    `delete from outbox where organization_id = ?u and id = ?u and exists
       (select 1 from lease where name = ? and holder = ? and epoch = ?)`,
    row.organization_id,
    row.id,
    lease.name,
    lease.holder,
    lease.epoch,
  )
}

/** Counts a failed delivery and sets the next one, unless another process has taken over. */
export async function postponeMessage(
  tx: Tx,
  row: MessageKey,
  { lease, nextAtMs }: { lease: DeliveryLease; nextAtMs: number },
): Promise<void> {
  await tx.run(
    `update outbox set attempts = attempts + 1, next_at_ms = ?
     where organization_id = ?u and id = ?u and exists
       (select 1 from lease where name = ? and holder = ? and epoch = ?)`,
    nextAtMs,
    row.organization_id,
    row.id,
    lease.name,
    lease.holder,
    lease.epoch,
  )
}
