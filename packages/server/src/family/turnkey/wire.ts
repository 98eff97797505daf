// Our nouns in the wire form of the Turnkey API.
import { uncompressPublicKey } from '@keystead/crypto/node'
import type { PrivateKey, Snapshot, User, Wallet } from '../../domain/organization/model.ts'
import { isLive } from '../../domain/credential/apiKey.ts'
import type { PlannedPrivateKey } from '../../domain/privateKey/privateKey.ts'
import type { WalletAccount } from '../../domain/wallet/wallet.ts'
import type { JsonValue } from '../../platform/strictJson.ts'
import { z } from 'zod'
import { wireAddressFormat, wireCurve } from './keyNames.ts'
import {
  apiKeyResult,
  authenticatorResult,
  exampleApiKey,
  oauthProviderResult,
  wireApiKey,
  wireAuthenticator,
  wireOauthProvider,
} from './credentialWire.ts'
import { time, wireTime } from './time.ts'

export const walletResult = z.object({
  walletId: z.uuid(),
  walletName: z.string(),
  createdAt: time,
  updatedAt: time,
  exported: z.boolean(),
  imported: z.boolean(),
})

export function wireWallet(wallet: Wallet): z.input<typeof walletResult> {
  return {
    walletId: wallet.id,
    walletName: wallet.name,
    createdAt: wireTime(wallet.createdMs),
    updatedAt: wireTime(wallet.updatedMs),
    exported: wallet.exported,
    imported: wallet.imported,
  }
}

export const walletAccountResult = z.object({
  walletAccountId: z.uuid(),
  organizationId: z.uuid(),
  walletId: z.uuid(),
  curve: z.string(),
  pathFormat: z.literal('PATH_FORMAT_BIP32'),
  path: z.string(),
  addressFormat: z.string(),
  address: z.string(),
  createdAt: time,
  updatedAt: time,
  publicKey: z.string(),
  name: z.string().optional(),
  walletDetails: walletResult.optional(),
})

export function wireWalletAccount(account: WalletAccount): z.input<typeof walletAccountResult> {
  return {
    walletAccountId: account.id,
    organizationId: account.organization_id,
    walletId: account.wallet_id,
    curve: wireCurve(account.curve),
    pathFormat: 'PATH_FORMAT_BIP32',
    path: account.path,
    addressFormat: wireAddressFormat(account.address_format),
    address: account.address,
    createdAt: wireTime(account.created_ms),
    updatedAt: wireTime(account.created_ms),
    publicKey: account.public_key.toString('hex'),
    ...(account.name === null ? {} : { name: account.name }),
  }
}

export const exampleWalletAccount: z.input<typeof walletAccountResult> = {
  walletAccountId: '019a0000-0000-7000-8000-000000000008',
  organizationId: '019a0000-0000-7000-8000-000000000000',
  walletId: '019a0000-0000-7000-8000-000000000001',
  curve: 'CURVE_SECP256K1',
  pathFormat: 'PATH_FORMAT_BIP32',
  path: "m/44'/60'/0'/0/0",
  addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  address: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
  publicKey: '038318535b54105d4a7aae60c08fc45f9687181b4fdfc625bd1a753fa7397fed75',
}

const address = z.object({ format: z.string(), address: z.string() })

function wireAddress({ format, address: text }: PlannedPrivateKey['addresses'][number]) {
  return { format: wireAddressFormat(format), address: text }
}

/** What creating a private key answers. */
export const newPrivateKeyResult = z.object({
  privateKeyId: z.uuid(),
  addresses: z.array(address),
})

export function wireNewPrivateKey({
  id,
  addresses,
}: PlannedPrivateKey): z.input<typeof newPrivateKeyResult> {
  return { privateKeyId: id, addresses: addresses.map(wireAddress) }
}

export const privateKeyResult = z.object({
  privateKeyId: z.uuid(),
  publicKey: z.string(),
  privateKeyName: z.string(),
  curve: z.string(),
  addresses: z.array(address),
  privateKeyTags: z.array(z.uuid()),
  createdAt: time,
  updatedAt: time,
  exported: z.boolean(),
  imported: z.boolean(),
})

