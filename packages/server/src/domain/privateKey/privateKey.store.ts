// SQL of private keys that belong to no wallet.
import type { Tx } from '../../store/engine.ts'
import { privateKeySecretTable } from '../keyvault/keyvault.store.ts'
import { privateKeyTable } from '../organization/covered.store.ts'
import type { PlannedPrivateKey } from './privateKey.ts'

export async function insertPrivateKeys(
  tx: Tx,
  planned: readonly PlannedPrivateKey[],
): Promise<void> {
  await tx.insert(
    privateKeyTable,
    planned.map(({ row }) => row),
  )
  await tx.insert(
    privateKeySecretTable,
    planned.map(({ secret }) => ({ ...secret })),
  )
}

/** Notes that a private key was exported. */
export async function markPrivateKeyExported(
  tx: Tx & { readonly nowMs: number },
  organizationId: string,
  privateKeyId: string,
): Promise<void> {
  await tx.run(
    'update private_key set exported = 1, updated_ms = ? where organization_id = ?u and id = ?u',
    tx.nowMs,
    organizationId,
    privateKeyId,
  )
}

/** Removes private keys: what is sealed of them first of all. */
export async function deletePrivateKeys(
  tx: Tx,
  organizationId: string,
  privateKeyIds: readonly string[],
): Promise<void> {
  for (const id of privateKeyIds) {
    await tx.run(
      'delete from private_key_secret where organization_id = ?u and private_key_id = ?u',
      organizationId,
      id,
    )
    await tx.run(
      'delete from private_key where organization_id = ?u and id = ?u',
      organizationId,
      id,
    )
  }
}
