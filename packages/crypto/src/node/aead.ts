// Authenticated encryption of stored secrets: AES-256-GCM with a random nonce.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** An AES-256 key made by {@link aeadKey}; keep it, because importing bytes per call is slow. */
export type AeadKey = KeyObject

/**
 * Imports 32 key bytes. The bytes are copied, so the caller may overwrite its own.
 *
 * @throws RangeError when the key is not 32 bytes
 */
export function aeadKey(bytes: Uint8Array): AeadKey {
  if (bytes.length !== 32) throw new RangeError('an AES-256 key is 32 bytes')
  return createSecretKey(bytes)
}

/**
 * Encrypts and authenticates (NIST SP 800-38D). `aad` is authenticated, not stored: give the same
 * bytes to {@link aeadOpen}.
 *
 * One key must seal at most 2^32 values, because nonces are random 96-bit numbers.
 *
 * @returns nonce (12 bytes) ‖ ciphertext (as long as `plaintext`) ‖ tag (16 bytes)
 */
export function aeadSeal(key: AeadKey, plaintext: Uint8Array, aad: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  return Buffer.concat([nonce, encryptOnce({ key, nonce, aad }, plaintext)])
}

/**
 * Decrypts what {@link aeadSeal} returned.
 *
 * @throws Error `authentication failed` for a wrong key, wrong `aad`, changed or short input: the
 * caller cannot tell which
 */
export function aeadOpen(key: AeadKey, sealed: Uint8Array, aad: Uint8Array): Buffer {
  const nonce = sealed.subarray(0, nonceBytes)
  return decryptOnce({ key, nonce, aad }, sealed.subarray(nonceBytes))
}

/** What one value is encrypted with: `nonce` is 12 bytes, never used before with this key. */
export type AeadContext = Readonly<{ key: AeadKey; nonce: Uint8Array; aad: Uint8Array }>

/** Encrypts with a nonce of the caller's. @returns ciphertext ‖ tag (16 bytes) */
export function encryptOnce({ key, nonce, aad }: AeadContext, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(aad)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

/** Decrypts what {@link encryptOnce} returned, or throws as {@link aeadOpen} does. */
export function decryptOnce({ key, nonce, aad }: AeadContext, encrypted: Uint8Array): Buffer {
  const end = encrypted.length - tagBytes
  if (nonce.length !== nonceBytes || end < 0) throw new Error('authentication failed')
  try {
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(aad)
    decipher.setAuthTag(encrypted.subarray(end))
    return Buffer.concat([decipher.update(encrypted.subarray(0, end)), decipher.final()])
  } catch (cause) {
    throw new Error('authentication failed', { cause })
  }
}
