// SQL of the key hierarchy: seals, wrapped data keys, sealed instance keys, sealed wallet seeds.
import type { WrappedDataKey } from './dataKeys.ts'
import type { SealedSeed } from './seeds.ts'
import type { Reader, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'

const sealTable = table('seal', {
  id: 'uuid',
  kind: 'text',
  created_ms: 'integer',
  public_key: 'bytes',
  auth_key: 'bytes',
  details: 'text',
})

const sealWrapTable = table('seal_wrap', {
  seal_id: 'uuid',
  root_version: 'integer',
  wrapped: 'bytes',
})

export const rootKeyTable = table('root_key', {
  version: 'integer',
  handover: 'bytes',
  created_ms: 'integer',
})

export const organizationKeyTable = table('organization_key', {
  organization_id: 'uuid',
  version: 'integer',
  wrapped: 'bytes',
  root_version: 'integer',
  created_ms: 'integer',
  superseded_ms: 'integer',
})

export const instanceKeyTable = table('instance_key', {
  name: 'text',
  version: 'integer',
  public_key: 'bytes',
  sealed: 'bytes',
  created_ms: 'integer',
})

export const walletSecretTable = table('wallet_secret', {
  organization_id: 'uuid',
  wallet_id: 'uuid',
  version: 'integer',
  sealed: 'bytes',
})

export const privateKeySecretTable = table('private_key_secret', {
  organization_id: 'uuid',
  private_key_id: 'uuid',
  version: 'integer',
  sealed: 'bytes',
})

export type SealKind = 'file' | 'passphrase' | 'pkcs11' | 'recovery' | 'shamir'

/** Which seal: its key and its wraps open for no other. */
export interface SealName {
  id: string
  kind: SealKind
}

/** A row of `seal`. One of the older form has neither public key nor `auth_key`. */
export interface Seal extends SealName {
  /** P-256, 65 bytes. */
  public_key: Buffer | null
  /** The seal's authentication key under the root key, bound to everything else in the row. */
  auth_key: Buffer | null
  /** JSON. */
  details: string
  created_ms: number
}

/** A row of `seal_wrap`: a root key for one seal. */
export interface SealWrap {
  seal_id: string
  root_version: number
  wrapped: Buffer
}

/** Every seal, oldest first. */
export function listSeals(reader: Reader): Promise<Seal[]> {
  return reader.all<Seal>(
    'select id, kind, public_key, auth_key, details, created_ms from seal order by id',
  )
}

export function listSealWraps(reader: Reader, sealId: string): Promise<SealWrap[]> {
  return reader.all<SealWrap>(
    'select seal_id, root_version, wrapped from seal_wrap where seal_id = ?u order by root_version',
    sealId,
  )
}

/** The version of the root key that wraps. */
export async function findNewestRootVersion(reader: Reader): Promise<number | undefined> {
  const newest = await reader.one<{ version: number }>(
    'select version from root_key order by version desc limit 1',
  )
  return newest?.version
}

/** Changes what a seal's row says of it. */
export async function updateSealDetails(tx: Tx, { id, details, auth_key }: Seal): Promise<void> {
  await tx.run('update seal set details = ?, auth_key = ? where id = ?u', details, auth_key, id)
}

export async function insertSeal(
  tx: Tx,
  { seal, wraps }: { seal: Seal; wraps: readonly SealWrap[] },
): Promise<void> {
  await tx.insert(sealTable, [{ ...seal }])
  await insertSealWraps(tx, wraps)
}

/** Replaces a seal's row and its wraps of the same root keys. */
export async function replaceSeal(
  tx: Tx,
  made: { seal: Seal; wraps: readonly SealWrap[] },
): Promise<void> {
  await deleteSeal(tx, made.seal.id)
  await insertSeal(tx, made)
}

/** @returns whether it was there */
export async function deleteSeal(tx: Tx, sealId: string): Promise<boolean> {
  await tx.run('delete from seal_wrap where seal_id = ?u', sealId)
  return (await tx.run('delete from seal where id = ?u', sealId)) === 1
}

/** The versions of an organization's data key, oldest first. */
export function listWrappedDataKeys(
  reader: Reader,
  organizationId: string,
): Promise<WrappedDataKey[]> {
  return reader.all<WrappedDataKey>(
    `select version, wrapped, root_version from organization_key where organization_id = ?u
     order by version`,
    organizationId,
  )
}

export interface InstanceKeyRow {
  name: string
  version: number
  public_key: Buffer
  sealed: Buffer
}

export function listInstanceKeys(reader: Reader): Promise<InstanceKeyRow[]> {
  return reader.all<InstanceKeyRow>(
    'select name, version, public_key, sealed from instance_key order by name, version',
  )
}

/** Writes a secret sealed anew. @returns whether it was still `before` */
export async function replaceInstanceKey(
  tx: Tx,
  before: InstanceKeyRow,
  { sealed }: Pick<InstanceKeyRow, 'sealed'>,
): Promise<boolean> {
  const changed = await tx.run(
    'update instance_key set sealed = ? where name = ? and version = ? and sealed = ?',
    sealed,
    before.name,
    before.version,
    before.sealed,
  )
  return changed === 1
}

export async function insertSealWraps(tx: Tx, wraps: readonly SealWrap[]): Promise<void> {
  await tx.insert(
    sealWrapTable,
    wraps.map((wrap) => ({ ...wrap })),
  )
}

export async function findWalletSecret(
  reader: Reader,
  organizationId: string,
  walletId: string,
): Promise<Pick<SealedSeed, 'version' | 'sealed'> | undefined> {
  return reader.one(
    'select version, sealed from wallet_secret where organization_id = ?u and wallet_id = ?u',
    organizationId,
    walletId,
  )
}

export async function findPrivateKeySecret(
  reader: Reader,
  organizationId: string,
  privateKeyId: string,
): Promise<Buffer | undefined> {
  const row = await reader.one<{ sealed: Buffer }>(
    'select sealed from private_key_secret where organization_id = ?u and private_key_id = ?u',
    organizationId,
    privateKeyId,
  )
  return row?.sealed
}
