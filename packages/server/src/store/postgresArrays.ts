// Columns of values as PostgreSQL arrays in binary form: no hexadecimal, no quoting, no parsing.
import { writeUuid } from '../platform/ids.ts'
import type { Value } from './engine.ts'
import type { ColumnType } from './table.ts'

/** The type of an element, and what its oid is in every PostgreSQL. */
const ELEMENT: Record<ColumnType, { type: string; oid: number }> = {
  uuid: { type: 'uuid', oid: 2950 },
  bytes: { type: 'bytea', oid: 17 },
  text: { type: 'text', oid: 25 },
  integer: { type: 'bigint', oid: 20 },
}

const HEADER_BYTES = 20
const LENGTH_BYTES = 4
const ABSENT = -1

/** The name of the array type of a column. */
export function arrayType(type: ColumnType): string {
  return `${ELEMENT[type].type}[]`
}

/** `values` as a parameter of type `arrayType(type)` (array_recv of PostgreSQL). */
export function encodeArray(type: ColumnType, values: readonly Value[]): Buffer {
  let size = HEADER_BYTES
  for (const value of values) size += LENGTH_BYTES + sizeOf(type, value)
  const array = Buffer.allocUnsafe(size)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(values.includes(null) ? 1 : 0, 4)
  array.writeInt32BE(ELEMENT[type].oid, 8)
  array.writeInt32BE(values.length, 12)
  array.writeInt32BE(1, 16)
  let offset = HEADER_BYTES
  for (const value of values) {
    const length = value === null ? 0 : write(array, type, { value, at: offset + LENGTH_BYTES })
    array.writeInt32BE(value === null ? ABSENT : length, offset)
    offset += LENGTH_BYTES + length
  }
  return array
}

function sizeOf(type: ColumnType, value: Value): number {
  if (value === null) return 0
  if (type === 'uuid') return 16
  if (type === 'integer') return 8
  return typeof value === 'string' ? Buffer.byteLength(value) : (value as Buffer).length
}

/** @returns how many bytes the element has */
function write(
  array: Buffer,
  type: ColumnType,
  { value, at }: { value: string | number | Buffer; at: number },
): number {
  if (type === 'uuid') return writeUuid(array, String(value), at)
  if (type === 'integer') return array.writeBigInt64BE(BigInt(value as number), at) - at
  if (typeof value === 'string') return array.write(value, at)
  array.set(value as Buffer, at)
  return (value as Buffer).length
}
