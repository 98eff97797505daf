// Schnorr signatures on secp256k1 (BIP-340), and keys tweaked for taproot (BIP-341). What touches a
// private key is done by libsecp256k1 in constant time; only public scalars become big integers.
import { sha256 } from '../hash.ts'
import { assertPrivateKey } from '../privateKey.ts'
import { secp256k1 } from '../secp256k1.ts'

const order = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141')
const evenY = 0x02

/** An empty root: a key without scripts (BIP-86). */
const noScripts: Uint8Array = new Uint8Array()

/** A hash that cannot be another one's under a different tag (BIP-340, Specification). */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Buffer {
  const prefix = sha256(Buffer.from(tag, 'utf8'))
  return sha256(Buffer.concat([prefix, prefix, ...parts]))
}

/**
 * Signs a message (BIP-340, Default Signing) without auxiliary randomness, so that the same message
 * always has the same signature. The signature is verified before it leaves.
 *
 * @param privateKey - 32 bytes
 * @param message - of any length; for taproot a digest of 32 bytes
 * @returns R's x ‖ s, 64 bytes
 * @throws RangeError when that is not a private key; Error when the self-check fails
 */
export function signSchnorr(privateKey: Uint8Array, message: Uint8Array): Buffer {
  assertPrivateKey('secp256k1', privateKey)
  const { secret, x } = withEvenY(privateKey)
  const masked = xor(secret, taggedHash('BIP0340/aux', Buffer.alloc(32)))
  // A nonce of 0 or beyond the order, which no one will ever see, is refused by `withEvenY`.
  const nonce = withEvenY(taggedHash('BIP0340/nonce', masked, x, message))
  const challenge = challengeOf(nonce.x, x, message)
  const product = secp256k1.privateKeyTweakMul(Buffer.from(secret), challenge)
  const s = secp256k1.privateKeyTweakAdd(product, nonce.secret)
  const signature = Buffer.concat([nonce.x, s])
  // SECURITY: a signature from a faulty computation can reveal the private key.
  if (!verifySchnorr(x, message, signature)) throw new Error('signature self-check failed')
  return signature
}

/**
 * Verifies a signature (BIP-340, Verification).
 *
 * @param publicKey - the x coordinate, 32 bytes
 * @returns false also for malformed keys and signatures
 */
export function verifySchnorr(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const r = signature.subarray(0, 32)
  try {
    const key = secp256k1.publicKeyNegate(liftX(publicKey))
    const minusEp = secp256k1.publicKeyTweakMul(key, challengeOf(r, publicKey, message))
    const point = secp256k1.publicKeyCombine([
      secp256k1.publicKeyCreate(signature.subarray(32)),
      minusEp,
    ])
    return Buffer.from(point).equals(Buffer.concat([Buffer.of(evenY), r]))
  } catch {
    // Not a point, a scalar out of range, or the point at infinity.
    return false
  }
}

/**
 * The output key of an internal key (BIP-341, taproot_tweak_pubkey).
 *
 * @param publicKey - compressed, 33 bytes, of which only x counts
 * @param merkleRoot - 32 bytes; without it, a key without scripts (BIP-86)
 * @returns the x coordinate, 32 bytes
 */
export function taprootOutputKey(publicKey: Uint8Array, merkleRoot = noScripts): Buffer {
  const x = publicKey.subarray(1)
  const tweak = taggedHash('TapTweak', x, merkleRoot)
  return Buffer.from(secp256k1.publicKeyTweakAdd(liftX(x), tweak)).subarray(1)
}

/**
 * The private key of {@link taprootOutputKey} (BIP-341, taproot_tweak_seckey), 32 bytes.
 *
 * @param privateKey - 32 bytes, of the internal key
 */
export function taprootPrivateKey(privateKey: Uint8Array, merkleRoot = noScripts): Buffer {
  assertPrivateKey('secp256k1', privateKey)
  const { secret, x } = withEvenY(privateKey)
  const tweak = taggedHash('TapTweak', x, merkleRoot)
  return Buffer.from(secp256k1.privateKeyTweakAdd(secret, tweak))
}

/** A copy of a private key, negated where its point has an odd y; and the point's x. */
function withEvenY(privateKey: Uint8Array): { secret: Uint8Array; x: Buffer } {
  const point = Buffer.from(secp256k1.publicKeyCreate(privateKey))
  const copy = Buffer.from(privateKey)
  const secret = point[0] === evenY ? copy : secp256k1.privateKeyNegate(copy)
  return { secret, x: point.subarray(1) }
}

/** The point with this x and an even y. Throws when there is none. */
function liftX(x: Uint8Array): Uint8Array {
  return secp256k1.publicKeyConvert(Buffer.concat([Buffer.of(evenY), x]), true)
}

function challengeOf(r: Uint8Array, x: Uint8Array, message: Uint8Array): Buffer {
  const hash = taggedHash('BIP0340/challenge', r, x, message)
  const reduced = BigInt(`0x${hash.toString('hex')}`) % order
  return Buffer.from(reduced.toString(16).padStart(64, '0'), 'hex')
}

function xor(a: Uint8Array, b: Uint8Array): Buffer {
  return Buffer.from(a.map((byte, at) => byte ^ (b[at] ?? 0)))
}
