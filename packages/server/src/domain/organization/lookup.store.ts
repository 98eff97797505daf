// Look-ups across organizations. They return ids only, and what they find is verified afterwards.
import type { Reader } from '../../store/engine.ts'

/** Sub-organizations of `parentId` in which a credential with that public key exists: at most two. */
export async function findSubOrganizationsByPublicKey(
  reader: Reader,
  parentId: string,
  publicKey: Buffer,
): Promise<string[]> {
  const rows = await reader.all<{ organization_id: string }>(
    `select k.organization_id from api_key k
     join organization o on o.organization_id = k.organization_id
     where k.public_key = ? and o.parent_id = ?u order by k.organization_id limit 2`,
    publicKey,
    parentId,
  )
  return rows.map((row) => row.organization_id)
}

/** Root organizations of this instance, oldest first. */
export function listRootOrganizations(
  reader: Reader,
  page: { after: string | null; limit: number },
): Promise<{ organization_id: string; name: string; created_ms: number; frozen: number | null }[]> {
  return reader.all(
    `select organization_id, name, created_ms, frozen from organization
     where parent_id is null and organization_id > ?u order by organization_id limit ?`,
    page.after ?? '00000000-0000-0000-0000-000000000000',
    page.limit,
  )
}
