// Raw payloads: their encodings and hash functions, and signatures as the wire has them.
import {
  decodeHex,
  hashAuthorization,
  hashTypedData,
  keccak256,
  sha256,
} from '@keystead/crypto/node'
import { lazy } from '@keystead/policy'
import { z } from 'zod'
import { isTaproot, type Signature, type SigningKey } from '../../domain/keyvault/keyvault.ts'
import { AppError } from '../../errors.ts'
import type { Subject } from '../../domain/policy/subject.ts'
import { oneOf } from '../../operation/schemas.ts'

const PAYLOAD_CHARACTERS_MAX = 512 * 1024

export const payload = z
  .string()
  .max(PAYLOAD_CHARACTERS_MAX)
  .refine((value) => value.isWellFormed(), 'must be well-formed text')
  .describe('What to sign, in the given encoding.')

export const encoding = oneOf(
  [
    'PAYLOAD_ENCODING_HEXADECIMAL',
    'PAYLOAD_ENCODING_TEXT_UTF8',
    'PAYLOAD_ENCODING_EIP712',
    'PAYLOAD_ENCODING_EIP7702_AUTHORIZATION',
  ],
  { invalid: 'invalid payload encoding', missing: 'invalid payload encoding' },
)

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

type Signer = Pick<SigningKey, 'curve' | 'addressFormat'>

/**
 * What is signed: a 32-byte digest for ECDSA and taproot, the whole message for Ed25519. The Ethereum
 * encodings say themselves how they are hashed (EIP-712, EIP-7702), whatever `hashFunction` says.
 * @throws AppError `INVALID_PAYLOAD_ENCODING` (not of that encoding, or not for this key),
 *   `INVALID_HASH_FUNCTION` (not for this curve), `INVALID_PAYLOAD` (empty, or no digest of 32
 *   bytes under NO_OP)
 */
export function payloadBytes(signer: Signer, raw: RawPayload): Buffer {
  switch (raw.encoding) {
    case 'PAYLOAD_ENCODING_EIP712':
      return ethereumDigest(signer, hashTypedData(raw.payload))
    case 'PAYLOAD_ENCODING_EIP7702_AUTHORIZATION':
      return ethereumDigest(signer, hashAuthorization(raw.payload))
    case 'PAYLOAD_ENCODING_HEXADECIMAL':
    case 'PAYLOAD_ENCODING_TEXT_UTF8':
      return hashed(signer, raw, decodePayload(raw))
  }
}

function ethereumDigest(
  signer: Signer,
  hashing: { ok: true; digest: Buffer } | { ok: false; reason: string },
): Buffer {
  const isEcdsa = signer.curve === 'secp256k1' && !isTaproot(signer)
  if (hashing.ok && isEcdsa) return hashing.digest
  const needed = isTaproot(signer) ? 'an address that is not of taproot' : 'a secp256k1 key'
  const reason = hashing.ok ? `needs ${needed}` : hashing.reason
  const violations = [{ field: 'payload', description: reason }]
  throw new AppError('INVALID_PAYLOAD_ENCODING', { violations })
}

function hashed({ curve }: Signer, { hashFunction: name }: RawPayload, bytes: Buffer): Buffer {
  if (bytes.length === 0) throw new AppError('INVALID_PAYLOAD')
  if ((curve === 'ed25519') !== (name === 'HASH_FUNCTION_NOT_APPLICABLE')) {
    throw new AppError('INVALID_HASH_FUNCTION')
  }
  switch (name) {
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

function decodePayload({ payload: text, encoding: name }: RawPayload): Buffer {
  if (name === 'PAYLOAD_ENCODING_TEXT_UTF8') return Buffer.from(text, 'utf8')
  const bytes = decodeHex(text.replace(/^0x/i, ''))
  if (bytes === undefined) throw new AppError('INVALID_PAYLOAD_ENCODING')
  return bytes
}

/** What policies see of a payload: typed data, if it is that. */
export function payloadFacts(raw: RawPayload): Subject {
  if (raw.encoding !== 'PAYLOAD_ENCODING_EIP712') return {}
  return { eth: { eip_712: lazy(() => describeTypedData(raw.payload)) } }
}

function describeTypedData(text: string) {
  const data = hashTypedData(text)
  if (!data.ok) return undefined
  const { name, version, chainId, verifyingContract, salt } = data.domain
  return {
    primary_type: data.primaryType,
    domain: {
      name: name ?? undefined,
      version: version ?? undefined,
      chain_id: chainId ?? undefined,
      verifying_contract: verifyingContract === null ? undefined : hex(verifyingContract),
      salt: salt === null ? undefined : hex(salt),
    },
    message: data.describeMessage(),
  }
}

function hex(bytes: Buffer): string {
  return `0x${bytes.toString('hex')}`
}

/** `r` and `s` as 64 hexadecimal digits without `0x`, `v` as the two-digit recovery id. */
export function wireSignature({ r, s, v }: Signature) {
  return { r: r.toString('hex'), s: s.toString('hex'), v: v.toString(16).padStart(2, '0') }
}
