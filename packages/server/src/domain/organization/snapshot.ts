// The snapshot of an organization: everything a decision reads, authenticated, at one revision.
import {
  type AddressFormat,
  type Curve,
  equalBytes,
  parsePublicKey,
  type VerifyKey,
} from '@keystead/crypto/node'
import type { Reader, Row } from '../../store/engine.ts'
import { findEntryAt, findHead, findNewestLeaf } from '../audit/audit.store.ts'
import { type Head, Tampered } from '../audit/head.ts'
import type { Keyvault } from '../keyvault/keyvault.ts'
import { type CoveredRows, readCovered, stateMac } from './covered.store.ts'

export interface ApiKey {
  id: string
  userId: string
  name: string
  curve: Curve
  /** Lowercase hexadecimal, compressed. */
  publicKey: string
  verifyKey: VerifyKey
  expiresMs: number | null
  expirationSeconds: string | null
  createdMs: number
  updatedMs: number
}

export interface User {
  id: string
  name: string
  email: string | null
  phone: string | null
  isRoot: boolean
  apiKeys: ApiKey[]
  createdMs: number
  updatedMs: number
}

export interface Wallet {
  id: string
  name: string
  exported: boolean
  imported: boolean
  createdMs: number
  updatedMs: number
}

export interface PrivateKey {
  id: string
  name: string
  curve: Curve
  /** Compressed. */
  publicKey: Buffer
  addresses: readonly { format: AddressFormat; address: string }[]
  exported: boolean
  imported: boolean
  createdMs: number
  updatedMs: number
}

export interface Snapshot {
  organizationId: string
  revision: number
  name: string
  /** The parent of a sub-organization; null for a root organization. */
  parentId: string | null
  /** How many root users must agree. */
  rootThreshold: number
  users: ReadonlyMap<string, User>
  apiKeysByPublicKey: ReadonlyMap<string, ApiKey>
  wallets: ReadonlyMap<string, Wallet>
  privateKeys: ReadonlyMap<string, PrivateKey>
  /** Roughly, for the cache. */
  sizeBytes: number
}

/**
 * Reads and authenticates an organization. Call it inside one read snapshot.
 * @returns undefined when there is no such organization
 * @throws Tampered when rows, head or chain are not what this server wrote
 */
export async function loadSnapshot(
  reader: Reader,
  keyvault: Keyvault,
  organizationId: string,
): Promise<{ snapshot: Snapshot; head: Head } | undefined> {
  const head = await findHead(reader, keyvault.auditKey, organizationId)
  if (head === undefined) return undefined
  await assertNotOlder(reader, head)
  const rows = await readCovered(reader, organizationId)
  const { stateKey } = await keyvault.dataKey(reader, organizationId)
  assertState(stateKey, head, rows)
  return { snapshot: buildSnapshot(head, rows), head }
}

/** @throws Tampered when the covered rows are not those of `head` */
export function assertState(stateKey: Buffer, head: Head, rows: CoveredRows): void {
  if (!equalBytes(stateMac(stateKey, head, rows), head.stateMac)) {
    throw new Tampered(`rows of organization ${head.organizationId} were changed from outside`)
  }
}

/** SECURITY: a head put back from a copy is older than its newest signed checkpoint. */
async function assertNotOlder(reader: Reader, head: Head): Promise<void> {
  const leaf = await findNewestLeaf(reader, head.organizationId)
  if (leaf === undefined) return
  const entry = await findEntryAt(reader, head.organizationId, leaf.seq)
  if (head.seq < leaf.seq || entry === undefined || !equalBytes(entry.link, leaf.link)) {
    throw new Tampered(`organization ${head.organizationId} is older than its last checkpoint`)
  }
}

function buildSnapshot(head: Head, rows: CoveredRows): Snapshot {
  const organization = rows.organization[0]
  if (organization === undefined) throw new Tampered(`organization ${head.organizationId} is gone`)
  const apiKeys = rows.apiKeys.map(apiKeyFromRow)
  const keysOfUser = Map.groupBy(apiKeys, (key) => key.userId)
  const users = rows.users.map((row) => userFromRow(row, keysOfUser))
  const count = apiKeys.length * 2 + users.length + rows.wallets.length + rows.privateKeys.length
  return {
    organizationId: head.organizationId,
    revision: head.revision,
    name: text(organization, 'name'),
    parentId: nullable(organization, 'parent_id'),
    rootThreshold: integer(organization, 'root_threshold'),
    users: new Map(users.map((user) => [user.id, user])),
    apiKeysByPublicKey: new Map(apiKeys.map((key) => [key.publicKey, key])),
    wallets: new Map(rows.wallets.map((row) => [text(row, 'id'), walletFromRow(row)])),
    privateKeys: new Map(rows.privateKeys.map((row) => [text(row, 'id'), privateKeyFromRow(row)])),
    sizeBytes: 1000 + count * 700,
  }
}

function apiKeyFromRow(row: Row): ApiKey {
  const curve = text(row, 'curve') as Curve
  const publicKey = row['public_key'] as Buffer
  const verifyKey = parsePublicKey(curve, publicKey)
  if (verifyKey === undefined) throw new Tampered(`api key ${text(row, 'id')} is not a public key`)
  return {
    id: text(row, 'id'),
    userId: text(row, 'user_id'),
    name: text(row, 'name'),
    curve,
    publicKey: publicKey.toString('hex'),
    verifyKey,
    expiresMs: row['expires_ms'] as number | null,
    expirationSeconds: nullable(row, 'expiration_seconds'),
    ...times(row),
  }
}

function userFromRow(row: Row, keysOfUser: Map<string, ApiKey[]>): User {
  const id = text(row, 'id')
  return {
    id,
    name: text(row, 'name'),
    email: nullable(row, 'email'),
    phone: nullable(row, 'phone'),
    isRoot: row['is_root'] === 1,
    apiKeys: keysOfUser.get(id) ?? [],
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
    addresses: JSON.parse(text(row, 'addresses')) as PrivateKey['addresses'],
    exported: row['exported'] === 1,
    imported: row['imported'] === 1,
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
