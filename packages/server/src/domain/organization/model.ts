// What a decision reads of an organization, as nouns.
import type { AddressFormat, Curve, VerifyKey } from '@keystead/crypto/node'
import type { PasskeyKey } from '../passkey/coseKey.ts'
import type { Limit } from '../policy/limit.ts'
import type { Features } from './features.ts'
import type { ResourceLimits, SetLimits } from './limits.ts'

/** What every credential has. */
interface Credential {
  id: string
  userId: string
  name: string
  createdMs: number
  updatedMs: number
}

export interface ApiKey extends Credential {
  curve: Curve
  /** Lowercase hexadecimal, compressed. */
  publicKey: string
  verifyKey: VerifyKey
  expiresMs: number | null
  expirationSeconds: string | null
}

/** A WebAuthn credential. */
export interface Passkey extends Credential {
  rpIdHash: Buffer
  /** base64url without padding. */
  credentialId: string
  /** COSE_Key. */
  publicKey: Buffer
  verifyKey: PasskeyKey
  /** The format of its attestation statement, such as `none` or `packed`. */
  attestationFormat: string
  /** UUID text. */
  aaguid: string
  transports: readonly string[]
}

/** Somebody whom an OpenID provider names. */
export interface OidcIdentity extends Credential {
  issuer: string
  audience: string
  subject: string
}

export interface User {
  id: string
  name: string
  email: string | null
  emailVerified: boolean
  phone: string | null
  phoneVerified: boolean
  isRoot: boolean
  tagIds: readonly string[]
  apiKeys: readonly ApiKey[]
  passkeys: readonly Passkey[]
  oidcIdentities: readonly OidcIdentity[]
  createdMs: number
  updatedMs: number
}

/** A name for a group of users, or of private keys. */
export interface Tag {
  id: string
  kind: 'user' | 'privateKey'
  name: string
  createdMs: number
  updatedMs: number
}

/** Somebody who was asked to join. The user comes to be when the invitation is accepted. */
export interface Invitation {
  id: string
  /** The id that the user will have. */
  userId: string
  userName: string
  email: string
  tagIds: readonly string[]
  accessType: 'web' | 'api' | 'all'
  /** The user who invites. */
  senderId: string
  /** Of the key in the mailed link: lowercase hexadecimal, compressed P-256. */
  publicKey: string
  status: 'created' | 'accepted'
  expiresMs: number
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
  tagIds: readonly string[]
  exported: boolean
  imported: boolean
  createdMs: number
  updatedMs: number
}

/** A rule that allows or denies requests. A part that is empty constrains nothing. */
export interface Policy {
  id: string
  name: string
  effect: 'allow' | 'deny'
  consensus: string
  condition: string
  notes: string
  /** Of a deny policy: it denies only what would go beyond one of these. */
  limits: readonly Limit[]
  createdMs: number
  updatedMs: number
}

export interface Snapshot {
  organizationId: string
  revision: number
  /** The version of its data key that sealed at this revision. */
  keyVersion: number
  name: string
  /** The parent of a sub-organization; null for a root organization. */
  parentId: string | null
  /** How many root users must agree. */
  rootThreshold: number
  users: ReadonlyMap<string, User>
  apiKeysByPublicKey: ReadonlyMap<string, ApiKey>
  /** By credential id in base64url. */
  passkeysByCredentialId: ReadonlyMap<string, Passkey>
  /** The user of every credential, by the credential's id. */
  credentialOwners: ReadonlyMap<string, string>
  tags: ReadonlyMap<string, Tag>
  invitations: ReadonlyMap<string, Invitation>
  wallets: ReadonlyMap<string, Wallet>
  privateKeys: ReadonlyMap<string, PrivateKey>
  policies: ReadonlyMap<string, Policy>
  features: Features
  limits: ResourceLimits
  /** What of its limits and allowances was set for it alone. */
  setLimits: SetLimits
  /** Whether its host has stopped all activities, here or everywhere. */
  frozen: boolean
  /** Of the instance: the time that new bodies must be later than, after a restore; null: any. */
  acceptedFromMs: number | null
  /** When it was deleted; such an organization is found by nobody. */
  deletedMs: number | null
  createdMs: number
  /** Roughly, for the cache. */
  sizeBytes: number
}
