// SQL of the key hierarchy: seals, wrapped data keys, sealed instance keys, sealed wallet seeds.
import type { SealedSeed } from './seeds.ts'
import type { Reader } from '../../store/engine.ts'
import { table } from '../../store/table.ts'
import type { Seal } from './seals.ts'

export const sealTable = table('seal', {
  id: 'uuid',
  kind: 'text',
  wrapped_root_key: 'bytes',
  created_ms: 'integer',
})

export const organizationKeyTable = table('organization_key', {
  organization_id: 'uuid',
  version: 'integer',
  wrapped: 'bytes',
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

export function listSeals(reader: Reader): Promise<Seal[]> {
  return reader.all<Seal>('select id, kind, wrapped_root_key from seal order by id')
}

export async function findWrappedDataKey(
  reader: Reader,
  organizationId: string,
): Promise<Buffer | undefined> {
  const row = await reader.one<{ wrapped: Buffer }>(
    'select wrapped from organization_key where organization_id = ?u order by version desc limit 1',
    organizationId,
  )
  return row?.wrapped
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
