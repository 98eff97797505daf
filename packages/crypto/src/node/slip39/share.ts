// One share of SLIP-0039 as words: its fields, its padding and its checksum.
import { words } from './words.ts'

const WORD_BITS = 10n
const WORD_MASK = 1023n
const WORDS_MIN = 20
const PADDING_BITS_MAX = 8

/** What all shares of one secret have in common. */
export interface ShareSet {
  /** 15 bits, random for each splitting. */
  identifier: number
  /** Whether the identifier is left out of the encryption, so that more shares can be made later. */
  extendable: boolean
  /** PBKDF2 takes 10000 · 2^e rounds. */
  iterationExponent: number
  groupThreshold: number
  groupCount: number
}

/** A share. Indices count from 0, thresholds and counts from 1. */
export interface Share extends ShareSet {
  groupIndex: number
  memberIndex: number
  memberThreshold: number
  /** As long as the secret: an even number of bytes, at least 16. */
  value: Buffer
}

/** The share's words, in lower case with single spaces. */
export function encodeShare(share: Share): string {
  const valueWords = Math.ceil((share.value.length * 8) / Number(WORD_BITS))
  const head = packFields(share)
  const value = BigInt(`0x${share.value.toString('hex')}`)
  const data = [...toWords(head, 4), ...toWords(value, valueWords)]
  const customization = customizationOf(share.extendable)
  const checksum = polymod([...customization, ...data, 0, 0, 0]) ^ 1
  const checked = [...data, ...toWords(BigInt(checksum), 3)]
  return checked.map((index) => words[index]).join(' ')
}

/**
 * Reads a share a person typed: case and white space do not matter.
 *
 * @returns undefined when a word, the length, the padding or the checksum is wrong, or its fields
 * contradict each other
 */
export function parseShare(text: string): Share | undefined {
  const indices = readWords(text)
  if (indices === undefined) return undefined
  const fields = unpackFields(fromWords(indices.slice(0, 4)))
  if (polymod([...customizationOf(fields.extendable), ...indices]) !== 1) return undefined
  if (fields.groupThreshold > fields.groupCount) return undefined
  const value = readValue(indices.slice(4, -3))
  return value === undefined ? undefined : { ...fields, value }
}

function readWords(text: string): number[] | undefined {
  // Before anything that takes longer the longer the text is.
  if (text.length > 1000) return undefined
  const typed = text.normalize('NFKD').toLowerCase().trim().split(/\s+/)
  const indices = typed.map((word) => words.indexOf(word))
  return indices.length < WORDS_MIN || indices.includes(-1) ? undefined : indices
}

function readValue(indices: readonly number[]): Buffer | undefined {
  const bits = indices.length * Number(WORD_BITS)
  const padding = bits % 16
  if (padding > PADDING_BITS_MAX) return undefined
  const value = fromWords(indices)
  // The padding is at the front, and zero.
  if (value >> BigInt(bits - padding) !== 0n) return undefined
  return Buffer.from(value.toString(16).padStart((bits - padding) / 4, '0'), 'hex')
}

function packFields(share: Omit<Share, 'value'>): bigint {
  const fields: [value: number, bits: number][] = [
    [share.identifier, 15],
    [share.extendable ? 1 : 0, 1],
    [share.iterationExponent, 4],
    [share.groupIndex, 4],
    [share.groupThreshold - 1, 4],
    [share.groupCount - 1, 4],
    [share.memberIndex, 4],
    [share.memberThreshold - 1, 4],
  ]
  return fields.reduce((packed, [value, bits]) => (packed << BigInt(bits)) | BigInt(value), 0n)
}

function unpackFields(packed: bigint): Omit<Share, 'value'> {
  const field = (shift: number, bits: number) =>
    Number((packed >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n))
  return {
    identifier: field(25, 15),
    extendable: field(24, 1) === 1,
    iterationExponent: field(20, 4),
    groupIndex: field(16, 4),
    groupThreshold: field(12, 4) + 1,
    groupCount: field(8, 4) + 1,
    memberIndex: field(4, 4),
    memberThreshold: field(0, 4) + 1,
  }
}

function toWords(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, place) =>
    Number((value >> (WORD_BITS * BigInt(count - 1 - place))) & WORD_MASK),
  )
}

function fromWords(indices: readonly number[]): bigint {
  return indices.reduce((value, index) => (value << WORD_BITS) | BigInt(index), 0n)
}

function customizationOf(extendable: boolean): Buffer {
  return Buffer.from(extendable ? 'shamir_extendable' : 'shamir')
}

const GENERATOR = [
  0xe0e040, 0x1c1c080, 0x3838100, 0x7070200, 0xe0e0009, 0x1c0c2412, 0x38086c24, 0x3090fc48,
  0x21b1f890, 0x3f3f120,
]

/** The Reed-Solomon checksum RS1024: 30 bits, 1 over a valid share. */
function polymod(values: Iterable<number>): number {
  let checksum = 1
  for (const value of values) {
    const top = checksum >> 20
    checksum = ((checksum & 0xfffff) << 10) ^ value
    for (const [bit, factor] of GENERATOR.entries()) {
      if (((top >> bit) & 1) === 1) checksum ^= factor
    }
  }
  return checksum
}
