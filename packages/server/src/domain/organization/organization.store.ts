// SQL of an organization's own row, and of erasing everything that it holds.
import type { Tx } from '../../store/engine.ts'
import { rejectWaiting } from '../activity/activity.store.ts'
import { importKeyTable } from '../keyvault/importKey.store.ts'
import { privateKeySecretTable, walletSecretTable } from '../keyvault/keyvault.store.ts'
import { outboxTable } from '../outbox/outbox.store.ts'
import type { Table } from '../../store/table.ts'
import type { CountingTx } from '../spending/spending.store.ts'
import { webhookEventTable } from '../webhook/webhook.store.ts'
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

const ERASED_TABLES = [
  walletSecretTable,
  privateKeySecretTable,
  importKeyTable,
  walletAccountTable,
  ...contentTables,
]

/** Erased when its last activities were announced: its endpoint is told nothing any more. */
const MESSAGE_TABLES = [outboxTable, webhookEventTable]

interface ErasingTx extends CountingTx {
  afterActivities(work: () => Promise<void>): void
  announceEnded(activityIds: readonly string[]): Promise<void>
}

/**
 * Marks an organization as deleted and erases what it holds, its secrets first of all. Its row, its
 * chain and its activities stay, so that the audit log verifies and no request runs twice; those
 * that wait for votes are rejected.
 */
export async function eraseOrganization(
  tx: ErasingTx,
  { organizationId, nowMs }: Change,
): Promise<void> {
  const erase = async (tables: readonly Table[]) => {
    for (const { name } of tables) {
      await tx.run(`delete from ${name} where organization_id = ?u`, organizationId)
    }
  }
  await erase(ERASED_TABLES)
  tx.forgetSpending(() => true)
  tx.afterActivities(async () => {
    await tx.announceEnded(await rejectWaiting(tx, { organizationId, nowMs }))
    await erase(MESSAGE_TABLES)
  })
  await tx.run(
    'update organization set deleted_ms = ?, updated_ms = ? where organization_id = ?u',
    nowMs,
    nowMs,
    organizationId,
  )
}
