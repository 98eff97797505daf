// Ids: UUIDv7 text, and its 16-byte form.
import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(4096)
let used = pool.length

/** Ten random bytes from a refilled pool: one system call serves four hundred ids. */
function tenRandomBytes(): Buffer {
  if (used + 10 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 10
  return pool.subarray(used - 10, used)
}

/** Formats 16 bytes as a lowercase UUID. */
export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The 16 bytes of a UUID in canonical text. */
export function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

/** A new UUIDv7 (RFC 9562 section 5.7) for the time `nowMs`. */
export function newUuid(nowMs: number): string {
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  tenRandomBytes().copy(bytes, 6)
  bytes[6] = 0x70 | (bytes.readUInt8(6) & 0x0f)
  bytes[8] = 0x80 | (bytes.readUInt8(8) & 0x3f)
  return uuidFromBytes(bytes)
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether `text` is a UUID in canonical form, of either case. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** The pseudo-organization that owns what belongs to no organization: seals, keys, summaries. */
export const INSTANCE_ID = '00000000-0000-0000-0000-000000000000'
