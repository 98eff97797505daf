// What a request is about, as policies see it: the key that signs, and the transaction.
import type { Context as PolicyContext } from '@keystead/policy'
import type { SigningKey } from '../keyvault/keyvault.ts'
import type { Moves } from './limit.ts'
import type { PrivateKey, Snapshot, Wallet } from '../organization/model.ts'

/** The keywords that a request has beside `activity`; what it is not about is absent. */
export type Subject = Omit<PolicyContext, 'activity' | 'approvers'> & Measured

/** What only limits see. */
interface Measured {
  /** The key that signs. */
  signer?: Pick<SigningKey, 'publicKey' | 'source'>
  /** Of a transaction that was parsed. */
  moves?: Moves
}

/** What policies see of a request: one thing that it is about. */
export type PolicySubject = PolicyContext & Measured

/** A request about a wallet as a whole. */
export function walletSubject({ wallets }: Snapshot, walletId: string): Subject {
  const wallet = wallets.get(walletId)
  return wallet === undefined ? {} : { wallet: walletFacts(wallet) }
}

/** A request that signs with an account of a wallet. */
export function accountSubject(wallet: Wallet, address: string): Subject {
  return { wallet: walletFacts(wallet), wallet_account: { address } }
}

/** A request that signs with a private key, or is about it. */
export function privateKeySubject(key: PrivateKey): Subject {
  const { id, tagIds: tags, imported, exported, name: label } = key
  return { private_key: { id, tags, imported, exported, label } }
}

/** A request about the private key of that id. */
export function privateKeySubjectOf({ privateKeys }: Snapshot, privateKeyId: string): Subject {
  const key = privateKeys.get(privateKeyId)
  return key === undefined ? {} : privateKeySubject(key)
}

function walletFacts({ id, imported, exported, name: label }: Wallet) {
  return { id, imported, exported, label }
}
