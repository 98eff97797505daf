// SQL of credentials: adding and removing them.
import type { Reader, Tx } from '../../store/engine.ts'
import { apiKeyTable, oidcIdentityTable, passkeyTable } from '../organization/covered.store.ts'
import type { User } from '../organization/model.ts'
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { CredentialPlan } from './credentials.ts'
import type { CredentialKind } from './deletion.ts'

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
} as const satisfies Record<CredentialKind, string>

/** Removes credentials of one kind by id. */
export async function deleteCredentials(
  tx: Tx,
  kind: CredentialKind,
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

/** Removes every credential of the users. */
export async function deleteCredentialsOf(
  tx: Tx,
  organizationId: string,
  users: readonly User[],
): Promise<void> {
  const credentials = {
    apiKey: users.flatMap(({ apiKeys }) => apiKeys),
    passkey: users.flatMap(({ passkeys }) => passkeys),
    oidcIdentity: users.flatMap(({ oidcIdentities }) => oidcIdentities),
  }
  for (const [kind, list] of Object.entries(credentials)) {
    const ids = list.map(({ id }) => id)
    await deleteCredentials(tx, kind as CredentialKind, { organizationId, ids })
  }
}

/** An API key that has expired. */
export interface ExpiredKey {
  organization_id: string
  id: string
  expires_ms: number
}

/**
 * A page of the API keys of all organizations that expired up to `untilMs`, in the order of expiry.
 * @param page.after the last one of the page before
 */
export function listExpiredKeys(
  reader: Reader,
  untilMs: number,
  page: { after: ExpiredKey | null; limit: number },
): Promise<ExpiredKey[]> {
  const { after, limit } = page
  return reader.all<ExpiredKey>(
    `select organization_id, id, expires_ms from api_key
     where expires_ms <= ? and (expires_ms, organization_id, id) > (?, ?u, ?u)
     order by expires_ms, organization_id, id limit ?`,
    untilMs,
    after?.expires_ms ?? 0,
    after?.organization_id ?? INSTANCE_ID,
    after?.id ?? INSTANCE_ID,
    limit,
  )
}

/** Removes those of the API keys that expired up to `untilMs`. */
export async function deleteExpiredKeys(
  tx: Tx,
  organizationId: string,
  expired: { ids: readonly string[]; untilMs: number },
): Promise<void> {
  for (const id of expired.ids) {
    await tx.run(
      'delete from api_key where organization_id = ?u and id = ?u and expires_ms <= ?',
      organizationId,
      id,
      expired.untilMs,
    )
  }
}
