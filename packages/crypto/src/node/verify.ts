// Signature verification. Nothing here throws: what cannot be checked is not valid.
import { verify } from 'node:crypto'
import { type EcdsaSignature, encodeEcdsaDer } from './der.ts'
import type { VerifyKey } from './publicKey.ts'
import { secp256k1 } from './secp256k1.ts'

/**
 * Verifies ECDSA on secp256k1 over a digest the caller computed (SEC 1 section 4.1.4). Both s and
 * n − s are accepted: a signature is therefore no unique id of what was signed.
 *
 * @param digest - 32 bytes
 * @returns false also for a key of another curve, and for r or s that is 0, ≥ n or not 32 bytes
 */
export function verifyEcdsaDigest(
  key: VerifyKey,
  digest: Uint8Array,
  signature: EcdsaSignature,
): boolean {
  if (key.curve !== 'secp256k1' || digest.length !== 32) return false
  const compact = joinSignature(signature)
  if (compact === undefined) return false
  // The library refuses high s in verification and r or s ≥ n already when reading.
  return falseOnThrow(() =>
    secp256k1.ecdsaVerify(secp256k1.signatureNormalize(compact), digest, key.uncompressed),
  )
}

/**
 * Verifies ECDSA on P-256 with SHA-256 over `message` (FIPS 186-5 section 6.4.2). Both s and n − s
 * are accepted: a signature is therefore no unique id of what was signed.
 *
 * @returns false also for a key of another curve, and for r or s that is 0, ≥ n or not 32 bytes
 */
export function verifyP256Message(
  key: VerifyKey,
  message: Uint8Array,
  signature: EcdsaSignature,
): boolean {
  if (key.curve !== 'p256') return false
  const { r, s } = signature
  if (r.length !== 32 || s.length !== 32) return false
  // A bare key object and DER take 43 µs; the options that P1363 needs make it 60.
  return falseOnThrow(() => verify('sha256', message, key.keyObject, encodeEcdsaDer(r, s)))
}

/**
 * Verifies pure Ed25519 over `message` (RFC 8032 section 5.1.7, without the cofactor).
 *
 * @param signature - R ‖ S, 64 bytes
 * @returns false also for a key of another curve, another length, and S ≥ L
 */
export function verifyEd25519(key: VerifyKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.curve !== 'ed25519' || signature.length !== 64) return false
  return falseOnThrow(() => verify(null, message, key.keyObject, signature))
}

function joinSignature({ r, s }: EcdsaSignature): Buffer | undefined {
  return r.length === 32 && s.length === 32 ? Buffer.concat([r, s]) : undefined
}

// SECURITY: a throw that escaped could turn a bad signature into an unhandled request.
function falseOnThrow(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
