// Stellar account ids: the key itself in StrKey.
import { base32nopad } from '@scure/base'
import { crc16 } from './crc16.ts'

const ACCOUNT_ID = 6 << 3

/**
 * The account of an ed25519 key, 56 characters beginning with `G` (Stellar SEP-23).
 *
 * @param publicKey - 32 bytes
 */
export function stellarAddressOf(publicKey: Uint8Array): string {
  const payload = Buffer.concat([Buffer.of(ACCOUNT_ID), publicKey])
  const checksum = Buffer.alloc(2)
  checksum.writeUInt16LE(crc16(payload))
  return base32nopad.encode(Buffer.concat([payload, checksum]))
}
