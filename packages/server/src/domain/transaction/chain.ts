// What every chain's transactions have in common.
import type { Curve, RecoverableSignature } from '@keystead/crypto/node'
import { isTaproot, type Signature, type SigningKey } from '../keyvault/keyvault.ts'
import type { Moves } from '../policy/limit.ts'
import type { Subject } from '../policy/subject.ts'

/** Who signs. The public key is compressed, and never tweaked. */
export type TransactionSigner = Pick<SigningKey, 'publicKey' | 'addressFormat'>

/** An unsigned transaction of some chain. */
interface Transaction {
  /** The curve of the keys that sign such transactions. */
  curve: Exclude<Curve, 'p256'>
  /** The transaction's keyword for policies. */
  facts(signer: TransactionSigner): Subject
  moves(signer: TransactionSigner): Moves
  /** What this key, which is on the right curve, signs; null when it has no place in it. */
  signingBy(signer: TransactionSigner): Signing | null
}

/** What a key signs of a transaction, or why it cannot. */
export type Signing =
  | {
      ok: true
      /** Digests for ECDSA and taproot, whole messages for Ed25519; at least one. */
      messages: readonly Buffer[]
      /** The signed transaction, with the signatures of all messages in their order. */
      assemble(signatures: readonly Signature[]): Buffer
    }
  | { ok: false; reason: string }

/** One ECDSA signature by any key, but for those of taproot, which sign for Bitcoin only. */
export function ecdsaSigning(
  signer: TransactionSigner,
  digest: Buffer,
  assemble: (signature: RecoverableSignature) => Buffer,
): Signing | null {
  if (isTaproot(signer)) return null
  return oneSignature(digest, ({ r, s, v }) => assemble({ r, s, recovery: v === 0 ? 0 : 1 }))
}

/** One signature, of whichever kind. */
export function oneSignature(message: Buffer, assemble: (signature: Signature) => Buffer): Signing {
  return {
    ok: true,
    messages: [message],
    assemble([signature]) {
      if (signature === undefined) throw new RangeError('there is no signature')
      return assemble(signature)
    },
  }
}

/** An amount in the smallest unit of the chain, and to whom it goes. */
export type Move = NonNullable<Moves['to']>[number]

export type ParsedTransaction =
  | { ok: true; transaction: Transaction }
  | { ok: false; reason: string }
