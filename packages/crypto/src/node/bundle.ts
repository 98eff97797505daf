// The encrypted bundles of the Turnkey API: one use of HPKE, and the envelope that a server signs.
import { createBase58check } from '@scure/base'
import { encodeEcdsaDer, parseEcdsaDer } from './der.ts'
import { decodeHex } from './encoding.ts'
import { sha256 } from './hash.ts'
import { type HpkeRecipient, hpkeSender, openFrom } from './hpke.ts'
import { generatePrivateKey, publicKeyOf } from './privateKey.ts'
import { parsePublicKey, uncompressPublicKey } from './publicKey.ts'
import { signP256 } from './sign.ts'
import { verifyP256Message } from './verify.ts'

const base58check = createBase58check(sha256)
const info = Buffer.from('turnkey_hpke')
const version = 'v1.0.0'

/** A message encrypted to one P-256 key. */
export type SealedMessage = Readonly<{
  /** The ephemeral public key, 65 bytes. */
  enc: Buffer
  /** 16 bytes longer than the message. */
  ciphertext: Buffer
}>

/**
 * Encrypts a message as bundles have it: the info is `turnkey_hpke`, the associated data enc ‖
 * recipient, both uncompressed.
 *
 * @param publicKey - the recipient's, compressed or uncompressed
 * @throws RangeError when that is not a point of P-256
 */
export function sealMessage(publicKey: Uint8Array, message: Uint8Array): SealedMessage {
  return sealMessageWith(generatePrivateKey('p256'), publicKey, message)
}

/** The same with an ephemeral key given, which must be new and random. */
export function sealMessageWith(
  ephemeralKey: Uint8Array,
  publicKey: Uint8Array,
  message: Uint8Array,
): SealedMessage {
  const { enc, recipientKey, seal } = hpkeSender(publicKey, ephemeralKey)
  const aad = Buffer.concat([enc, recipientKey])
  return { enc, ciphertext: seal({ info, aad }, message) }
}

/**
 * Decrypts what {@link sealMessage} returned.
 *
 * @throws Error `authentication failed` when it was made for another key, changed or malformed
 */
export function openMessage(recipient: HpkeRecipient, { enc, ciphertext }: SealedMessage): Buffer {
  const aad = Buffer.concat([enc, recipient.publicKey])
  return openFrom(recipient, { info, aad }, Buffer.concat([enc, ciphertext]))
}

/** A credential for its owner's eyes, as mails carry it: base58check(compressed enc ‖ ciphertext). */
export function encodeCredentialBundle({ enc, ciphertext }: SealedMessage): string {
  const compressed = parsePublicKey('p256', enc)?.compressed
  if (compressed === undefined) throw new RangeError('not a P-256 public key')
  return base58check.encode(Buffer.concat([compressed, ciphertext]))
}

/**
 * The text of an envelope: `data` as JSON in hexadecimal, the DER signature over its bytes, and the
 * signer's public key, uncompressed, in lower case because clients compare it as text.
 *
 * @param signerKey - a P-256 private key, 32 bytes
 */
export function signBundle(signerKey: Uint8Array, data: Readonly<Record<string, string>>): string {
  const bytes = Buffer.from(JSON.stringify(data))
  const { r, s } = signP256(signerKey, sha256(bytes))
  const publicKey = uncompressPublicKey('p256', publicKeyOf('p256', signerKey))
  return JSON.stringify({
    version,
    data: bytes.toString('hex'),
    dataSignature: encodeEcdsaDer(r, s).toString('hex'),
    enclaveQuorumPublic: publicKey.toString('hex'),
  })
}

/**
 * What {@link signBundle} signed.
 *
 * @param signerPublicKey - the key to trust, compressed or uncompressed
 * @returns undefined when the text is no envelope, or not signed by that key
 */
export function verifyBundle(
  signerPublicKey: Uint8Array,
  bundle: string,
): Record<string, unknown> | undefined {
  const signer = parsePublicKey('p256', signerPublicKey)
  const envelope = parseObject(bundle)
  const data = hexMember(envelope, 'data')
  const der = hexMember(envelope, 'dataSignature')
  const signature = der && parseEcdsaDer(der)
  if (signer === undefined || data === undefined || signature === undefined) return undefined
  return verifyP256Message(signer, data, signature) ? parseObject(data.toString()) : undefined
}

/** The text `{"encappedPublic","ciphertext"}` in which clients send what they encrypted. */
export function encodeSealedMessage({ enc, ciphertext }: SealedMessage): string {
  return JSON.stringify({
    encappedPublic: enc.toString('hex'),
    ciphertext: ciphertext.toString('hex'),
  })
}

/**
 * Reads an object with `encappedPublic` (65 bytes in hexadecimal, a point of P-256) and `ciphertext`
 * (at least the 16 bytes of a tag); other members are ignored.
 *
 * @returns undefined when it is anything else
 */
export function parseSealedMessage(text: string): SealedMessage | undefined {
  const object = parseObject(text)
  const enc = hexMember(object, 'encappedPublic')
  const ciphertext = hexMember(object, 'ciphertext')
  if (enc?.length !== 65 || parsePublicKey('p256', enc) === undefined) return undefined
  return ciphertext === undefined || ciphertext.length < 16 ? undefined : { enc, ciphertext }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}

function hexMember(object: Record<string, unknown> | undefined, name: string): Buffer | undefined {
  const value = object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
  return typeof value === 'string' ? decodeHex(value) : undefined
}