export const examplePrivateKey: z.input<typeof privateKeyResult> = {
  privateKeyId: '019a0000-0000-7000-8000-000000000007',
  publicKey:
    '044f355bdcb7cc0af728ef3cceb9615d90684bb5b2ca5f859ab0f0b704075871aa385b6b1b8ead809ca67454d9683fcf2ba03456d6fe2c4abe2b07f0fbdbb2f1c1',
  privateKeyName: 'Hot key',
  curve: 'CURVE_SECP256K1',
  addresses: [
    { format: 'ADDRESS_FORMAT_ETHEREUM', address: '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A' },
  ],
  privateKeyTags: [],
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
  exported: false,
  imported: false,
}

/** A private key on the wire: the public key is uncompressed for ECDSA curves. */
export function wirePrivateKey(key: PrivateKey): z.input<typeof privateKeyResult> {
  const publicKey =
    key.curve === 'ed25519' ? key.publicKey : uncompressPublicKey(key.curve, key.publicKey)
  return {
    privateKeyId: key.id,
    publicKey: publicKey.toString('hex'),
    privateKeyName: key.name,
    curve: wireCurve(key.curve),
    addresses: key.addresses.map(wireAddress),
    privateKeyTags: [...key.tagIds],
    createdAt: wireTime(key.createdMs),
    updatedAt: wireTime(key.updatedMs),
    exported: key.exported,
    imported: key.imported,
  }
}

export const userResult = z.object({
  userId: z.uuid(),
  userName: z.string(),
  userEmail: z.string().optional(),
  userPhoneNumber: z.string().optional(),
  authenticators: z.array(authenticatorResult),
  apiKeys: z.array(apiKeyResult),
  userTags: z.array(z.uuid()),
  oauthProviders: z.array(oauthProviderResult),
  mfaPolicies: z.array(z.never()),
  createdAt: time,
  updatedAt: time,
})

export const exampleUser: z.input<typeof userResult> = {
  userId: '019a0000-0000-7000-8000-000000000002',
  userName: 'Ada',
  userEmail: 'ada@example.com',
  authenticators: [],
  apiKeys: [exampleApiKey],
  userTags: ['019a0000-0000-7000-8000-000000000009'],
  oauthProviders: [],
  mfaPolicies: [],
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
}

/** A user as queries and votes show it. Expired keys stop being shown at once. */
export function wireUser(user: User, nowMs: number): z.input<typeof userResult> {
  return {
    userId: user.id,
    userName: user.name,
    ...(user.email === null ? {} : { userEmail: user.email }),
    ...(user.phone === null ? {} : { userPhoneNumber: user.phone }),
    authenticators: user.passkeys.map(wireAuthenticator),
    apiKeys: user.apiKeys.filter((key) => isLive(key, nowMs)).map(wireApiKey),
    userTags: [...user.tagIds],
    oauthProviders: user.oidcIdentities.map(wireOauthProvider),
    mfaPolicies: [],
    createdAt: wireTime(user.createdMs),
    updatedAt: wireTime(user.updatedMs),
  }
}

/** The user of `snapshot`, or what remains of one that was deleted. */
export function findUser(snapshots: readonly (Snapshot | null)[], userId: string): User {
  for (const snapshot of snapshots) {
    const user = snapshot?.users.get(userId)
    if (user !== undefined) return user
  }
  return {
    id: userId,
    name: '',
    email: null,
    emailVerified: false,
    phone: null,
    phoneVerified: false,
    isRoot: false,
    tagIds: [],
    apiKeys: [],
    passkeys: [],
    oidcIdentities: [],
    createdMs: 0,
    updatedMs: 0,
  }
}

/** Drops members that are null: unset optional fields, as one official client sends them. */
export function dropNulls(value: JsonValue): JsonValue {
  return hasNulls(value) ? withoutNulls(value) : value
}

function hasNulls(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object') return false
  if (Array.isArray(value)) return value.some(hasNulls)
  for (const key in value) {
    const member = value[key]
    if (member === null || (typeof member === 'object' && hasNulls(member))) return true
  }
  return false
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member)]))
}
