// TPM attestation (section 8.3): a TPM 2.0 certifies the new key with its attestation key.
import { createHash } from 'node:crypto'
import { asBytes } from '../cbor.ts'
import type { PasskeyKey } from '../coseKey.ts'
import { ensure } from '../refusal.ts'
import { algorithmOf, ensureSigned } from './algorithm.ts'
import type { Attested } from './attested.ts'
import {
  type AttestationCertificate,
  ensureAaguid,
  identifiersIn,
  parseChain,
} from './certificate.ts'
import { parseCertifyInfo, parsePublicArea, type TpmPublicArea } from './tpmStructures.ts'

/** @throws Refusal */
export function verifyTpm({ statement, attested, key, nowMs, ...data }: Attested): void {
  ensure(statement.get('ver') === '2.0', 'the TPM is not of version 2.0')
  const publicArea = asBytes(statement.get('pubArea'), 'pubArea')
  const area = parsePublicArea(publicArea)
  ensure(isKey(area, key), 'the TPM certifies another key')
  const algorithm = algorithmOf(statement.get('alg'))
  const certInfo = asBytes(statement.get('certInfo'), 'certInfo')
  const { extraData, name } = parseCertifyInfo(certInfo)
  ensure(algorithm.hash !== null, 'the algorithm of the statement has no hash')
  const digest = createHash(algorithm.hash)
    .update(data.authenticatorData)
    .update(data.clientDataHash)
    .digest()
  ensure(extraData.equals(digest), 'the TPM certifies another registration')
  const nameDigest = createHash(area.nameHash).update(publicArea).digest()
  const expectedName = Buffer.concat([publicArea.subarray(2, 4), nameDigest])
  ensure(name.equals(expectedName), 'the TPM certifies another public area')
  const certificate = parseChain(statement.get('x5c'), nowMs)
  ensureRequirements(certificate)
  ensureAaguid(certificate, attested.aaguid)
  const signature = asBytes(statement.get('sig'), 'sig')
  ensureSigned(algorithm, certificate.publicKey, { message: certInfo, signature })
}

function isKey({ kind, ...area }: TpmPublicArea, { publicKey }: PasskeyKey): boolean {
  const jwk = publicKey.export({ format: 'jwk' })
  const sameUnsigned = (value: Buffer, member: string | undefined) =>
    member !== undefined && stripZeros(value).equals(stripZeros(Buffer.from(member, 'base64url')))
  if (kind === 'rsa') {
    return sameUnsigned(area.unique, jwk.n) && sameUnsigned(area.exponent, jwk.e)
  }
  return jwk.crv === 'P-256' && sameUnsigned(area.unique, jwk.x) && sameUnsigned(area.y, jwk.y)
}

function stripZeros(value: Buffer): Buffer {
  const start = value.findIndex((byte) => byte !== 0)
  return start < 0 ? Buffer.alloc(0) : value.subarray(start)
}

const EXTENSION = { subjectAltName: '551d11', extendedKeyUsage: '551d25' }

/** tcg-kp-AIKCertificate, 2.23.133.8.3 */
const ATTESTATION_KEY_USAGE = '6781050803'

/** tcg-at-tpmManufacturer, tcg-at-tpmModel and tcg-at-tpmVersion. */
const TPM_ATTRIBUTES = ['6781050201', '6781050202', '6781050203']

/** Section 8.3.1; who the manufacturer is does not matter where no root is known. */
function ensureRequirements(certificate: AttestationCertificate): void {
  ensure(certificate.version === 3, 'the certificate is not of version 3')
  ensure(certificate.subject.size === 0, 'the certificate has a subject')
  ensure(!certificate.isAuthority, 'the certificate is that of an authority')
  const usages = identifiersIn(certificate, EXTENSION.extendedKeyUsage)
  ensure(usages.includes(ATTESTATION_KEY_USAGE), 'the certificate is not for attestation')
  const names = identifiersIn(certificate, EXTENSION.subjectAltName)
  const isOfTpm = TPM_ATTRIBUTES.every((attribute) => names.includes(attribute))
  ensure(isOfTpm, 'the certificate does not name a TPM')
}
