// DER encoding of ECDSA signatures: strict when written, lenient in one way when read.

const integerTag = 0x02
const sequenceTag = 0x30
const longForm = 0x80
const integerBytes = 32

/** An ECDSA signature as two big-endian integers of exactly 32 bytes. */
export type EcdsaSignature = Readonly<{ r: Buffer; s: Buffer }>

/**
 * Reads `SEQUENCE { INTEGER r, INTEGER s }` (RFC 3279 section 2.2.3).
 *
 * Superfluous leading zero bytes of r and s are accepted, because client libraries in the field
 * emit them. All else is as DER asks: no long-form lengths, no trailing bytes, no empty or negative
 * integers. r and s are not compared with any curve's order; verification does that.
 *
 * @returns undefined for anything else, or when r or s needs more than 32 bytes
 */
export function parseEcdsaDer(der: Uint8Array): EcdsaSignature | undefined {
  const bodyBytes = der[1]
  if (der[0] !== sequenceTag || bodyBytes === undefined) return undefined
  if (bodyBytes >= longForm || bodyBytes !== der.length - 2) return undefined
  const r = readInteger(der, 2)
  if (r === undefined) return undefined
  const s = readInteger(der, r.end)
  if (s === undefined || s.end !== der.length) return undefined
  return { r: r.value, s: s.value }
}

/**
 * Writes a signature as DER, each integer minimal (X.690 section 8.3.2).
 *
 * @param r - big-endian, at most 32 bytes
 * @param s - big-endian, at most 32 bytes
 * @throws RangeError when r or s is longer than 32 bytes
 */
export function encodeEcdsaDer(r: Uint8Array, s: Uint8Array): Buffer {
  if (r.length > integerBytes || s.length > integerBytes) {
    throw new RangeError('a signature integer is at most 32 bytes')
  }
  const der = Buffer.allocUnsafe(2 + 2 * (3 + integerBytes))
  const end = writeInteger(der, s, writeInteger(der, r, 2))
  der[0] = sequenceTag
  der[1] = end - 2
  return der.subarray(0, end)
}

function readInteger(der: Uint8Array, at: number): { value: Buffer; end: number } | undefined {
  const length = der[at + 1]
  const first = der[at + 2]
  if (der[at] !== integerTag || length === undefined || first === undefined) return undefined
  if (length === 0 || length >= longForm) return undefined
  const end = at + 2 + length
  const isNegative = first >= 0x80
  if (end > der.length || isNegative) return undefined
  const start = firstDigit(der, at + 2, end)
  const digits = end - start
  if (digits > integerBytes) return undefined
  const value = Buffer.alloc(integerBytes)
  value.set(der.subarray(start, end), integerBytes - digits)
  return { value, end }
}

/** @returns the offset after the integer */
function writeInteger(der: Buffer, value: Uint8Array, at: number): number {
  const start = firstDigit(value, 0, value.length)
  const padding = (value[start] ?? longForm) >= 0x80 ? 1 : 0
  const length = padding + value.length - start
  der[at] = integerTag
  der[at + 1] = length
  der[at + 2] = 0
  der.set(start === 0 ? value : value.subarray(start), at + 2 + padding)
  return at + 2 + length
}

/** The index of the first byte that is not zero, or `end`. */
function firstDigit(bytes: Uint8Array, start: number, end: number): number {
  let index = start
  while (index < end && bytes[index] === 0) index++
  return index
}
