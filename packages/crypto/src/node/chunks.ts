// Long plaintexts in authenticated chunks: the STREAM construction over AES-256-GCM.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { AeadKey } from './aead.ts'

const algorithm = 'aes-256-gcm'
const counterBytes = 11
const tagBytes = 16

/** Plaintext bytes of every chunk but the last, which may be shorter, and empty. */
export const chunkBytes = 64 * 1024

/** Bytes of a sealed chunk of `chunkBytes`. */
export const sealedChunkBytes = chunkBytes + tagBytes

/**
 * Seals the chunks of one plaintext in order (Hoang, Reyhanitabar, Rogaway, Vizár 2015, STREAM):
 * the nonce is the chunk's number (11 bytes, big-endian) and 1 for the last chunk, otherwise 0, so
 * that no chunk can be dropped, moved, repeated or cut off unseen.
 *
 * A key must seal one plaintext only: derive one for each.
 */
export class ChunkSealer {
  readonly #key: AeadKey
  readonly #nonces = new Nonces()

  constructor(key: AeadKey) {
    this.#key = key
  }

  /** @returns ciphertext (as long as `plaintext`) ‖ tag (16 bytes) */
  seal(plaintext: Uint8Array, isLast: boolean): Buffer {
    const nonce = this.#nonces.next(isLast)
    const cipher = createCipheriv(algorithm, this.#key, nonce, { authTagLength: tagBytes })
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  }
}

/** Opens what {@link ChunkSealer} made, in the same order. */
export class ChunkOpener {
  readonly #key: AeadKey
  readonly #nonces = new Nonces()

  constructor(key: AeadKey) {
    this.#key = key
  }

  /**
   * @param isLast whether nothing follows
   * @throws Error `authentication failed` for anything but the next chunk under the same key
   */
  open(sealed: Uint8Array, isLast: boolean): Buffer {
    const nonce = this.#nonces.next(isLast)
    const end = sealed.length - tagBytes
    if (end < 0) throw new Error('authentication failed')
    try {
      const decipher = createDecipheriv(algorithm, this.#key, nonce, { authTagLength: tagBytes })
      decipher.setAuthTag(sealed.subarray(end))
      return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()])
    } catch (cause) {
      throw new Error('authentication failed', { cause })
    }
  }
}

/** The nonces of one stream, each once. */
class Nonces {
  #count = 0
  #ended = false

  next(isLast: boolean): Buffer {
    if (this.#ended) throw new Error('nothing follows the last chunk')
    this.#ended = isLast
    const nonce = Buffer.alloc(counterBytes + 1)
    nonce.writeUIntBE(this.#count++, counterBytes - 6, 6)
    nonce[counterBytes] = isLast ? 1 : 0
    return nonce
  }
}
