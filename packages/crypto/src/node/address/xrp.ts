// Classic addresses of the XRP Ledger: Base58Check with an alphabet of its own.
import { base58xrp } from '@scure/base'
import { hash160, sha256 } from '../hash.ts'

const ACCOUNT = 0x00

/**
 * The classic address of a secp256k1 key, beginning with `r` (XRP Ledger, Address Encoding).
 *
 * @param publicKey - 33 bytes
 */
export function xrpAddressOf(publicKey: Uint8Array): string {
  const payload = Buffer.concat([Buffer.of(ACCOUNT), hash160(publicKey)])
  const checksum = sha256(sha256(payload)).subarray(0, 4)
  return base58xrp.encode(Buffer.concat([payload, checksum]))
}
