// What every chain's transactions have in common.
import type { Curve } from '@keystead/crypto/node'
import type { Signature } from '../keyvault/keyvault.ts'
import type { Moves } from '../policy/limit.ts'
import type { Subject } from '../policy/subject.ts'

/** Who signs: the public key, compressed. */
interface TransactionSigner {
  publicKey: Buffer
}

/** An unsigned transaction of some chain. */
interface Transaction {
  /** The curve of the keys that sign such transactions. */
  curve: Curve
  /** The transaction's keyword for policies. */
  facts(signer: TransactionSigner): Subject
  moves: Moves
  /** What is signed: a digest for ECDSA, the whole message for Ed25519. */
  message: Buffer
  /** The signed transaction, as nodes take it. */
  assemble(signature: Signature, signer: TransactionSigner): Buffer
}

/** An amount in the smallest unit of the chain, and to whom it goes. */
export type Move = NonNullable<Moves['to']>[number]

export type ParsedTransaction =
  | { ok: true; transaction: Transaction }
  | { ok: false; reason: string }
