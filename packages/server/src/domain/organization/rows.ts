// Rows of the covered tables as the nouns of a snapshot.
import { type Curve, parsePublicKey } from '@keystead/crypto/node'
import type { Row } from '../../store/engine.ts'
import { Tampered } from '../audit/head.ts'
import { parseCoseKey, type PasskeyKey } from '../passkey/coseKey.ts'
import type { CoveredRows } from './covered.store.ts'
import { resourceLimits, type SetLimits } from './limits.ts'
import type {
  ApiKey,
  Invitation,
  OidcIdentity,
  Passkey,
  Policy,
  PrivateKey,
  Snapshot,
  Tag,
  User,
  Wallet,
} from './model.ts'

/** What a decision reads, but for the place in the chain. */
export function snapshotFromRows(
  row: Row,
  rows: CoveredRows,
): Omit<Snapshot, 'revision' | 'keyVersion'> {
  const apiKeys = rows.apiKeys.map(apiKeyFromRow)
  const passkeys = rows.passkeys.map(passkeyFromRow)
  const oidcIdentities = rows.oidcIdentities.map(oidcIdentityFromRow)
  const credentials = [...apiKeys, ...passkeys, ...oidcIdentities]
  const users = usersFromRows(rows.users, { apiKeys, passkeys, oidcIdentities })
  const { wallets, privateKeys, tags, invitations, policies } = rows
  const others = [users, wallets, privateKeys, tags, invitations, policies]
    .map(({ length }) => length)
    .reduce((sum, count) => sum + count)
  const parentId = nullable(row, 'parent_id')
  const setLimits = json<SetLimits>(row, 'limits') ?? {}
  return {
    organizationId: text(row, 'organization_id'),
    name: text(row, 'name'),
    parentId,
    rootThreshold: integer(row, 'root_threshold'),
    users: new Map(users.map((user) => [user.id, user])),
    apiKeysByPublicKey: new Map(apiKeys.map((key) => [key.publicKey, key])),
    passkeysByCredentialId: new Map(passkeys.map((key) => [key.credentialId, key])),
    credentialOwners: new Map(credentials.map(({ id, userId }) => [id, userId])),
    tags: new Map(rows.tags.map((tag) => [text(tag, 'id'), tagFromRow(tag)])),
    invitations: new Map(rows.invitations.map((row) => [text(row, 'id'), invitationFromRow(row)])),
    wallets: new Map(rows.wallets.map((wallet) => [text(wallet, 'id'), walletFromRow(wallet)])),
    privateKeys: new Map(rows.privateKeys.map((key) => [text(key, 'id'), privateKeyFromRow(key)])),
    policies: new Map(policies.map((policy) => [text(policy, 'id'), policyFromRow(policy)])),
    features: new Map(
      Object.entries(json<Record<string, string | null>>(row, 'features') ?? {}),
    ) as Snapshot['features'],
    limits: resourceLimits(parentId !== null, setLimits),
    setLimits,
    frozen: (row['frozen'] ?? 0) !== 0,
    acceptedFromMs: row['accepted_from_ms'] as number | null,
    deletedMs: row['deleted_ms'] as number | null,
    createdMs: integer(row, 'created_ms'),
    sizeBytes: 1000 + (credentials.length * 2 + others) * 700 + policies.reduce(expressionBytes, 0),
  }
}

/** A compiled expression takes about as many times the memory of its text. */
const COMPILED = 20

function expressionBytes(sum: number, policy: Row): number {
  const { length } = text(policy, 'condition') + text(policy, 'consensus')
  return sum + length * COMPILED
}

interface Credentials {
  apiKeys: ApiKey[]
  passkeys: Passkey[]
  oidcIdentities: OidcIdentity[]
}

function usersFromRows(rows: readonly Row[], credentials: Credentials): User[] {
  const apiKeys = Map.groupBy(credentials.apiKeys, ({ userId }) => userId)
  const passkeys = Map.groupBy(credentials.passkeys, ({ userId }) => userId)
  const identities = Map.groupBy(credentials.oidcIdentities, ({ userId }) => userId)
  return rows.map((row) => {
    const id = text(row, 'id')
    return {
      id,
      name: text(row, 'name'),
      email: nullable(row, 'email'),
      emailVerified: row['email_verified'] === 1,
      phone: nullable(row, 'phone'),
      phoneVerified: row['phone_verified'] === 1,
      isRoot: row['is_root'] === 1,
      tagIds: json<string[]>(row, 'tags') ?? [],
      apiKeys: apiKeys.get(id) ?? [],
      passkeys: passkeys.get(id) ?? [],
      oidcIdentities: identities.get(id) ?? [],
      ...times(row),
    }
  })
}

