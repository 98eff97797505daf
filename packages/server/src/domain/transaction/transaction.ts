// Transactions that are signed whole: parsed once, described to policies, put together once signed.
import { parseBitcoin } from './bitcoin.ts'
import type { ParsedTransaction } from './chain.ts'
import { parseEthereum } from './ethereum.ts'
import { parseSolana } from './solana.ts'
import { parseTron } from './tron.ts'

/** The chains, by the type that requests name. */
const PARSERS = {
  TRANSACTION_TYPE_ETHEREUM: parseEthereum,
  TRANSACTION_TYPE_SOLANA: parseSolana,
  TRANSACTION_TYPE_TRON: parseTron,
  TRANSACTION_TYPE_BITCOIN: parseBitcoin,
} as const satisfies Record<string, (bytes: Buffer) => ParsedTransaction>

export type TransactionType = keyof typeof PARSERS

export const transactionTypes = Object.keys(PARSERS) as [TransactionType, ...TransactionType[]]

/** Reads an unsigned transaction strictly: what is not canonical is refused with the reason. */
export function parseTransaction(type: TransactionType, bytes: Buffer): ParsedTransaction {
  return PARSERS[type](bytes)
}
