// Apple anonymous attestation (section 8.8): the certificate is of the new key.
import { sha256 } from '@keystead/crypto/node'
import { ensure } from '../refusal.ts'
import type { Attested } from './attested.ts'
import { parseChain } from './certificate.ts'

/** 1.2.840.113635.100.8.2 */
const NONCE_EXTENSION = '2a864886f763640802'

/** `SEQUENCE { [1] { OCTET STRING } }` around 32 bytes. */
const NONCE_HEAD = Buffer.from('3024a1220420', 'hex')

/** @throws Refusal */
export function verifyApple({ statement, key, nowMs, ...data }: Attested): void {
  const { publicKey, extensions } = parseChain(statement.get('x5c'), nowMs)
  const nonce = sha256(Buffer.concat([data.authenticatorData, data.clientDataHash]))
  const expected = Buffer.concat([NONCE_HEAD, nonce])
  const isOurs = extensions.get(NONCE_EXTENSION)?.equals(expected) === true
  ensure(isOurs, 'the certificate is of another registration')
  ensure(publicKey.equals(key.publicKey), 'the certificate is of another key')
}
