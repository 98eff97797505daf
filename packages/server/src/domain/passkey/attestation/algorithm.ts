// The signatures of attestation statements: by a certificate's key, under a COSE algorithm.
import { type KeyObject, verify } from 'node:crypto'
import type { CborValue } from '../cbor.ts'
import { ensure } from '../refusal.ts'

interface Algorithm {
  keyType: string
  /** Null: what is signed is not hashed first. */
  hash: string | null
}

const ALGORITHMS: ReadonlyMap<number, Algorithm> = new Map([
  [-7, { keyType: 'ec', hash: 'sha256' }],
  [-8, { keyType: 'ed25519', hash: null }],
  [-35, { keyType: 'ec', hash: 'sha384' }],
  [-36, { keyType: 'ec', hash: 'sha512' }],
  [-257, { keyType: 'rsa', hash: 'sha256' }],
  [-258, { keyType: 'rsa', hash: 'sha384' }],
  [-259, { keyType: 'rsa', hash: 'sha512' }],
  // RS1: what TPMs of Windows sign with.
  [-65535, { keyType: 'rsa', hash: 'sha1' }],
])

/** The algorithm of a statement. @throws Refusal for one that is not known */
export function algorithmOf(identifier: CborValue | undefined): Algorithm {
  const algorithm = typeof identifier === 'number' ? ALGORITHMS.get(identifier) : undefined
  ensure(algorithm !== undefined, 'the algorithm of the statement is not known')
  return algorithm
}

/** @throws Refusal when the signature is not that of the key, or the key not of the algorithm */
export function ensureSigned(
  { keyType, hash }: Algorithm,
  key: KeyObject,
  { message, signature }: { message: Buffer; signature: Buffer },
): void {
  ensure(key.asymmetricKeyType === keyType, 'the key is not one of the algorithm')
  ensure(verify(hash, message, key, signature), 'the statement is not signed by its key')
}
