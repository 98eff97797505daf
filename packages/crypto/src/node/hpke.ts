// Hybrid public key encryption (RFC 9180) to a P-256 key: base mode, one message per encryption.
import { createECDH } from 'node:crypto'
import { aeadKey, decryptOnce, encryptOnce } from './aead.ts'
import { hkdfExpand, hkdfExtract } from './hash.ts'
import { generatePrivateKey, isPrivateKey, publicKeyOf } from './privateKey.ts'
import { parsePublicKey, uncompressPublicKey } from './publicKey.ts'

// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM (sections 7.1 to 7.3).
const kemSuite = Buffer.from('KEM\0\x10', 'latin1')
const suite = Buffer.from('HPKE\0\x10\0\x01\0\x02', 'latin1')
const version = Buffer.from('HPKE-v1')
const baseMode = Buffer.of(0)
const nothing = Buffer.of()
const encBytes = 65
const tagBytes = 16

/**
 * What both sides must agree on besides the key: `info` says what the encryption is for, `aad` is
 * authenticated with the message. Neither is stored.
 */
export type HpkeBinding = Readonly<{ info: Uint8Array; aad: Uint8Array }>

/**
 * Who decrypts. `publicKey` is 65 bytes (uncompressed, SEC 1 section 2.3.3). `agree` gives the 32-byte
 * x coordinate of the ECDH with `enc`, which is a valid point of 65 bytes: in this process
 * ({@link hpkeRecipient}), or in a device that holds the key.
 */
export type HpkeRecipient = Readonly<{
  publicKey: Uint8Array
  agree: (enc: Buffer) => Buffer
}>

/**
 * The recipient that holds this P-256 private key (32 bytes).
 *
 * @throws RangeError when that is no private key
 */
export function hpkeRecipient(privateKey: Uint8Array): HpkeRecipient {
  return {
    publicKey: uncompressPublicKey('p256', publicKeyOf('p256', privateKey)),
    agree: (enc) => sharedX(privateKey, enc),
  }
}

/**
 * Encrypts to a P-256 public key, compressed or uncompressed.
 *
 * @returns enc (65 bytes, uncompressed) ‖ ciphertext (16 bytes longer than `plaintext`)
 * @throws RangeError when `publicKey` is not a point of the curve
 */
export function sealTo(publicKey: Uint8Array, binding: HpkeBinding, plaintext: Uint8Array): Buffer {
  const sender = hpkeSender(publicKey, generatePrivateKey('p256'))
  return Buffer.concat([sender.enc, sender.seal(binding, plaintext)])
}

/**
 * Decrypts what {@link sealTo} returned.
 *
 * @throws Error `authentication failed` for another key, info or aad, and for changed, short or
 * malformed bytes: the caller cannot tell which. What `agree` throws passes through.
 */
export function openFrom(
  recipient: HpkeRecipient,
  { info, aad }: HpkeBinding,
  bytes: Uint8Array,
): Buffer {
  const enc = Buffer.from(bytes.subarray(0, encBytes))
  if (bytes.length < encBytes + tagBytes || !isUncompressedPoint(enc)) {
    throw new Error('authentication failed')
  }
  const secret = decapsulated(recipient.agree(enc), Buffer.concat([enc, recipient.publicKey]))
  return decryptOnce({ ...keySchedule(secret, info), aad }, bytes.subarray(encBytes))
}

/** One encryption under way: `enc` is known before `aad`, which may thus depend on it. */
export type HpkeSender = Readonly<{
  enc: Buffer
  recipientKey: Buffer
  seal: (binding: HpkeBinding, plaintext: Uint8Array) => Buffer
}>

/**
 * Encapsulates with the ephemeral key given. It must be new and random, and `seal` be called once:
 * a second message would have the same key and nonce.
 *
 * @throws RangeError when `publicKey` is not a point of the curve
 */
export function hpkeSender(publicKey: Uint8Array, ephemeralKey: Uint8Array): HpkeSender {
  const parsed = parsePublicKey('p256', publicKey)
  if (parsed === undefined) throw new RangeError('not a P-256 public key')
  const recipientKey = uncompressPublicKey('p256', parsed.compressed)
  const enc = uncompressPublicKey('p256', publicKeyOf('p256', ephemeralKey))
  const agreed = sharedX(ephemeralKey, recipientKey)
  const secret = decapsulated(agreed, Buffer.concat([enc, recipientKey]))
  return {
    enc,
    recipientKey,
    seal: ({ info, aad }, plaintext) =>
      encryptOnce({ ...keySchedule(secret, info), aad }, plaintext),
  }
}

/**
 * The private key that belongs to strong key material of at least 32 bytes (DeriveKeyPair, section
 * 7.1.3): the same material always gives the same key.
 *
 * @returns 32 bytes
 * @throws RangeError when `material` is shorter
 */
export function deriveHpkeKey(material: Uint8Array): Buffer {
  if (material.length < 32) throw new RangeError('key material has at least 32 bytes')
  const base = labeledExtract(kemSuite, 'dkp_prk', { salt: nothing, key: material })
  for (let counter = 0; counter < 256; counter += 1) {
    const label = { suite: kemSuite, label: 'candidate', info: Buffer.of(counter) }
    const candidate = labeledExpand(base, label, 32)
    if (isPrivateKey('p256', candidate)) return candidate
  }
  throw new Error('no candidate is a private key')
}

/** The key and the nonce of the first message (section 5.1). */
export function keySchedule(secret: Uint8Array, info: Uint8Array) {
  const context = Buffer.concat([
    baseMode,
    labeledExtract(suite, 'psk_id_hash', { salt: nothing, key: nothing }),
    labeledExtract(suite, 'info_hash', { salt: nothing, key: info }),
  ])
  const base = labeledExtract(suite, 'secret', { salt: secret, key: nothing })
  return {
    key: aeadKey(labeledExpand(base, { suite, label: 'key', info: context }, 32)),
    nonce: labeledExpand(base, { suite, label: 'base_nonce', info: context }, 12),
  }
}

/** The shared secret of the KEM from the one of the ECDH (ExtractAndExpand, section 4.1). */
function decapsulated(agreed: Uint8Array, context: Uint8Array): Buffer {
  const prk = labeledExtract(kemSuite, 'eae_prk', { salt: nothing, key: agreed })
  return labeledExpand(prk, { suite: kemSuite, label: 'shared_secret', info: context }, 32)
}

function sharedX(privateKey: Uint8Array, point: Uint8Array): Buffer {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(privateKey)
  return ecdh.computeSecret(point)
}

function isUncompressedPoint(bytes: Uint8Array): boolean {
  return bytes.length === encBytes && parsePublicKey('p256', bytes) !== undefined
}

function labeledExtract(
  suiteId: Buffer,
  label: string,
  { salt, key }: { salt: Uint8Array; key: Uint8Array },
): Buffer {
  return hkdfExtract(salt, Buffer.concat([version, suiteId, Buffer.from(label), key]))
}

function labeledExpand(
  key: Buffer,
  { suite: suiteId, label, info }: { suite: Buffer; label: string; info: Uint8Array },
  length: number,
): Buffer {
  const prefix = [Buffer.of(0, length), version, suiteId, Buffer.from(label)]
  return hkdfExpand(key, Buffer.concat([...prefix, info]), length)
}
