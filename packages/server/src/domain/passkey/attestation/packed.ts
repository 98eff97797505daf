// Packed attestation (section 8.2): by a certificate's key, or by the new key itself.
import { asBytes } from '../cbor.ts'
import { ensure } from '../refusal.ts'
import { algorithmOf, ensureSigned } from './algorithm.ts'
import type { Attested } from './attested.ts'
import { type AttestationCertificate, ensureAaguid, parseChain } from './certificate.ts'

/** @throws Refusal */
export function verifyPacked({ statement, attested, key, nowMs, ...data }: Attested): void {
  const message = Buffer.concat([data.authenticatorData, data.clientDataHash])
  const signature = asBytes(statement.get('sig'), 'sig')
  const identifier = statement.get('alg')
  if (!statement.has('x5c')) {
    ensure(identifier === key.algorithm, 'the statement is of another algorithm than the key')
    ensure(key.verify(message, signature), 'the statement is not signed by its key')
    return
  }
  const certificate = parseChain(statement.get('x5c'), nowMs)
  ensureRequirements(certificate)
  ensureAaguid(certificate, attested.aaguid)
  ensureSigned(algorithmOf(identifier), certificate.publicKey, { message, signature })
}

/** Section 8.2.1. */
function ensureRequirements({ version, subject, isAuthority }: AttestationCertificate): void {
  ensure(version === 3, 'the certificate is not of version 3')
  ensure(/^[A-Z]{2}$/.test(subject.get('C') ?? ''), 'the certificate names no country')
  ensure(subject.has('O') && subject.has('CN'), 'the certificate does not say whose it is')
  ensure(
    subject.get('OU') === 'Authenticator Attestation',
    'the certificate is not for attestation',
  )
  ensure(!isAuthority, 'the certificate is that of an authority')
}
