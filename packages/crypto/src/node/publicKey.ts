// Public keys from untrusted bytes, checked once and kept in the form verification is fastest with.
import { createPublicKey, ECDH, type KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import type { Curve } from './curve.ts'
import { secp256k1 } from './secp256k1.ts'

/**
 * A valid public key, ready to verify with. Keep it: parsing costs more than verifying.
 * `compressed` is the canonical form to store and compare: 33 bytes, for ed25519 32.
 */
export type VerifyKey =
  | Readonly<{ curve: 'secp256k1'; compressed: Buffer; uncompressed: Buffer }>
  | Readonly<{ curve: 'p256' | 'ed25519'; compressed: Buffer; keyObject: KeyObject }>

/**
 * Checks and imports a public key.
 *
 * secp256k1 and p256 take SEC 1 section 2.3.3 points: 33 bytes compressed or 65 uncompressed (the
 * hybrid form is refused). ed25519 takes the 32 bytes of RFC 8032 section 5.1.2 and refuses
 * non-canonical encodings and points of small order, whose signatures prove nothing.
 *
 * @returns undefined when the bytes are not such a key
 */
export function parsePublicKey(curve: Curve, bytes: Uint8Array): VerifyKey | undefined {
  try {
    if (curve === 'ed25519') return parseEd25519(bytes)
    return hasSecPrefix(bytes) ? parseSecPoint(curve, bytes) : undefined
  } catch {
    return undefined
  }
}

/**
 * The 65-byte form (0x04 ‖ x ‖ y, SEC 1 section 2.3.3) of a secp256k1 or p256 key.
 *
 * @param compressed - 33 bytes
 * @throws Error for ed25519, which has no such form, or when the bytes are not a point
 */
export function uncompressPublicKey(curve: Curve, compressed: Uint8Array): Buffer {
  if (curve === 'ed25519') throw new Error('ed25519 keys have no uncompressed form')
  if (compressed.length !== 33) throw new Error('a compressed public key is 33 bytes')
  return convertPoint(curve, compressed, 'uncompressed')
}

function parseEd25519(bytes: Uint8Array): VerifyKey | undefined {
  const compressed = Buffer.from(bytes)
  if (ed25519.Point.fromBytes(compressed).isSmallOrder()) return undefined
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: compressed.toString('base64url') }
  return { curve: 'ed25519', compressed, keyObject: createPublicKey({ key: jwk, format: 'jwk' }) }
}

function parseSecPoint(curve: 'secp256k1' | 'p256', bytes: Uint8Array): VerifyKey {
  const compressed = convertPoint(curve, bytes, 'compressed')
  const uncompressed = convertPoint(curve, bytes, 'uncompressed')
  if (curve === 'secp256k1') return { curve, compressed, uncompressed }
  const x = uncompressed.toString('base64url', 1, 33)
  const y = uncompressed.toString('base64url', 33)
  const jwk = { kty: 'EC', crv: 'P-256', x, y }
  return { curve, compressed, keyObject: createPublicKey({ key: jwk, format: 'jwk' }) }
}

// Both libraries also read the hybrid form 0x06/0x07, a third spelling of the same key.
function hasSecPrefix(bytes: Uint8Array): boolean {
  const prefix = bytes[0]
  if (bytes.length === 33) return prefix === 2 || prefix === 3
  return bytes.length === 65 && prefix === 4
}

function convertPoint(
  curve: 'secp256k1' | 'p256',
  bytes: Uint8Array,
  form: 'compressed' | 'uncompressed',
): Buffer {
  if (curve === 'secp256k1') {
    return Buffer.from(secp256k1.publicKeyConvert(bytes, form === 'compressed'))
  }
  return ECDH.convertKey(bytes, 'prime256v1', undefined, undefined, form) as Buffer
}
