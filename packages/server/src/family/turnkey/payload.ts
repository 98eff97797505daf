// Raw payloads: their encodings and hash functions, and signatures as the wire has them.
import { type Curve, decodeHex, keccak256, sha256 } from '@keystead/crypto/node'
import { z } from 'zod'
import type { Signature } from '../../domain/keyvault/keyvault.ts'
import { AppError } from '../../errors.ts'
import { oneOf } from '../../operation/schemas.ts'

const PAYLOAD_CHARACTERS_MAX = 512 * 1024

export const payload = z
  .string()
  .max(PAYLOAD_CHARACTERS_MAX)
  .refine((value) => value.isWellFormed(), 'must be well-formed text')
  .describe('What to sign, in the given encoding.')

export const encoding = oneOf(['PAYLOAD_ENCODING_HEXADECIMAL', 'PAYLOAD_ENCODING_TEXT_UTF8'], {
  invalid: 'invalid payload encoding',
  missing: 'invalid payload encoding',
}).describe('Hexadecimal may begin with `0x`.')

export const hashFunction = oneOf(
  [
    'HASH_FUNCTION_NO_OP',
    'HASH_FUNCTION_SHA256',
    'HASH_FUNCTION_KECCAK256',
    'HASH_FUNCTION_NOT_APPLICABLE',
  ],
  { invalid: 'invalid hash function', missing: 'invalid hash function' },
).describe(
  'NO_OP: the payload is a digest of 32 bytes. NOT_APPLICABLE: required for Ed25519, and only there.',
)

export interface RawPayload {
  payload: string
  encoding: z.output<typeof encoding>
  hashFunction: z.output<typeof hashFunction>
}

/**
 * What is signed: a 32-byte digest for ECDSA curves, the whole message for Ed25519.
 * @throws AppError `INVALID_PAYLOAD_ENCODING` (not hexadecimal), `INVALID_HASH_FUNCTION` (not for
 *   this curve), `INVALID_PAYLOAD` (empty, or no digest of 32 bytes under NO_OP)
 */
export function payloadBytes(curve: Curve, raw: RawPayload): Buffer {
  const bytes = decodePayload(raw)
  if (bytes.length === 0) throw new AppError('INVALID_PAYLOAD')
  if ((curve === 'ed25519') !== (raw.hashFunction === 'HASH_FUNCTION_NOT_APPLICABLE')) {
    throw new AppError('INVALID_HASH_FUNCTION')
  }
  switch (raw.hashFunction) {
    case 'HASH_FUNCTION_NOT_APPLICABLE':
      return bytes
    case 'HASH_FUNCTION_SHA256':
      return sha256(bytes)
    case 'HASH_FUNCTION_KECCAK256':
      return keccak256(bytes)
    case 'HASH_FUNCTION_NO_OP':
      if (bytes.length !== 32) throw new AppError('INVALID_PAYLOAD')
      return bytes
  }
}

function decodePayload(raw: RawPayload): Buffer {
  if (raw.encoding === 'PAYLOAD_ENCODING_TEXT_UTF8') return Buffer.from(raw.payload, 'utf8')
  const bytes = decodeHex(raw.payload.replace(/^0x/i, ''))
  if (bytes === undefined) throw new AppError('INVALID_PAYLOAD_ENCODING')
  return bytes
}

/** `r` and `s` as 64 hexadecimal digits without `0x`, `v` as the two-digit recovery id. */
export function wireSignature({ r, s, v }: Signature) {
  return { r: r.toString('hex'), s: s.toString('hex'), v: v.toString(16).padStart(2, '0') }
}
