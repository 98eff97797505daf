// What an expression is evaluated on: the values of the keywords.
import type { Keyword, KeywordValue } from './typing/schema.ts'

type Whole<T> = { readonly [Name in keyof T]-?: Exclude<T[Name], undefined> }

/** A value, or a function that makes it when a policy reaches it; see {@link lazy}. */
export type Lazy<T> = T | (() => T | undefined)

/** All of it there, an absent e-mail address as the empty string. */
export type User = Whole<NonNullable<KeywordValue<'approvers'>[number]>>
export type Activity = KeywordValue<'activity'>
export type Wallet = KeywordValue<'wallet'>
export type WalletAccount = KeywordValue<'wallet_account'>
export type PrivateKey = KeywordValue<'private_key'>
export type EthereumTransaction = KeywordValue<'eth.tx'>
export type TypedData = KeywordValue<'eth.eip_712'>
export type SolanaTransaction = KeywordValue<'solana.tx'>
export type TronTransaction = KeywordValue<'tron.tx'>
export type BitcoinTransaction = KeywordValue<'bitcoin.tx'>

/**
 * The values of one request, plain data: integers are bigints, `undefined` is what the request does
 * not have. Reaching a keyword that is undefined makes a policy not applicable, reaching a field
 * that is undefined is an error. Where a type does not say more (`activity.params`, the message of
 * `eth.eip_712`), values are JSON with integers as bigints or safe numbers.
 *
 * Data here must not change while it is evaluated. What a function throws goes to the caller.
 */
export interface Context {
  activity?: Lazy<Activity> | undefined
  wallet?: Lazy<Wallet> | undefined
  wallet_account?: Lazy<WalletAccount> | undefined
  private_key?: Lazy<PrivateKey> | undefined
  eth?:
    | { tx?: Lazy<EthereumTransaction> | undefined; eip_712?: Lazy<TypedData> | undefined }
    | undefined
  solana?: { tx?: Lazy<SolanaTransaction> | undefined } | undefined
  tron?: { tx?: Lazy<TronTransaction> | undefined } | undefined
  bitcoin?: { tx?: Lazy<BitcoinTransaction> | undefined } | undefined
  /** Of a consensus: who has approved. */
  approvers?: Lazy<readonly User[]> | undefined
}

/** Calls `make` when first asked, and never again. */
export function lazy<T>(make: () => T | undefined): () => T | undefined {
  let made: { value: T | undefined } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Where the value of a keyword lies. @returns undefined when the request does not have it */
export function readerOf(keyword: Keyword): (context: Context) => unknown {
  const [first, second] = keyword.split('.') as [keyof Context, string | undefined]
  return (context) => {
    const outer: unknown = context[first]
    const value = second === undefined ? outer : (outer as Record<string, unknown>)?.[second]
    return typeof value === 'function' ? (value as () => unknown)() : value
  }
}
