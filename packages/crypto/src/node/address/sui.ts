// Sui addresses: BLAKE2b-256 of a signature scheme's flag and the key.
import { blake2b } from '@noble/hashes/blake2.js'

const ED25519_FLAG = 0x00

/**
 * The address of an ed25519 key, `0x` and 64 hex digits (Sui, Keys and Addresses).
 *
 * @param publicKey - 32 bytes
 */
export function suiAddressOf(publicKey: Uint8Array): string {
  const hash = blake2b(Buffer.concat([Buffer.of(ED25519_FLAG), publicKey]), { dkLen: 32 })
  return `0x${Buffer.from(hash).toString('hex')}`
}
