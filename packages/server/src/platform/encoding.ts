// The canonical binary encoding under every hash and MAC: length-prefixed fields, never JSON.

/** What a field may be: text as UTF-8, integers as 8 bytes big-endian, absent as its own mark. */
export type Field = string | number | Buffer | null

const ABSENT = Buffer.from([0xff, 0xff, 0xff, 0xff])

/**
 * Encodes fields one after the other: a 4-byte big-endian length, then the bytes. `null` is the
 * length `ffffffff` alone, so that absent and empty differ. Injective, hence safe to hash.
 */
export function encodeFields(fields: readonly Field[]): Buffer {
  const parts: Buffer[] = []
  for (const field of fields) {
    if (field === null) {
      parts.push(ABSENT)
      continue
    }
    const bytes = fieldBytes(field)
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(bytes.length)
    parts.push(length, bytes)
  }
  return Buffer.concat(parts)
}

function fieldBytes(field: string | number | Buffer): Buffer {
  if (typeof field === 'string') return Buffer.from(field, 'utf8')
  if (typeof field === 'number') {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64BE(BigInt(field))
    return bytes
  }
  return field
}
