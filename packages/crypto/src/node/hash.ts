// Hashes, MACs, key stretching from strong keys, and constant-time comparison.
import { createHmac, hash, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { ripemd160 } from '@noble/hashes/legacy.js'
import { keccak_256 } from '@noble/hashes/sha3.js'

/** SHA-256 of `data`, 32 bytes (FIPS 180-4). */
export function sha256(data: Uint8Array): Buffer {
  return hash('sha256', data, 'buffer')
}

/** Keccak-256 of `data`, 32 bytes: Ethereum's hash, with the padding from before SHA-3 (FIPS 202). */
export function keccak256(data: Uint8Array): Buffer {
  return Buffer.from(keccak_256(data))
}

/** RIPEMD-160 of SHA-256 of `data`, 20 bytes: what Bitcoin and its heirs name keys by. */
export function hash160(data: Uint8Array): Buffer {
  return Buffer.from(ripemd160(sha256(data)))
}

/** HMAC-SHA-256 of `data`, 32 bytes (RFC 2104). A `KeyObject` saves importing the key each time. */
export function hmacSha256(key: KeyObject | Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

/**
 * HKDF-SHA-256 with an empty salt (RFC 5869). For keys that are already strong, never passwords.
 *
 * @param length - bytes wanted, at most 8160
 * @throws RangeError when `length` is over the limit
 */
export function hkdfSha256(key: Uint8Array, info: Uint8Array, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', key, new Uint8Array(), info, length))
}

/** HKDF-Extract with SHA-256 (RFC 5869 section 2.2): a 32-byte key for {@link hkdfExpand}. */
export function hkdfExtract(salt: Uint8Array, key: Uint8Array): Buffer {
  return hmacSha256(salt, key)
}

/**
 * HKDF-Expand with SHA-256 (RFC 5869 section 2.3).
 *
 * @param length - bytes wanted, at most 8160
 * @throws RangeError when `length` is over the limit
 */
export function hkdfExpand(key: Uint8Array, info: Uint8Array, length: number): Buffer {
  if (length > 255 * 32) throw new RangeError('HKDF-SHA-256 gives at most 8160 bytes')
  const blocks: Buffer[] = []
  for (let n = 1; (n - 1) * 32 < length; n += 1) {
    blocks.push(hmacSha256(key, Buffer.concat([blocks.at(-1) ?? Buffer.of(), info, Buffer.of(n)])))
  }
  return Buffer.concat(blocks).subarray(0, length)
}

/** Whether two byte strings are equal; the time taken depends on their lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
