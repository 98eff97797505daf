// CBOR (RFC 8949) as authenticators write it: the forms of CTAP2, and nothing else.
import { ensure } from './refusal.ts'

export type CborValue =
  | number
  | boolean
  | null
  | string
  | Buffer
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>

interface Decoded<T> {
  value: T
  /** Where the next item begins. */
  end: number
}

const DEPTH_MAX = 8

/**
 * Decodes bytes that are one item and nothing more.
 * @throws Refusal for malformed items, indefinite lengths, floating point, tags, repeated keys,
 *   integers above 2⁵³ and nesting deeper than 8
 */
export function decodeCbor(bytes: Buffer): CborValue {
  const { value, end } = decodeCborAt(bytes, 0)
  ensure(end === bytes.length, 'bytes follow the CBOR item')
  return value
}

/** Decodes the item at `at`. @throws Refusal as `decodeCbor` */
export function decodeCborAt(bytes: Buffer, at: number, depth = 0): Decoded<CborValue> {
  ensure(depth < DEPTH_MAX, 'CBOR is nested too deeply')
  ensure(at < bytes.length, 'CBOR is truncated')
  const major = bytes.readUInt8(at) >> 5
  const { value: argument, end } = decodeArgument(bytes, at)
  if (major === 0) return { value: argument, end }
  if (major === 1) return { value: -1 - argument, end }
  if (major === 2) return decodeBytes(bytes, end, argument)
  if (major === 3) {
    const text = decodeBytes(bytes, end, argument)
    return { value: text.value.toString('utf8'), end: text.end }
  }
  if (major === 4) return decodeArray(bytes, { at: end, count: argument, depth })
  if (major === 5) return decodeMap(bytes, { at: end, count: argument, depth })
  ensure(major === 7 && argument >= 20 && argument <= 22, 'CBOR of a kind that is not used here')
  return { value: argument === 22 ? null : argument === 21, end }
}

/** A map with these keys, or the refusal of anything else. */
export function asMap(
  value: CborValue | undefined,
  what: string,
): ReadonlyMap<number | string, CborValue> {
  ensure(value instanceof Map, `${what} is not a map`)
  return value as ReadonlyMap<number | string, CborValue>
}

export function asBytes(value: CborValue | undefined, what: string): Buffer {
  ensure(Buffer.isBuffer(value), `${what} is not bytes`)
  return value
}

/** The number in an item's head. */
function decodeArgument(bytes: Buffer, at: number): Decoded<number> {
  const short = bytes.readUInt8(at) & 0x1f
  if (short < 24) return { value: short, end: at + 1 }
  ensure(short < 28, 'CBOR of indefinite or reserved length')
  const size = 2 ** (short - 24)
  ensure(at + 1 + size <= bytes.length, 'CBOR is truncated')
  const value = size === 8 ? Number(bytes.readBigUInt64BE(at + 1)) : bytes.readUIntBE(at + 1, size)
  ensure(Number.isSafeInteger(value), 'a CBOR integer is too large')
  return { value, end: at + 1 + size }
}

function decodeBytes(bytes: Buffer, at: number, length: number): Decoded<Buffer> {
  ensure(at + length <= bytes.length, 'CBOR is truncated')
  return { value: bytes.subarray(at, at + length), end: at + length }
}

interface Members {
  at: number
  count: number
  depth: number
}

function decodeArray(bytes: Buffer, { at, count, depth }: Members): Decoded<CborValue[]> {
  const items: CborValue[] = []
  let end = at
  while (items.length < count) {
    const item = decodeCborAt(bytes, end, depth + 1)
    items.push(item.value)
    end = item.end
  }
  return { value: items, end }
}

function decodeMap(
  bytes: Buffer,
  { at, count, depth }: Members,
): Decoded<Map<number | string, CborValue>> {
  const members = new Map<number | string, CborValue>()
  let end = at
  for (let read = 0; read < count; read += 1) {
    const key = decodeCborAt(bytes, end, depth + 1)
    ensure(typeof key.value === 'number' || typeof key.value === 'string', 'a CBOR key is odd')
    ensure(!members.has(key.value), 'a CBOR key is repeated')
    const item = decodeCborAt(bytes, key.end, depth + 1)
    members.set(key.value, item.value)
    end = item.end
  }
  return { value: members, end }
}
