// SQL of rotation: versions of data keys and root keys, what is due, and what is left to rewrap.
import type { Reader, Tx } from '../../store/engine.ts'
import { AppError } from '../../errors.ts'
import type { NewDataKey } from './dataKeys.ts'
import { organizationKeyTable, rootKeyTable } from './keyvault.store.ts'

/**
 * Writes a version of a data key, and makes it the one that seals.
 * @throws AppError `UNAVAILABLE` when it is wrapped by a root key that is gone: this process has yet
 *   to follow
 */
export async function insertDataKey(tx: Tx, row: NewDataKey, nowMs: number): Promise<void> {
  // SECURITY: locked until the commit, so that its root key does not go before it is rewrapped.
  const rootKey = await tx.one(
    `select version from root_key where version = ?${forShare(tx)}`,
    row.root_version,
  )
  if (rootKey === undefined) throw new AppError('UNAVAILABLE')
  await tx.run(
    `update organization_key set superseded_ms = ?
     where organization_id = ?u and superseded_ms is null`,
    nowMs,
    row.organization_id,
  )
  await tx.insert(organizationKeyTable, [{ ...row, created_ms: nowMs, superseded_ms: null }])
}

/** On SQLite there is one writer: nothing needs a lock. */
function forShare({ engine }: Tx): string {
  return engine === 'postgres' ? ' for share' : ''
}

/**
 * The version that seals, and stays that until the transaction ends: for what is sealed in a
 * transaction that does not hold the organization's head.
 */
export async function lockDataKeyVersion(tx: Tx, organizationId: string): Promise<number> {
  const find = () =>
    tx.one<{ version: number }>(
      `select version from organization_key
       where organization_id = ?u and superseded_ms is null${forShare(tx)}`,
      organizationId,
    )
  // Whoever waited for a rotation finds the old version superseded, and sees the new one only now.
  const row = (await find()) ?? (await find())
  if (row === undefined) throw new AppError('UNAVAILABLE')
  return row.version
}

interface KeyPage<Last> {
  /** The last one of the page before. */
  after: Last | null
  limit: number
}

/** Its organization was not deleted. */
const PRESENT = `(select o.deleted_ms from organization o
  where o.organization_id = k.organization_id) is null`

/** A data key that has sealed since then. */
export interface AgedKey {
  organization_id: string
  created_ms: number
}

/** Data keys of before `untilMs`, oldest first; without those of deleted organizations. */
export function listAgedKeys(
  reader: Reader,
  untilMs: number,
  { after, limit }: KeyPage<AgedKey>,
): Promise<AgedKey[]> {
  return reader.all<AgedKey>(
    `select k.organization_id, k.created_ms from organization_key k
     where k.superseded_ms is null and k.created_ms < ? and ${PRESENT}
       ${after === null ? '' : 'and (k.created_ms, k.organization_id) > (?, ?u)'}
     order by k.created_ms, k.organization_id limit ?`,
    untilMs,
    ...(after === null ? [] : [after.created_ms, after.organization_id]),
    limit,
  )
}

/** The versions of an organization's data key that seal no more. */
export interface SupersededKeys {
  organization_id: string
  /** The newest of them, and when it was superseded. */
  version: number
  superseded_ms: number
}

/** Organizations with versions of a data key under which something may still be sealed. */
export function listRewrapping(
  reader: Reader,
  { after, limit }: KeyPage<string>,
): Promise<SupersededKeys[]> {
  return reader.all<SupersededKeys>(
    `select organization_id, max(version) as version, max(superseded_ms) as superseded_ms from organization_key
     where superseded_ms is not null ${after === null ? '' : 'and organization_id > ?u'}
     group by organization_id order by organization_id limit ?`,
    ...(after === null ? [] : [after]),
    limit,
  )
}

/** Removes the versions before `version`. @returns how many; none when that is not the one that seals */
export function deleteOlderKeys(tx: Tx, organizationId: string, version: number): Promise<number> {
  return tx.run(
    `delete from organization_key where organization_id = ?u and version < ?
       and exists (select 1 from organization_key k where k.organization_id = ?u
         and k.version = ? and k.superseded_ms is null)`,
    organizationId,
    version,
    organizationId,
    version,
  )
}

