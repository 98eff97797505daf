// SQL of an organization's own row, and of erasing everything that it holds.
import type { Tx } from '../../store/engine.ts'
import { privateKeySecretTable, walletSecretTable } from '../keyvault/keyvault.store.ts'
import { walletAccountTable } from '../wallet/wallet.store.ts'
import { contentTables } from './covered.store.ts'
import { type Features, featuresText } from './features.ts'

interface Change {
  organizationId: string
  nowMs: number
}

/** Makes exactly `features` the ones that are on. */
export async function updateFeatures(
  tx: Tx,
  { organizationId, features, nowMs }: Change & { features: Features },
): Promise<void> {
  await tx.run(
    'update organization set features = ?, updated_ms = ? where organization_id = ?u',
    featuresText(features),
    nowMs,
    organizationId,
  )
}

export async function updateOrganizationName(
  tx: Tx,
  { organizationId, name, nowMs }: Change & { name: string },
): Promise<void> {
  await tx.run(
    'update organization set name = ?, updated_ms = ? where organization_id = ?u',
    name,
    nowMs,
    organizationId,
  )
}

/**
 * Marks an organization as deleted and erases what it holds, its secrets first of all. Its row, its
 * chain and its activities stay, so that the audit log verifies and no request runs twice.
 */
export async function eraseOrganization(tx: Tx, { organizationId, nowMs }: Change): Promise<void> {
  const tables = [walletSecretTable, privateKeySecretTable, walletAccountTable, ...contentTables]
  for (const { name } of tables) {
    await tx.run(`delete from ${name} where organization_id = ?u`, organizationId)
  }
  await tx.run(
    'update organization set deleted_ms = ?, updated_ms = ? where organization_id = ?u',
    nowMs,
    nowMs,
    organizationId,
  )
}
