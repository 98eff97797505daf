// DER encoding of ECDSA signatures: strict when written, lenient in one way when read.

const integerTag = 0x02
const sequenceTag = 0x30
const longForm = 0x80

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
  const body = Buffer.concat([encodeInteger(r), encodeInteger(s)])
  return Buffer.concat([Buffer.of(sequenceTag, body.length), body])
}

function readInteger(der: Uint8Array, at: number): { value: Buffer; end: number } | undefined {
  const length = der[at + 1]
  const first = der[at + 2]
  if (der[at] !== integerTag || length === undefined || first === undefined) return undefined
  if (length === 0 || length >= longForm) return undefined
  const end = at + 2 + length
  const isNegative = first >= 0x80
  if (end > der.length || isNegative) return undefined
  const digits = withoutLeadingZeros(der.subarray(at + 2, end))
  if (digits.length > 32) return undefined
  const value = Buffer.alloc(32)
  value.set(digits, 32 - digits.length)
  return { value, end }
}

function encodeInteger(value: Uint8Array): Buffer {
  if (value.length > 32) throw new RangeError('a signature integer is at most 32 bytes')
  const digits = withoutLeadingZeros(value)
  const first = digits[0]
  const padding = first === undefined || first >= 0x80 ? [0] : []
  return Buffer.of(integerTag, padding.length + digits.length, ...padding, ...digits)
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  return start < 0 ? new Uint8Array() : bytes.subarray(start)
}
