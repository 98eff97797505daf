// Addresses of the Cosmos family: a key's hash of 20 bytes, in Bech32 under the prefix of its chain.
import { bech32 } from '@scure/base'
import type { Curve } from '../curve.ts'
import { hash160, sha256 } from '../hash.ts'

/**
 * The address of a key, as the Cosmos SDK makes it (Cosmos ADR 028; Bech32 of BIP-173).
 *
 * @param prefix - the human-readable part, such as `cosmos`
 * @param publicKey - 33 bytes of secp256k1, or 32 of ed25519, whose hash is another one
 */
export function cosmosAddressOf(prefix: string, curve: Curve, publicKey: Uint8Array): string {
  const hash = curve === 'ed25519' ? sha256(publicKey).subarray(0, 20) : hash160(publicKey)
  return bech32.encode(prefix, bech32.toWords(hash))
}
