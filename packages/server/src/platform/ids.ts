// Ids: UUIDv7 text, and its 16-byte form.
import { fewRandomBytes } from './random.ts'

/** Formats 16 bytes as a lowercase UUID. */
export function uuidFromBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const ID_BYTES = 16
const HYPHEN = 0x2d

/** The 16 bytes of a UUID in canonical text. */
export function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.allocUnsafe(ID_BYTES)
  writeUuid(bytes, uuid, 0)
  return bytes
}

/** Writes the 16 bytes of a UUID in canonical text. @returns 16 */
export function writeUuid(target: Buffer, uuid: string, start: number): number {
  let at = 0
  for (let index = start; index < start + ID_BYTES; index++) {
    if (uuid.charCodeAt(at) === HYPHEN) at++
    target[index] = (nibble(uuid.charCodeAt(at)) << 4) | nibble(uuid.charCodeAt(at + 1))
    at += 2
  }
  return ID_BYTES
}

/** The value of one hexadecimal digit of either case. */
function nibble(code: number): number {
  return (code & 0x0f) + (code >> 6) * 9
}

/** A new UUIDv7 (RFC 9562 section 5.7) for the time `nowMs`. */
export function newUuid(nowMs: number): string {
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  fewRandomBytes(10).copy(bytes, 6)
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
