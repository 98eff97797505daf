// Aptos addresses: the authentication key that an account has when it is made.
import { hash } from 'node:crypto'

const SINGLE_ED25519 = 0x00

/**
 * The address of an ed25519 key, `0x` and 64 hex digits with leading zeros (Aptos, Accounts; AIP-40).
 *
 * @param publicKey - 32 bytes
 */
export function aptosAddressOf(publicKey: Uint8Array): string {
  return `0x${hash('sha3-256', Buffer.concat([publicKey, Buffer.of(SINGLE_ED25519)]), 'hex')}`
}
