// The canonical binary encoding under every hash and MAC: length-prefixed fields, never JSON.

/** What a field may be: text as UTF-8, integers as 8 bytes big-endian, absent as its own mark. */
export type Field = string | number | Buffer | null

const ABSENT = 0xffffffff
const LENGTH_BYTES = 4
const INTEGER_BYTES = 8

/**
 * Encodes fields one after the other: a 4-byte big-endian length, then the bytes. `null` is the
 * length `ffffffff` alone, so that absent and empty differ. Injective, hence safe to hash.
 */
export function encodeFields(fields: readonly Field[]): Buffer {
  let size = 0
  for (const field of fields) size += LENGTH_BYTES + sizeOf(field)
  const encoded = Buffer.allocUnsafe(size)
  let offset = 0
  for (const field of fields) offset = write(encoded, field, offset)
  return encoded
}

function sizeOf(field: Field): number {
  if (field === null) return 0
  if (typeof field === 'number') return INTEGER_BYTES
  return typeof field === 'string' ? Buffer.byteLength(field) : field.length
}

/** @returns the offset after the field */
function write(target: Buffer, field: Field, offset: number): number {
  const start = offset + LENGTH_BYTES
  if (field === null) return target.writeUInt32BE(ABSENT, offset)
  if (typeof field === 'number') {
    target.writeUInt32BE(INTEGER_BYTES, offset)
    return target.writeBigInt64BE(BigInt(field), start)
  }
  if (typeof field === 'string') {
    const length = target.write(field, start)
    target.writeUInt32BE(length, offset)
    return start + length
  }
  target.writeUInt32BE(field.length, offset)
  target.set(field, start)
  return start + field.length
}
