// X-Stamp-Webauthn: the proof that a request body was approved with a passkey.
import { decodeBase64Url, sha256 } from '@keystead/crypto/node'
import type { Passkey } from '../../domain/organization/model.ts'
import { type Assertion, verifyAssertion } from '../../domain/passkey/assertion.ts'
import { AppError } from '../../errors.ts'

const STAMP_CHARACTERS_MAX = 12_288

/**
 * Reads the value of an `X-Stamp-Webauthn` header: JSON, whose members are base64url.
 * @throws AppError `WEBAUTHN_STAMP_UNREADABLE`
 */
export function parseWebauthnStamp(header: string): Assertion {
  const members = header.length <= STAMP_CHARACTERS_MAX ? parseJson(header) : null
  const bytes = (name: string): Buffer => {
    const value = members instanceof Map ? (members.get(name) as unknown) : undefined
    const decoded =
      typeof value === 'string' ? decodeBase64Url(value.replace(/=+$/, '')) : undefined
    if (decoded === undefined) throw new AppError('WEBAUTHN_STAMP_UNREADABLE')
    return decoded
  }
  return {
    credentialId: bytes('credentialId').toString('base64url'),
    authenticatorData: bytes('authenticatorData'),
    clientDataJson: bytes('clientDataJson'),
    signature: bytes('signature'),
  }
}

function parseJson(text: string): Map<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : null
  } catch {
    return null
  }
}

/**
 * Whether `stamp` proves that the holder of `passkey` approved `body`: the challenge is the SHA-256
 * of the body in hexadecimal, as text. Never throws. @param origins null: any
 */
export function verifyWebauthnStamp(
  stamp: Assertion,
  passkey: Passkey,
  { body, origins }: { body: Buffer; origins: readonly string[] | null },
): boolean {
  const challenge = Buffer.from(sha256(body).toString('hex'))
  return verifyAssertion(stamp, passkey, { challenge, origins })
}
