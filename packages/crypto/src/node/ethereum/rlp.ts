// Recursive Length Prefix: Ethereum's encoding of nested byte strings, read in one spelling only.
import { refuse, type Verdict, verdictOf } from '../verdict.ts'

/** A byte string or a list of items. */
export type RlpItem = Buffer | readonly RlpItem[]

// Nodes take transactions of at most 128 KiB; a transaction nests lists four deep.
const sizeBytesMax = 1_048_576
const depthMax = 16
const itemsMax = 65_536

const stringPrefix = 0x80
const listPrefix = 0xc0
const shortLengthMax = 55

/**
 * Decodes the canonical encoding of one item (Yellow Paper appendix B) and nothing but it: a single
 * byte below 0x80 stands for itself, lengths are in their shortest form, and no byte is left over.
 * So {@link encodeRlp} of the item gives the same bytes.
 *
 * Byte strings of the item are views of a copy of `bytes`.
 *
 * @returns a refusal also for over 1 MiB, 65 536 items, or lists nested more than 16 deep
 */
export function decodeRlp(bytes: Uint8Array): Verdict<{ item: RlpItem }> {
  return verdictOf(() => ({ item: readRlp(bytes) }))
}

/** {@link decodeRlp} inside another parser: refuses instead of giving a verdict. */
export function readRlp(bytes: Uint8Array): RlpItem {
  if (bytes.length > sizeBytesMax) refuse('rlp is over 1 MiB')
  const reader = new RlpReader(bytes)
  const item = reader.item(bytes.length, 0)
  if (reader.at !== bytes.length) refuse('rlp has trailing bytes')
  return item
}

/** Encodes an item (Yellow Paper appendix B). */
export function encodeRlp(item: RlpItem): Buffer {
  if (!Buffer.isBuffer(item)) {
    const body = Buffer.concat(item.map(encodeRlp))
    return Buffer.concat([encodeLength(listPrefix, body.length), body])
  }
  const first = item[0]
  if (item.length === 1 && first !== undefined && first < stringPrefix) return item
  return Buffer.concat([encodeLength(stringPrefix, item.length), item])
}

/** A non-negative integer as RLP carries it: big-endian, no leading zeros, 0 as no bytes. */
export function integerBytes(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0)
  const digits = value.toString(16)
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
}

function encodeLength(prefix: number, length: number): Buffer {
  if (length <= shortLengthMax) return Buffer.of(prefix + length)
  const digits = integerBytes(BigInt(length))
  return Buffer.concat([Buffer.of(prefix + shortLengthMax + digits.length), digits])
}

class RlpReader {
  at = 0
  readonly #bytes: Buffer
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes)
  }

  item(end: number, depth: number): RlpItem {
    this.#items += 1
    if (this.#items > itemsMax) refuse('rlp has too many items')
    const prefix = this.#bytes[this.at]
    if (prefix === undefined || this.at >= end) refuse('rlp ends early')
    this.at += 1
    if (prefix < stringPrefix) return this.#bytes.subarray(this.at - 1, this.at)
    if (prefix >= listPrefix) {
      if (depth >= depthMax) refuse('rlp lists are nested too deeply')
      return this.#list(this.#bodyEnd(prefix - listPrefix, end), depth + 1)
    }
    return this.#string(this.#bodyEnd(prefix - stringPrefix, end))
  }

  #list(end: number, depth: number): RlpItem[] {
    const items: RlpItem[] = []
    while (this.at < end) items.push(this.item(end, depth))
    return items
  }

  #string(end: number): Buffer {
    const body = this.#bytes.subarray(this.at, end)
    const first = body[0]
    if (body.length === 1 && first !== undefined && first < stringPrefix) {
      refuse('rlp gives a length to a single byte below 0x80')
    }
    this.at = end
    return body
  }

  #bodyEnd(code: number, end: number): number {
    const length = code <= shortLengthMax ? code : this.#longLength(code - shortLengthMax, end)
    if (length > end - this.at) refuse('rlp ends early')
    return this.at + length
  }

  #longLength(digits: number, end: number): number {
    if (digits > end - this.at) refuse('rlp ends early')
    if (this.#bytes[this.at] === 0) refuse('rlp length has leading zeros')
    // A length of more than six bytes is over every limit, and no exact number.
    if (digits > 6) refuse('rlp ends early')
    const length = this.#bytes.readUIntBE(this.at, digits)
    if (length <= shortLengthMax) refuse('rlp length is not in its shortest form')
    this.at += digits
    return length
  }
}
