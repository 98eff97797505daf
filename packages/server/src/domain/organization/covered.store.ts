// SQL of the snapshot: every row that a decision reads, in the order in which it is authenticated.
import { encodeFields, type Field } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'
import type { Reader, Row } from '../../store/engine.ts'
import { type Table, table } from '../../store/table.ts'

export const organizationTable = table('organization', {
  organization_id: 'uuid',
  parent_id: 'uuid',
  name: 'text',
  root_threshold: 'integer',
  created_ms: 'integer',
  updated_ms: 'integer',
  features: 'text',
  limits: 'text',
  frozen: 'integer',
  deleted_ms: 'integer',
  accepted_from_ms: 'integer',
})

export const userTable = table('org_user', {
  organization_id: 'uuid',
  id: 'uuid',
  name: 'text',
  email: 'text',
  phone: 'text',
  is_root: 'integer',
  created_ms: 'integer',
  updated_ms: 'integer',
  email_verified: 'integer',
  phone_verified: 'integer',
  tags: 'text',
})

export const apiKeyTable = table('api_key', {
  organization_id: 'uuid',
  id: 'uuid',
  user_id: 'uuid',
  name: 'text',
  curve: 'text',
  public_key: 'bytes',
  expires_ms: 'integer',
  expiration_seconds: 'text',
  created_ms: 'integer',
  updated_ms: 'integer',
})

export const passkeyTable = table('passkey', {
  organization_id: 'uuid',
  id: 'uuid',
  user_id: 'uuid',
  name: 'text',
  rp_id_hash: 'bytes',
  credential_id: 'bytes',
  public_key: 'bytes',
  attestation_format: 'text',
  aaguid: 'uuid',
  transports: 'text',
  created_ms: 'integer',
  updated_ms: 'integer',
})

export const oidcIdentityTable = table('oidc_identity', {
  organization_id: 'uuid',
  id: 'uuid',
  user_id: 'uuid',
  name: 'text',
  issuer: 'text',
  audience: 'text',
  subject: 'text',
  created_ms: 'integer',
  updated_ms: 'integer',
})

export const tagTable = table('tag', {
  organization_id: 'uuid',
  id: 'uuid',
  kind: 'text',
  name: 'text',
  created_ms: 'integer',
  updated_ms: 'integer',
})

export const walletTable = table('wallet', {
  organization_id: 'uuid',
  id: 'uuid',
  name: 'text',
  exported: 'integer',
  imported: 'integer',
  created_ms: 'integer',
  updated_ms: 'integer',
})

export const privateKeyTable = table('private_key', {
  organization_id: 'uuid',
  id: 'uuid',
  name: 'text',
  curve: 'text',
  public_key: 'bytes',
  addresses: 'text',
  exported: 'integer',
  imported: 'integer',
  created_ms: 'integer',
  updated_ms: 'integer',
  tags: 'text',
})

export const invitationTable = table('invitation', {
  organization_id: 'uuid',
  id: 'uuid',
  user_id: 'uuid',
  user_name: 'text',
  email: 'text',
  tags: 'text',
  access_type: 'text',
  sender_id: 'uuid',
  public_key: 'bytes',
  status: 'text',
  expires_ms: 'integer',
  created_ms: 'integer',
  updated_ms: 'integer',
})

export const policyTable = table('policy', {
  organization_id: 'uuid',
  id: 'uuid',
  name: 'text',
  effect: 'text',
  consensus: 'text',
  condition: 'text',
  notes: 'text',
  limits: 'text',
  created_ms: 'integer',
  updated_ms: 'integer',
})

/** Tables whose rows `state_mac` covers. A row that a decision reads belongs in one of them. */
const coveredTables = {
  organization: organizationTable,
  users: userTable,
  apiKeys: apiKeyTable,
  wallets: walletTable,
  privateKeys: privateKeyTable,
  passkeys: passkeyTable,
  oidcIdentities: oidcIdentityTable,
  tags: tagTable,
  invitations: invitationTable,
  policies: policyTable,
} as const satisfies Record<string, Table>

/** What an organization holds: the covered tables without its own row. */
export const contentTables: readonly Table[] = Object.values(coveredTables).filter(
  (definition) => definition !== organizationTable,
)

export type CoveredRows = Record<keyof typeof coveredTables, Row[]>

/** Reads all covered rows of an organization, each table in order of id. */
export async function readCovered(reader: Reader, organizationId: string): Promise<CoveredRows> {
  const rows: Partial<CoveredRows> = {}
  for (const [key, { name, columns }] of Object.entries(coveredTables)) {
    const order = 'id' in columns ? ' order by id' : ''
    rows[key as keyof CoveredRows] = await reader.all(
      `select ${Object.keys(columns).join(', ')} from ${name} where organization_id = ?u${order}`,
      organizationId,
    )
  }
  return rows as CoveredRows
}

/** What `state_mac` is made over: the snapshot at `revision`, canonical, each value under its column. */
export function stateBytes(place: StatePlace, rows: CoveredRows): Buffer {
  const fields: Field[] = ['keystead.state', uuidToBytes(place.organizationId), place.revision]
  for (const [key, definition] of Object.entries(coveredTables)) {
    const tableRows = rows[key as keyof CoveredRows]
    // Empty tables and absent values add nothing, so that a migration that adds them keeps the MAC.
    if (tableRows.length > 0) fields.push(definition.name, tableRows.length)
    for (const row of tableRows) fields.push(rowBytes(definition, row))
  }
  return encodeFields(fields)
}

export interface StatePlace {
  organizationId: string
  revision: number
}

function rowBytes(definition: Table, row: Row): Buffer {
  return encodeFields(
    Object.entries(definition.columns).flatMap(([name, type]): Field[] => {
      const value = row[name] ?? null
      if (value === null) return []
      return [name, type === 'uuid' && typeof value === 'string' ? uuidToBytes(value) : value]
    }),
  )
}
