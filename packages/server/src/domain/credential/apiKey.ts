// API keys: rules for adding them to a user.
import { type Curve, decodeHex, parsePublicKey } from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import { resourceLimits } from '../organization/limits.ts'
import type { Snapshot } from '../organization/model.ts'

/** What a request says about a new key. */
export interface ApiKeyParams {
  name: string
  /** Hexadecimal: compressed for ECDSA curves, 32 bytes for Ed25519. */
  publicKey: string
  curve: Curve
  /** How long the key lasts, in seconds from now, as decimal text; absent: for ever. */
  expirationSeconds: string | null
}

const EXPIRATION_SECONDS_MAX = 100 * 365 * 24 * 60 * 60

export interface NewApiKeys {
  organizationId: string
  userId: string
  /** What the organization has; null for one that is about to be created. */
  organization: Snapshot | null
  keys: readonly ApiKeyParams[]
  nowMs: number
  newId(): string
}

/**
 * Rows of `api_key` for a user's new keys, and the ids of expiring keys that make room for them.
 * @throws AppError `INVALID_PUBLIC_KEY`, `PUBLIC_KEY_IN_USE`, `API_KEY_LABEL_NOT_UNIQUE`,
 *   `INVALID_API_KEY_EXPIRATION`, `API_KEY_LIMIT`, `EXPIRING_API_KEY_LIMIT`
 */
export function planApiKeys(plan: NewApiKeys): { rows: Row[]; evicted: string[] } {
  const present = plan.organization?.users.get(plan.userId)?.apiKeys ?? []
  const limits = plan.organization?.limits ?? resourceLimits(true)
  const rows = plan.keys.map((key) => apiKeyRow(plan, key))
  if (new Set(plan.keys.map((key) => key.publicKey)).size < rows.length) {
    throw new AppError('PUBLIC_KEY_IN_USE')
  }
  refuseRepeatedNames([...present.map((key) => key.name), ...plan.keys.map((key) => key.name)])
  const longLived = (key: { expiresMs: number | null }) => key.expiresMs === null
  const added = rows.map((row) => ({ expiresMs: row['expires_ms'] as number | null }))
  if ([...present, ...added].filter(longLived).length > limits.longLivedApiKeysPerUser) {
    throw new AppError('API_KEY_LIMIT')
  }
  const expiring = present.filter((key) => key.expiresMs !== null)
  const wanted = expiring.length + added.filter((key) => !longLived(key)).length
  const excess = wanted - limits.expiringApiKeysPerUser
  const oldestFirst = expiring.toSorted(
    (a, b) =>
      Number(isLive(a, plan.nowMs)) - Number(isLive(b, plan.nowMs)) || a.createdMs - b.createdMs,
  )
  if (excess > oldestFirst.length) throw new AppError('EXPIRING_API_KEY_LIMIT')
  return { rows, evicted: oldestFirst.slice(0, Math.max(0, excess)).map((key) => key.id) }
}

/** Whether a key has not expired. */
export function isLive(key: { expiresMs: number | null }, nowMs: number): boolean {
  return key.expiresMs === null || key.expiresMs > nowMs
}

function refuseRepeatedNames(names: readonly string[]): void {
  if (new Set(names).size < names.length) throw new AppError('API_KEY_LABEL_NOT_UNIQUE')
}

function apiKeyRow(plan: NewApiKeys, key: ApiKeyParams): Row {
  const bytes = decodeHex(key.publicKey)
  const parsed = bytes === undefined ? undefined : parsePublicKey(key.curve, bytes)
  if (parsed === undefined || !bytes?.equals(parsed.compressed)) {
    throw new AppError('INVALID_PUBLIC_KEY')
  }
  if (plan.organization?.apiKeysByPublicKey.has(bytes.toString('hex')) === true) {
    throw new AppError('PUBLIC_KEY_IN_USE')
  }
  return {
    organization_id: plan.organizationId,
    id: plan.newId(),
    user_id: plan.userId,
    name: key.name,
    curve: key.curve,
    public_key: bytes,
    expires_ms: expiry(key.expirationSeconds, plan.nowMs),
    expiration_seconds: key.expirationSeconds,
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }
}

function expiry(seconds: string | null, nowMs: number): number | null {
  if (seconds === null) return null
  const value = /^[0-9]{1,10}$/.test(seconds) ? Number(seconds) : 0
  if (value < 1 || value > EXPIRATION_SECONDS_MAX) throw new AppError('INVALID_API_KEY_EXPIRATION')
  return nowMs + value * 1000
}
