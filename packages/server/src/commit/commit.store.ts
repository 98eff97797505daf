// SQL of a flush, in batches: the one place where the two engines are asked differently.
import type { KeyObject } from 'node:crypto'
import { HEAD_COLUMNS, headTable, type HeadRow, headToRow } from '../domain/audit/audit.store.ts'
import type { Head } from '../domain/audit/head.ts'
import type { FingerprintMatch } from '../domain/activity/activity.store.ts'
import type { Row, Tx } from '../store/engine.ts'
import { arrayType, encodeArray } from '../store/postgresArrays.ts'

const LOCKING = `select ${HEAD_COLUMNS},
    (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms
  from organization_head where organization_id = any(?::uuid[]) order by organization_id for update`

export interface LockedHeads {
  rows: HeadRow[]
  /** The database's clock on PostgreSQL; undefined on SQLite, where it is the process's. */
  nowMs: number | undefined
}

/**
 * Locks the heads of `organizationIds` in order of id.
 * @param skipLocked leave out heads that another transaction holds, instead of waiting
 */
export async function lockHeads(
  tx: Tx,
  organizationIds: readonly string[],
  skipLocked: boolean,
): Promise<LockedHeads> {
  if (tx.engine === 'postgres') {
    const sql = skipLocked ? `${LOCKING} skip locked` : LOCKING
    const rows = await tx.all<HeadRow & { now_ms: number }>(
      sql,
      encodeArray('uuid', organizationIds),
    )
    return { rows, nowMs: rows[0]?.now_ms }
  }
  const rows: HeadRow[] = []
  for (const id of organizationIds) {
    const row = await tx.one<HeadRow>(
      `select ${HEAD_COLUMNS} from organization_head where organization_id = ?u`,
      id,
    )
    if (row !== undefined) rows.push(row)
  }
  return { rows, nowMs: undefined }
}

const MATCHING = 'select organization_id, id, fingerprint, denied_to from activity where'

/** Which of the fingerprints have an activity. */
export async function findKnownFingerprints(
  tx: Tx,
  keys: readonly { organization_id: string; fingerprint: Buffer }[],
): Promise<FingerprintMatch[]> {
  if (keys.length === 0) return []
  if (tx.engine === 'postgres') {
    return tx.all<FingerprintMatch>(
      `${MATCHING} (organization_id, fingerprint) in
         (select * from unnest(?::uuid[], ?::bytea[]))`,
      encodeArray(
        'uuid',
        keys.map((key) => key.organization_id),
      ),
      encodeArray(
        'bytes',
        keys.map((key) => key.fingerprint),
      ),
    )
  }
  const found: FingerprintMatch[] = []
  for (const { organization_id, fingerprint } of keys) {
    const sql = `${MATCHING} organization_id = ?u and fingerprint = ?`
    found.push(...(await tx.all<FingerprintMatch>(sql, organization_id, fingerprint)))
  }
  return found
}

const HEAD_ARRAYS = Object.entries(headTable.columns)
const HEAD_NAMES = HEAD_ARRAYS.map(([column]) => column)

const UPDATING = `update organization_head as h
  set ${HEAD_NAMES.slice(1)
    .map((column) => `${column} = k.${column}`)
    .join(', ')}
  from unnest(${HEAD_ARRAYS.map(([, type]) => `?::${arrayType(type)}`).join(', ')})
    as k (${HEAD_NAMES.join(', ')})
  where h.organization_id = k.organization_id`

/** Writes the heads back, with their tags. */
export async function updateHeads(
  tx: Tx,
  auditKey: KeyObject,
  heads: readonly Head[],
): Promise<void> {
  const rows = heads.map((head) => headToRow(auditKey, head))
  if (tx.engine === 'postgres') {
    await tx.run(UPDATING, ...arraysOf(rows))
    return
  }
  for (const row of rows) {
    await tx.run(
      `update organization_head set revision = ?, seq = ?, link = ?, tag = ?, last_ms = ?,
         state_mac = ?, spending_digest = ?, dirty = 1 where organization_id = ?u`,
      row['revision'] ?? null,
      row['seq'] ?? null,
      row['link'] ?? null,
      row['tag'] ?? null,
      row['last_ms'] ?? null,
      row['state_mac'] ?? null,
      row['spending_digest'] ?? null,
      row['organization_id'] ?? null,
    )
  }
}

function arraysOf(rows: readonly Row[]): Buffer[] {
  return HEAD_ARRAYS.map(([column, type]) =>
    encodeArray(
      type,
      rows.map((row) => row[column] ?? null),
    ),
  )
}