/** Asks for the rotation of all data keys from before `beforeMs`. */
export async function requestRotation(tx: Tx, beforeMs: number): Promise<void> {
  await tx.run(
    `insert into rotation_request (id, before_ms) values (1, ?)
     on conflict (id) do update set before_ms = excluded.before_ms`,
    beforeMs,
  )
}

/** Since when data keys must have been rotated; 0: they need not. */
export async function findRequestedRotation(reader: Reader): Promise<number> {
  const row = await reader.one<{ before_ms: number }>(
    'select before_ms from rotation_request where id = 1',
  )
  return row?.before_ms ?? 0
}

/** What rotation has still to do: data keys, and twice organizations. */
export async function findLeftToRotate(
  reader: Reader,
  rootVersion: number,
): Promise<{ under_older: number; to_rotate: number; to_rewrap: number }> {
  const row = await reader.one<{ under_older: number; to_rotate: number; to_rewrap: number }>(
    `select
       (select count(*) from organization_key where root_version < ?) as under_older,
       (select count(*) from organization_key k
          where k.superseded_ms is null and ${PRESENT}
            and k.created_ms < (select before_ms from rotation_request where id = 1)) as to_rotate,
       (select count(distinct organization_id) from organization_key
          where superseded_ms is not null) as to_rewrap`,
    rootVersion,
  )
  return row ?? { under_older: 0, to_rotate: 0, to_rewrap: 0 }
}

/** A root key's row. */
export interface RootKeyRow {
  version: number
  /** The key under the one before it; null: nobody needs it. */
  handover: Buffer | null
  created_ms: number
}

/** Every root key that wraps something, oldest first. */
export function listRootKeys(reader: Reader): Promise<RootKeyRow[]> {
  return reader.all<RootKeyRow>(
    'select version, handover, created_ms from root_key order by version',
  )
}

export async function insertRootKey(tx: Tx, row: RootKeyRow): Promise<void> {
  await tx.insert(rootKeyTable, [{ ...row }])
}

/** Data keys that are wrapped by root keys before `rootVersion`. */
export function listKeysUnderOlder(
  reader: Reader,
  rootVersion: number,
  { after, limit }: KeyPage<NewDataKey>,
): Promise<NewDataKey[]> {
  return reader.all<NewDataKey>(
    `select organization_id, version, wrapped, root_version from organization_key
     where root_version < ?
       ${after === null ? '' : 'and (root_version, organization_id, version) > (?, ?u, ?)'}
     order by root_version, organization_id, version limit ?`,
    rootVersion,
    ...(after === null ? [] : [after.root_version, after.organization_id, after.version]),
    limit,
  )
}

/** Writes a data key under another root key, unless it has changed since `from` was read. */
export async function updateWrapped(tx: Tx, from: NewDataKey, to: NewDataKey): Promise<void> {
  await tx.run(
    `update organization_key set wrapped = ?, root_version = ?
     where organization_id = ?u and version = ? and root_version = ?`,
    to.wrapped,
    to.root_version,
    from.organization_id,
    from.version,
    from.root_version,
  )
}

/**
 * Removes the root keys before `version`, their wraps for seals, and the handover.
 * @returns whether it did: not while a data key is wrapped by one of them
 */
export async function deleteOlderRootKeys(tx: Tx, version: number): Promise<boolean> {
  const lock = tx.engine === 'postgres' ? ' for update' : ''
  // SECURITY: waits for transactions that write a data key under one of them, and only then counts.
  await tx.all(`select version from root_key where version < ?${lock}`, version)
  if ((await listKeysUnderOlder(tx, version, { after: null, limit: 1 })).length > 0) return false
  await tx.run('delete from root_key where version < ?', version)
  await tx.run('delete from seal_wrap where root_version < ?', version)
  await tx.run('update root_key set handover = null where version = ?', version)
  return true
}
