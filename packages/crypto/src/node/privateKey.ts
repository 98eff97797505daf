// Private keys: making them, and the public keys that belong to them.
//
// Keys are plain bytes. JavaScript cannot promise that no copy stays in memory; callers may
// overwrite their own buffers, and the copies made here are left to the garbage collector.
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import type { Curve } from './curve.ts'
import { secp256k1 } from './secp256k1.ts'

// OneAsymmetricKey for Ed25519 up to the 32 key bytes (RFC 8410 section 7).
const ed25519Pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Whether the bytes are a private key of the curve: 32 bytes, and 0 < key < n unless ed25519. */
export function isPrivateKey(curve: Curve, bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false
  if (curve === 'secp256k1') return secp256k1.privateKeyVerify(bytes)
  return curve === 'ed25519' || p256.utils.isValidSecretKey(bytes)
}

/** Throws unless the bytes are a private key of the curve; the message never holds the key. */
export function assertPrivateKey(curve: Curve, bytes: Uint8Array): void {
  if (!isPrivateKey(curve, bytes)) throw new RangeError(`not a private key for ${curve}`)
}

/** Imports the 32-byte Ed25519 seed (RFC 8032 section 5.1.5). */
export function ed25519KeyObject(privateKey: Uint8Array): KeyObject {
  assertPrivateKey('ed25519', privateKey)
  const key = Buffer.concat([ed25519Pkcs8Prefix, privateKey])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

/** A new private key, 32 bytes, uniform over the valid ones. */
export function generatePrivateKey(curve: Curve): Buffer {
  for (;;) {
    const candidate = randomBytes(32)
    if (isPrivateKey(curve, candidate)) return candidate
  }
}

/**
 * The public key of a private key: 33 bytes compressed (SEC 1 section 2.3.3), for ed25519 32 bytes.
 *
 * @param privateKey - 32 bytes
 * @throws RangeError when that is not a private key of the curve
 */
export function publicKeyOf(curve: Curve, privateKey: Uint8Array): Buffer {
  assertPrivateKey(curve, privateKey)
  if (curve === 'secp256k1') return Buffer.from(secp256k1.publicKeyCreate(privateKey))
  if (curve === 'ed25519') {
    const spki = createPublicKey(ed25519KeyObject(privateKey))
    return spki.export({ format: 'der', type: 'spki' }).subarray(-32)
  }
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(privateKey)
  return ecdh.getPublicKey(null, 'compressed')
}
