// FIDO U2F attestation (section 8.6), of security keys older than CTAP2.
import { asBytes } from '../cbor.ts'
import { ensure } from '../refusal.ts'
import { algorithmOf, ensureSigned } from './algorithm.ts'
import type { Attested } from './attested.ts'
import { parseChain } from './certificate.ts'

const ES256 = -7

/** @throws Refusal */
export function verifyFidoU2f({ statement, attested, key, nowMs, ...data }: Attested): void {
  const x5c = statement.get('x5c')
  ensure(Array.isArray(x5c) && x5c.length === 1, 'there is not one certificate')
  const { publicKey } = parseChain(x5c, nowMs)
  const curve = publicKey.asymmetricKeyDetails?.namedCurve
  ensure(curve === 'prime256v1', 'the key of the certificate is not on P-256')
  ensure(key.algorithm === ES256, 'the new key is not on P-256')
  const { x = '', y = '' } = key.publicKey.export({ format: 'jwk' })
  const message = Buffer.concat([
    Buffer.of(0),
    data.rpIdHash,
    data.clientDataHash,
    attested.credentialId,
    Buffer.of(4),
    Buffer.from(x, 'base64url'),
    Buffer.from(y, 'base64url'),
  ])
  const signature = asBytes(statement.get('sig'), 'sig')
  ensureSigned(algorithmOf(ES256), publicKey, { message, signature })
}
