// Our nouns in the wire form of the Turnkey API.
import type { Snapshot, User, Wallet } from '../../domain/organization/snapshot.ts'
import type { WalletAccount } from '../../domain/wallet/wallet.ts'
import type { JsonValue } from '../../platform/strictJson.ts'
import { z } from 'zod'
import { addressFormatNames, curveNames, wireName } from './parameters.ts'

/** Milliseconds as `{seconds, nanos}`, both decimal text. */
export function wireTime(ms: number) {
  const seconds = Math.floor(ms / 1000)
  return { seconds: String(seconds), nanos: String((ms - seconds * 1000) * 1_000_000) }
}

const time = z.object({ seconds: z.string(), nanos: z.string() })

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
    curve: wireName(curveNames, account.curve),
    pathFormat: 'PATH_FORMAT_BIP32',
    path: account.path,
    addressFormat: wireName(addressFormatNames, account.address_format),
    address: account.address,
    createdAt: wireTime(account.created_ms),
    updatedAt: wireTime(account.created_ms),
    publicKey: account.public_key.toString('hex'),
    ...(account.name === null ? {} : { name: account.name }),
  }
}

const CREDENTIAL_TYPE = {
  p256: 'CREDENTIAL_TYPE_API_KEY_P256',
  secp256k1: 'CREDENTIAL_TYPE_API_KEY_SECP256K1',
  ed25519: 'CREDENTIAL_TYPE_API_KEY_ED25519',
} as const

/** A user as votes embed it. Expired keys stop being shown at once. */
export function wireUser(user: User, nowMs: number) {
  return {
    userId: user.id,
    userName: user.name,
    ...(user.email === null ? {} : { userEmail: user.email }),
    ...(user.phone === null ? {} : { userPhoneNumber: user.phone }),
    authenticators: [],
    apiKeys: user.apiKeys
      .filter((key) => key.expiresMs === null || key.expiresMs > nowMs)
      .map((key) => ({
        credential: { publicKey: key.publicKey, type: CREDENTIAL_TYPE[key.curve] },
        apiKeyId: key.id,
        apiKeyName: key.name,
        createdAt: wireTime(key.createdMs),
        updatedAt: wireTime(key.updatedMs),
        ...(key.expirationSeconds === null ? {} : { expirationSeconds: key.expirationSeconds }),
      })),
    userTags: [],
    oauthProviders: [],
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
    phone: null,
    isRoot: false,
    apiKeys: [],
    createdMs: 0,
    updatedMs: 0,
  }
}

/** Drops members that are null: unset optional fields, as one official client sends them. */
export function dropNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(dropNulls)
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([key, member]) => [key, dropNulls(member)]))
}
