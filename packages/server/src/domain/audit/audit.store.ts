// SQL of the audit chain: heads, entries, checkpoints.
import type { KeyObject } from 'node:crypto'
import type { Reader, Row, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'
import type { AuditEntry } from './chain.ts'
import { assertHead, type Head, headTag } from './head.ts'

export const headTable = table('organization_head', {
  organization_id: 'uuid',
  revision: 'integer',
  seq: 'integer',
  link: 'bytes',
  tag: 'bytes',
  last_ms: 'integer',
  state_mac: 'bytes',
  dirty: 'integer',
  spending_digest: 'bytes',
})

export const auditEntryTable = table('audit_entry', {
  organization_id: 'uuid',
  seq: 'integer',
  at_ms: 'integer',
  unit_id: 'uuid',
  actor: 'text',
  credential: 'text',
  action: 'text',
  resource: 'text',
  outcome: 'text',
  activity_id: 'uuid',
  body_hash: 'bytes',
  payload_digest: 'bytes',
  payload: 'text',
  payload_salt: 'bytes',
  link: 'bytes',
})

export interface HeadRow {
  organization_id: string
  revision: number
  seq: number
  link: Buffer
  tag: Buffer
  last_ms: number
  state_mac: Buffer
  spending_digest: Buffer | null
}

/** The columns of a `HeadRow`. */
export const HEAD_COLUMNS =
  'organization_id, revision, seq, link, tag, last_ms, state_mac, spending_digest'

/** @throws Tampered when the row's tag is wrong */
export function headFromRow(auditKey: KeyObject, row: HeadRow): Head {
  const head: Head = {
    organizationId: row.organization_id,
    revision: row.revision,
    seq: row.seq,
    link: row.link,
    lastMs: row.last_ms,
    stateMac: row.state_mac,
    spendingDigest: row.spending_digest,
  }
  assertHead(auditKey, head, row.tag)
  return head
}

export function headToRow(auditKey: KeyObject, head: Head): Row {
  return {
    organization_id: head.organizationId,
    revision: head.revision,
    seq: head.seq,
    link: head.link,
    tag: headTag(auditKey, head),
    last_ms: head.lastMs,
    state_mac: head.stateMac,
    dirty: 1,
    spending_digest: head.spendingDigest,
  }
}

/** Reads and checks one head. @throws Tampered */
export async function findHead(
  reader: Reader,
  auditKey: KeyObject,
  organizationId: string,
): Promise<Head | undefined> {
  const row = await reader.one<HeadRow>(
    `select ${HEAD_COLUMNS} from organization_head where organization_id = ?u`,
    organizationId,
  )
  return row === undefined ? undefined : headFromRow(auditKey, row)
}

/** Every organization that has a chain, the instance's own included, in order of id. */
export async function listChains(reader: Reader): Promise<string[]> {
  const rows = await reader.all<{ organization_id: string }>(
    'select organization_id from organization_head order by organization_id',
  )
  return rows.map((row) => row.organization_id)
}

/** Up to `limit` entries after `seq`, in order. */
export function listEntries(
  reader: Reader,
  organizationId: string,
  page: { after: number; limit: number },
): Promise<AuditEntry[]> {
  return reader.all<AuditEntry>(
    `select ${Object.keys(auditEntryTable.columns).join(', ')} from audit_entry
     where organization_id = ?u and seq > ? order by seq limit ?`,
    organizationId,
    page.after,
    page.limit,
  )
}

/** Entry `seq` of a chain, if there is one: which unit wrote it, and its link. */
export function findEntryAt(
  reader: Reader,
  organizationId: string,
  seq: number,
): Promise<{ unit_id: string; link: Buffer } | undefined> {
  return reader.one(
    'select unit_id, link from audit_entry where organization_id = ?u and seq = ?',
    organizationId,
    seq,
  )
}

/** Which unit wrote the newest entry of a chain. */
export function findNewestEntry(
  reader: Reader,
  organizationId: string,
): Promise<{ unit_id: string } | undefined> {
  return reader.one(
    'select unit_id from audit_entry where organization_id = ?u order by seq desc limit 1',
    organizationId,
  )
}

/** The newest checkpointed place of a chain, and that checkpoint's height. */
export function findNewestLeaf(
  reader: Reader,
  organizationId: string,
): Promise<{ height: number; seq: number; link: Buffer } | undefined> {
  return reader.one(
    `select height, seq, link from checkpoint_leaf
     where organization_id = ?u order by height desc limit 1`,
    organizationId,
  )
}

/** Inserts the head and the entries of chains that begin in this transaction. */
export async function insertChain(
  tx: Tx,
  auditKey: KeyObject,
  chain: { head: Head; entry: AuditEntry },
): Promise<void> {
  await tx.insert(headTable, [headToRow(auditKey, chain.head)])
  await tx.insert(auditEntryTable, [{ ...chain.entry }])
}
