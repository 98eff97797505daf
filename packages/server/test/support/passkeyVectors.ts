// The test vectors of Web Authentication Level 3, and how a registration made of one fares.
import { decodeHex } from '@keystead/crypto/node'
import { loadVectors } from '../../../crypto/test/vectors.ts'
import { type Registration, verifyRegistration } from '../../src/domain/passkey/registration.ts'
import { AppError } from '../../src/errors.ts'

export interface Vector {
  name: string
  title: string
  registration: Record<
    'challenge' | 'aaguid' | 'credential_id' | 'clientDataJSON' | 'attestationObject',
    string
  >
  /** The issuer of the certificate in the statement, where it has one. */
  attestation_ca_cert?: string
  authentication: Record<'challenge' | 'authenticatorData' | 'clientDataJSON' | 'signature', string>
}

export const vectors = loadVectors<Vector[]>('webauthn-level3.json')

/** Algorithms that are not accepted, by what the refusal says. */
export const REFUSED: Record<string, string> = {
  'packed-es384': 'public key algorithm -35',
  'packed-es512': 'public key algorithm -36',
  'packed-ed448': 'public key algorithm -53',
}

export const accepted = vectors.filter(({ name }) => !(name in REFUSED))

export function hex(text: string): Buffer {
  const bytes = decodeHex(text)
  if (bytes === undefined) throw new Error(`${text} is hexadecimal`)
  return bytes
}

export const registrationOf = ({ registration, name }: Vector): Registration => ({
  name,
  challenge: hex(registration.challenge).toString('base64url'),
  credentialId: hex(registration.credential_id),
  clientDataJson: hex(registration.clientDataJSON),
  attestationObject: hex(registration.attestationObject),
  transports: [],
})

export const ANYWHERE = { origins: null, nowMs: Date.UTC(2026, 0, 1) }
export const register = (made: Registration) => verifyRegistration(made, ANYWHERE)

/** Why a registration is refused. */
export function refusal(
  made: Registration,
  where: Parameters<typeof verifyRegistration>[1] = ANYWHERE,
) {
  try {
    verifyRegistration(made, where)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.cause instanceof Error ? error.cause.message : error.message
  }
  return 'accepted'
}

/** The same bytes, but for one bit. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at)
  return copy
}
