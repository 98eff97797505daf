// SQL of credentials: adding and removing them.
import type { Tx } from '../../store/engine.ts'
import { apiKeyTable, oidcIdentityTable, passkeyTable } from '../organization/covered.store.ts'
import type { CredentialPlan } from './credentials.ts'

export async function insertCredentials(
  tx: Tx,
  plan: Omit<CredentialPlan, 'evicted'>,
): Promise<void> {
  await tx.insert(apiKeyTable, plan.apiKeys)
  await tx.insert(passkeyTable, plan.passkeys)
  await tx.insert(oidcIdentityTable, plan.oidcIdentities)
}

const TABLES = {
  apiKey: apiKeyTable.name,
  passkey: passkeyTable.name,
  oidcIdentity: oidcIdentityTable.name,
} as const

/** Removes credentials of one kind by id. */
export async function deleteCredentials(
  tx: Tx,
  kind: keyof typeof TABLES,
  { organizationId, ids }: { organizationId: string; ids: readonly string[] },
): Promise<void> {
  for (const id of ids) {
    await tx.run(
      `delete from ${TABLES[kind]} where organization_id = ?u and id = ?u`,
      organizationId,
      id,
    )
  }
}
