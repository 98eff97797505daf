// SQL of the keys that imports are encrypted to.
import type { Reader, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'
import type { ImportKey, ImportPlace } from './importKeys.ts'

export const importKeyTable = table('import_key', {
  organization_id: 'uuid',
  id: 'uuid',
  user_id: 'uuid',
  kind: 'text',
  public_key: 'bytes',
  sealed: 'bytes',
  expires_ms: 'integer',
})

const COLUMNS = Object.keys(importKeyTable.columns).join(', ')

export function findImportKey(
  reader: Reader,
  { organizationId, userId, kind }: ImportPlace,
): Promise<ImportKey | undefined> {
  return reader.one<ImportKey>(
    `select ${COLUMNS} from import_key where organization_id = ?u and user_id = ?u and kind = ?`,
    organizationId,
    userId,
    kind,
  )
}

/** Puts a key in the place of the one before it. */
export async function replaceImportKey(tx: Tx, key: ImportKey): Promise<void> {
  await tx.run(
    'delete from import_key where organization_id = ?u and user_id = ?u and kind = ?',
    key.organization_id,
    key.user_id,
    key.kind,
  )
  await tx.insert(importKeyTable, [{ ...key }])
}

/** Removes a key. @returns whether it was still there, and had not expired */
export async function takeImportKey(
  tx: Tx & { readonly nowMs: number },
  key: ImportKey,
): Promise<boolean> {
  const row = await tx.one<{ expires_ms: number }>(
    `delete from import_key where organization_id = ?u and user_id = ?u and kind = ?
     and public_key = ? returning expires_ms`,
    key.organization_id,
    key.user_id,
    key.kind,
    key.public_key,
  )
  return row !== undefined && row.expires_ms > tx.nowMs
}

/** Removes the keys of users who go. */
export async function deleteImportKeysOf(
  tx: Tx,
  organizationId: string,
  users: readonly { id: string }[],
): Promise<void> {
  for (const { id } of users) {
    await tx.run(
      'delete from import_key where organization_id = ?u and user_id = ?u',
      organizationId,
      id,
    )
  }
}

export type ExpiredImportKey = Pick<
  ImportKey,
  'organization_id' | 'user_id' | 'kind' | 'expires_ms'
>

/** A page of the keys that had expired by then. */
export function listExpiredImportKeys(
  reader: Reader,
  untilMs: number,
  { after, limit }: { after: ExpiredImportKey | null; limit: number },
): Promise<ExpiredImportKey[]> {
  const rest = 'and (expires_ms, organization_id, user_id, kind) > (?, ?u, ?u, ?)'
  return reader.all<ExpiredImportKey>(
    `select organization_id, user_id, kind, expires_ms from import_key where expires_ms <= ?
     ${after === null ? '' : rest}
     order by expires_ms, organization_id, user_id, kind limit ?`,
    untilMs,
    ...(after === null ? [] : [after.expires_ms, after.organization_id, after.user_id, after.kind]),
    limit,
  )
}

/** Removes an organization's keys that have expired. */
export async function deleteExpiredImportKeys(
  tx: Tx & { readonly nowMs: number },
  organizationId: string,
): Promise<void> {
  await tx.run(
    'delete from import_key where organization_id = ?u and expires_ms <= ?',
    organizationId,
    tx.nowMs,
  )
}
