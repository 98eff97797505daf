// What the verification of every format is given.
import type { AttestedCredential } from '../authenticatorData.ts'
import type { CborValue } from '../cbor.ts'
import type { PasskeyKey } from '../coseKey.ts'

/** A statement, and everything that it is about. */
export interface Attested {
  statement: ReadonlyMap<number | string, CborValue>
  authenticatorData: Buffer
  clientDataHash: Buffer
  rpIdHash: Buffer
  attested: AttestedCredential
  /** The new public key, parsed. */
  key: PasskeyKey
  nowMs: number
}
