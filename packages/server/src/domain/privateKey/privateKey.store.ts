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
