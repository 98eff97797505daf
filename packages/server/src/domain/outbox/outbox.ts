// Messages of the outbox: sealed when they are written, opened when they are delivered.
import type { DataKey } from '../keyvault/dataKeys.ts'
import { secretPlace } from '../keyvault/sealedColumns.ts'
import type { OutboxRow } from './outbox.store.ts'

export interface NewMessage {
  organizationId: string
  /** That of the row that it announces, so that both can be removed together. */
  id: string
  /** Who delivers it, such as `mail`. */
  lane: string
  /** What it announces, for the log. */
  kind: string
  payload: Buffer
  nowMs: number
  /** When it is erased though it was not delivered. */
  expiresMs: number
}

/** A message as a lane delivers it. */
export interface Message {
  organizationId: string
  id: string
  kind: string
  payload: Buffer
}

/** A row for `insertMessages`. */
export function sealMessage(
  dataKey: DataKey,
  message: NewMessage,
): Omit<OutboxRow, 'seq' | 'n' | 'attempts'> {
  const { organizationId, id, lane, kind, payload, nowMs, expiresMs } = message
  return {
    organization_id: organizationId,
    id,
    lane,
    kind,
    payload_sealed: dataKey.seal(secretPlace('outbox', id), payload),
    next_at_ms: nowMs,
    expires_ms: expiresMs,
  }
}

/** @throws Error when the row is not what was written */
export function openMessage(dataKey: DataKey, row: OutboxRow): Message {
  return {
    organizationId: row.organization_id,
    id: row.id,
    kind: row.kind,
    payload: dataKey.open(secretPlace('outbox', row.id), row.payload_sealed),
  }
}
