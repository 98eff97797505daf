// Ethereum addresses from public keys, in the mixed-case spelling of EIP-55.
import { keccak256 } from '../hash.ts'

/**
 * The address of an uncompressed secp256k1 key, `0x` and 40 hex digits in EIP-55 case.
 *
 * @param uncompressed - 65 bytes
 */
export function ethereumAddressOf(uncompressed: Uint8Array): string {
  return withEthereumChecksum(keccak256(uncompressed.subarray(1)).toString('hex', 12))
}

/**
 * Spells an address with the letter case of EIP-55.
 *
 * @param addressHex - 40 lower-case hex digits, without `0x`
 */
export function withEthereumChecksum(addressHex: string): string {
  const checksum = keccak256(Buffer.from(addressHex, 'ascii')).toString('hex')
  const digits = Array.from(addressHex, (digit, at) =>
    Number.parseInt(checksum.charAt(at), 16) >= 8 ? digit.toUpperCase() : digit,
  )
  return `0x${digits.join('')}`
}