function apiKeyFromRow(row: Row): ApiKey {
  const curve = text(row, 'curve') as Curve
  const publicKey = row['public_key'] as Buffer
  const verifyKey = parsePublicKey(curve, publicKey)
  if (verifyKey === undefined) throw new Tampered(`api key ${text(row, 'id')} is not a public key`)
  return {
    ...credentialFromRow(row),
    curve,
    publicKey: publicKey.toString('hex'),
    verifyKey,
    expiresMs: row['expires_ms'] as number | null,
    expirationSeconds: nullable(row, 'expiration_seconds'),
  }
}

function passkeyFromRow(row: Row): Passkey {
  const publicKey = row['public_key'] as Buffer
  return {
    ...credentialFromRow(row),
    rpIdHash: row['rp_id_hash'] as Buffer,
    credentialId: (row['credential_id'] as Buffer).toString('base64url'),
    publicKey,
    verifyKey: passkeyKey(publicKey, text(row, 'id')),
    attestationFormat: text(row, 'attestation_format'),
    aaguid: text(row, 'aaguid'),
    transports: json(row, 'transports') ?? [],
  }
}

function passkeyKey(publicKey: Buffer, id: string): PasskeyKey {
  try {
    return parseCoseKey(publicKey)
  } catch (cause) {
    throw new Tampered(`passkey ${id} has no public key`, { cause })
  }
}

function oidcIdentityFromRow(row: Row): OidcIdentity {
  return {
    ...credentialFromRow(row),
    issuer: text(row, 'issuer'),
    audience: text(row, 'audience'),
    subject: text(row, 'subject'),
  }
}

function credentialFromRow(row: Row) {
  return {
    id: text(row, 'id'),
    userId: text(row, 'user_id'),
    name: text(row, 'name'),
    ...times(row),
  }
}

function tagFromRow(row: Row): Tag {
  return {
    id: text(row, 'id'),
    kind: text(row, 'kind') as Tag['kind'],
    name: text(row, 'name'),
    ...times(row),
  }
}

function invitationFromRow(row: Row): Invitation {
  return {
    id: text(row, 'id'),
    userId: text(row, 'user_id'),
    userName: text(row, 'user_name'),
    email: text(row, 'email'),
    tagIds: json<string[]>(row, 'tags') ?? [],
    accessType: text(row, 'access_type') as Invitation['accessType'],
    senderId: text(row, 'sender_id'),
    publicKey: (row['public_key'] as Buffer).toString('hex'),
    status: text(row, 'status') as Invitation['status'],
    expiresMs: integer(row, 'expires_ms'),
    ...times(row),
  }
}

function walletFromRow(row: Row): Wallet {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    exported: row['exported'] === 1,
    imported: row['imported'] === 1,
    ...times(row),
  }
}

function privateKeyFromRow(row: Row): PrivateKey {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    curve: text(row, 'curve') as Curve,
    publicKey: row['public_key'] as Buffer,
    addresses: json(row, 'addresses') ?? [],
    tagIds: json(row, 'tags') ?? [],
    exported: row['exported'] === 1,
    imported: row['imported'] === 1,
    ...times(row),
  }
}

function policyFromRow(row: Row): Policy {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    effect: text(row, 'effect') as Policy['effect'],
    consensus: text(row, 'consensus'),
    condition: text(row, 'condition'),
    notes: text(row, 'notes'),
    limits: json(row, 'limits') ?? [],
    ...times(row),
  }
}

function times(row: Row) {
  return { createdMs: integer(row, 'created_ms'), updatedMs: integer(row, 'updated_ms') }
}

function text(row: Row, column: string): string {
  return row[column] as string
}

function nullable(row: Row, column: string): string | null {
  return row[column] as string | null
}

function integer(row: Row, column: string): number {
  return row[column] as number
}

/** A JSON column; undefined when it is null. */
function json<T>(row: Row, column: string): T | undefined {
  const value = nullable(row, column)
  return value === null ? undefined : (JSON.parse(value) as T)
}
