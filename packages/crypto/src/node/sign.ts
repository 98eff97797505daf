// Signing. Every ECDSA signature is verified before it leaves, so a computing fault leaks no key.
import { sign } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import type { EcdsaSignature } from './der.ts'
import { assertPrivateKey, ed25519KeyObject, publicKeyOf } from './privateKey.ts'
import { secp256k1 } from './secp256k1.ts'

/** A low-S signature with the parity of R's y, from which the public key can be recovered. */
export type RecoverableSignature = EcdsaSignature & Readonly<{ recovery: 0 | 1 }>

/**
 * Signs a digest with ECDSA on secp256k1: deterministic (RFC 6979 section 3.2 with SHA-256), low-S.
 *
 * @param privateKey - 32 bytes
 * @param digest - 32 bytes
 * @param publicKey - the public key of `privateKey`, 33 or 65 bytes, when known: without it, it is
 * derived for the self-check, which takes a quarter of the time
 * @throws RangeError when the key or digest is malformed; Error when the self-check fails, also
 * because `publicKey` belongs to another key or is malformed
 */
export function signSecp256k1(
  privateKey: Uint8Array,
  digest: Uint8Array,
  publicKey?: Uint8Array,
): RecoverableSignature {
  assertPrivateKey('secp256k1', privateKey)
  assertDigest(digest)
  const { signature, recid } = secp256k1.ecdsaSign(digest, privateKey)
  const checkKey = publicKey ?? secp256k1.publicKeyCreate(privateKey, false)
  return checkedSignature(
    Buffer.from(signature),
    recid,
    secp256k1.ecdsaVerify(signature, digest, checkKey),
  )
}

/**
 * Signs a digest with ECDSA on P-256: deterministic (RFC 6979 section 3.2 with SHA-256), low-S.
 *
 * The arithmetic is not constant time; who can time single calls precisely may learn about the key.
 *
 * @param privateKey - 32 bytes
 * @param digest - 32 bytes
 * @throws RangeError when the key or digest is malformed; Error when the self-check fails
 */
export function signP256(privateKey: Uint8Array, digest: Uint8Array): RecoverableSignature {
  assertPrivateKey('p256', privateKey)
  assertDigest(digest)
  const recovered = Buffer.from(
    p256.sign(digest, privateKey, {
      prehash: false,
      lowS: true,
      extraEntropy: false,
      format: 'recovered',
    }),
  )
  const compact = recovered.subarray(1)
  const publicKey = publicKeyOf('p256', privateKey)
  const isValid = p256.verify(compact, digest, publicKey, { prehash: false, lowS: true })
  return checkedSignature(compact, recovered[0], isValid)
}

/**
 * Signs a message with pure Ed25519 (RFC 8032 section 5.1.6).
 *
 * @param privateKey - the 32-byte seed
 * @returns R ‖ S, 64 bytes
 * @throws RangeError when the key is not 32 bytes
 */
export function signEd25519(privateKey: Uint8Array, message: Uint8Array): Buffer {
  return sign(null, message, ed25519KeyObject(privateKey))
}

function assertDigest(digest: Uint8Array): void {
  if (digest.length !== 32) throw new RangeError('a digest to sign is 32 bytes')
}

function checkedSignature(
  compact: Buffer,
  recovery: number | undefined,
  isValid: boolean,
): RecoverableSignature {
  // SECURITY: a signature from a faulty computation can reveal the private key.
  // Recovery ids 2 and 3 mean R.x ≥ n, which no one will ever see by chance (2^-127).
  if (!isValid || (recovery !== 0 && recovery !== 1)) {
    throw new Error('signature self-check failed')
  }
  return { r: compact.subarray(0, 32), s: compact.subarray(32, 64), recovery }
}
