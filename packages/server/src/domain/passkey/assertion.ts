// Assertions: the proof that a passkey's holder agreed to a challenge.
import { equalBytes, sha256 } from '@keystead/crypto/node'
import type { Passkey } from '../organization/model.ts'
import { parseAuthenticatorData } from './authenticatorData.ts'
import { parseClientData } from './clientData.ts'
import { isAllowedOrigin } from './origins.ts'

/** What a browser returned when a passkey was used. */
export interface Assertion {
  /** base64url without padding. */
  credentialId: string
  authenticatorData: Buffer
  clientDataJson: Buffer
  /** DER for ES256. */
  signature: Buffer
}

interface Expected {
  challenge: Buffer
  /** Null: any. */
  origins: readonly string[] | null
}

/**
 * Whether `assertion` proves that the holder of `passkey` was present and agreed to the challenge
 * (WebAuthn Level 3, section 7.2, without signature counters). Never throws.
 */
export function verifyAssertion(
  { authenticatorData, clientDataJson, signature }: Assertion,
  passkey: Pick<Passkey, 'rpIdHash' | 'verifyKey'>,
  { challenge, origins }: Expected,
): boolean {
  try {
    const client = parseClientData(clientDataJson)
    const { rpIdHash, userPresent } = parseAuthenticatorData(authenticatorData)
    return (
      client.type === 'webauthn.get' &&
      client.challenge === challenge.toString('base64url') &&
      isAllowedOrigin(client, origins) &&
      equalBytes(rpIdHash, passkey.rpIdHash) &&
      userPresent &&
      passkey.verifyKey.verify(
        Buffer.concat([authenticatorData, sha256(clientDataJson)]),
        signature,
      )
    )
  } catch {
    return false
  }
}
