// Tron addresses: a prefix byte and the 20 bytes of an Ethereum address, in Base58Check.
import { createBase58check } from '@scure/base'
import { keccak256, sha256 } from '../hash.ts'

/** What the first of the 21 bytes of an address is on every public network. */
export const tronAddressPrefix = 0x41

const base58check = createBase58check(sha256)

/**
 * The address of an uncompressed secp256k1 key, 34 characters beginning with `T`.
 *
 * @param uncompressed - 65 bytes
 */
export function tronAddressOf(uncompressed: Uint8Array): string {
  const tail = keccak256(uncompressed.subarray(1)).subarray(12)
  return encodeTronAddress(Buffer.concat([Buffer.of(tronAddressPrefix), tail]))
}

/**
 * Spells an address as people read it.
 *
 * @param bytes - 21, the first the prefix
 */
export function encodeTronAddress(bytes: Uint8Array): string {
  return base58check.encode(bytes)
}
