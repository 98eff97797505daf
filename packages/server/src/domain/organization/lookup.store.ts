// Look-ups across organizations. They return ids only, and what they find is verified afterwards.
import type { Reader, Value } from '../../store/engine.ts'

/** Where credentials are that a stamp can name, by what it names them. */
const STAMPED = {
  publicKey: { table: 'api_key', column: 'public_key' },
  credentialId: { table: 'passkey', column: 'credential_id' },
} as const

/** Sub-organizations of `parentId` in which a credential with that value exists: at most two. */
export async function findSubOrganizationsOf(
  reader: Reader,
  parentId: string,
  credential: { by: keyof typeof STAMPED; value: Buffer },
): Promise<string[]> {
  const { table, column } = STAMPED[credential.by]
  const rows = await reader.all<{ organization_id: string }>(
    `select k.organization_id from ${table} k
     join organization o on o.organization_id = k.organization_id
     where k.${column} = ? and o.parent_id = ?u order by k.organization_id limit 2`,
    credential.value,
    parentId,
  )
  return rows.map((row) => row.organization_id)
}

/** Whether a row belongs to an organization below the first parameter. */
const BELOW = `exists (select 1 from organization o where o.organization_id = t.organization_id
   and o.parent_id = ?u and o.deleted_ms is null)`

/** What a sub-organization can be found by: the rows that name it, and their values. */
const SOURCES = {
  any: 'organization t where t.parent_id = ?u and t.deleted_ms is null',
  name: 'organization t where t.parent_id = ?u and t.deleted_ms is null and t.name = ?',
  userName: `org_user t where ${BELOW} and t.name = ?`,
  email: `org_user t where ${BELOW} and t.email = ?`,
  verifiedEmail: `org_user t where ${BELOW} and t.email = ? and t.email_verified = 1`,
  phone: `org_user t where ${BELOW} and t.phone = ?`,
  verifiedPhone: `org_user t where ${BELOW} and t.phone = ? and t.phone_verified = 1`,
  credentialId: `passkey t where ${BELOW} and t.credential_id = ?`,
  publicKey: `api_key t where ${BELOW} and t.public_key = ?
   and (t.expires_ms is null or t.expires_ms > ?)`,
  identity: `oidc_identity t where ${BELOW} and t.issuer = ? and t.audience = ? and t.subject = ?`,
  address: `wallet_account t where ${BELOW} and t.address_key = ?`,
} as const

/** `values` are those of the source's statement after the parent, in their order. */
export interface SubOrganizationFilter {
  by: keyof typeof SOURCES
  values: readonly Value[]
}

interface Page {
  limit: number
  /** Only ids before it. */
  before: string | null
  /** Only ids after it. */
  after: string | null
}

/**
 * Sub-organizations of `parentId` by what is in them, oldest first, each once. E-mail addresses are
 * looked up in their canonical form.
 */
export async function findSubOrganizations(
  reader: Reader,
  parentId: string,
  { by, values, limit, before, after }: SubOrganizationFilter & Page,
): Promise<string[]> {
  const backwards = before !== null && after === null
  const rows = await reader.all<{ organization_id: string }>(
    `select distinct t.organization_id from ${SOURCES[by]}
     ${before === null ? '' : 'and t.organization_id < ?u'}
     ${after === null ? '' : 'and t.organization_id > ?u'}
     order by t.organization_id ${backwards ? 'desc' : 'asc'} limit ?`,
    parentId,
    ...values,
    ...[before, after].filter((id) => id !== null),
    limit,
  )
  const ids = rows.map((row) => row.organization_id)
  return backwards ? ids.reverse() : ids
}

/** Root organizations of this instance, oldest first. */
export function listRootOrganizations(
  reader: Reader,
  page: { after: string | null; limit: number },
): Promise<{ organization_id: string; name: string; created_ms: number; frozen: number | null }[]> {
  return reader.all(
    `select organization_id, name, created_ms, frozen from organization
     where parent_id is null and deleted_ms is null and organization_id > ?u order by organization_id limit ?`,
    page.after ?? '00000000-0000-0000-0000-000000000000',
    page.limit,
  )
}
