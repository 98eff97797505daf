// Registrations: the proof that a new passkey was made as its client says.
import { decodeHex, equalBytes, sha256 } from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import { uuidFromBytes } from '../../platform/ids.ts'
import { verifyAttestation } from './attestation/attestation.ts'
import { type AuthenticatorData, parseAuthenticatorData } from './authenticatorData.ts'
import { asBytes, asMap, decodeCbor } from './cbor.ts'
import { type ClientData, parseClientData } from './clientData.ts'
import { parseCoseKey } from './coseKey.ts'
import { fitsOrigin, isAllowedOrigin } from './origins.ts'
import { ensure } from './refusal.ts'

/** What a browser returned when a passkey was made. */
export interface Registration {
  name: string
  /** As the client says it was; the challenge is the client's own, not issued by this server. */
  challenge: string
  credentialId: Buffer
  clientDataJson: Buffer
  attestationObject: Buffer
  transports: readonly string[]
}

/** A passkey whose registration was verified. */
export interface VerifiedPasskey {
  name: string
  rpIdHash: Buffer
  credentialId: Buffer
  /** COSE_Key. */
  publicKey: Buffer
  attestationFormat: string
  /** UUID text. */
  aaguid: string
  transports: readonly string[]
}

/**
 * Verifies the registration of a new passkey (WebAuthn Level 3, section 7.1): that the statement is
 * whole and signed, not who made the authenticator.
 * @param where.origins null: any
 * @throws AppError `INVALID_ATTESTATION` with the reason as its cause, `ATTESTATION_DATA_MISSING`
 */
export function verifyRegistration(
  registration: Registration,
  where: { origins: readonly string[] | null; nowMs: number },
): VerifiedPasskey {
  try {
    return verify(registration, where)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('INVALID_ATTESTATION', {}, { cause })
  }
}

function verify(
  registration: Registration,
  { origins, nowMs }: { origins: readonly string[] | null; nowMs: number },
): VerifiedPasskey {
  const { name, transports, clientDataJson } = registration
  const client = parseClientData(clientDataJson)
  ensure(client.type === 'webauthn.create', 'client data is of another type')
  ensure(isChallenge(client, registration.challenge), 'client data has another challenge')
  ensure(isAllowedOrigin(client, origins), 'the origin is not allowed')
  const attestation = asMap(decodeCbor(registration.attestationObject), 'the attestation object')
  const authData = attestation.get('authData')
  if (authData === undefined) throw new AppError('ATTESTATION_DATA_MISSING')
  const authenticatorData = asBytes(authData, 'authData')
  const { rpIdHash, attested } = verifyData(parseAuthenticatorData(authenticatorData), client)
  const { aaguid, credentialId } = attested
  ensure(equalBytes(credentialId, registration.credentialId), 'the credential id is another')
  const key = parseCoseKey(attested.publicKey)
  const attestationFormat = attestation.get('fmt')
  ensure(typeof attestationFormat === 'string', 'fmt is not text')
  verifyAttestation(attestationFormat, {
    statement: asMap(attestation.get('attStmt'), 'attStmt'),
    authenticatorData,
    clientDataHash: sha256(clientDataJson),
    rpIdHash,
    attested,
    key,
    nowMs,
  })
  return {
    name,
    rpIdHash,
    credentialId,
    publicKey: attested.publicKey,
    attestationFormat,
    aaguid: uuidFromBytes(aaguid),
    transports,
  }
}

function verifyData({ rpIdHash, userPresent, attested }: AuthenticatorData, client: ClientData) {
  ensure(userPresent, 'nobody was present')
  ensure(attested !== null, 'no credential was made')
  ensure(fitsOrigin(rpIdHash, client.origin), 'the RP id does not fit the origin')
  return { rpIdHash, attested }
}

/**
 * Whether the client signed the challenge that the request names. Clients encode it differently:
 * as text, hexadecimal or base64, some of them twice.
 */
function isChallenge(client: ClientData, named: string): boolean {
  const signed = [Buffer.from(client.challenge), Buffer.from(client.challenge, 'base64url')]
  const readings = [Buffer.from(named), Buffer.from(named, 'base64url'), decodeHex(named)]
  return readings.some(
    (reading) =>
      reading !== undefined && reading.length > 0 && signed.some((value) => reading.equals(value)),
  )
}
