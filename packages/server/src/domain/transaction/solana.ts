// Solana transactions, as policies see them and as they are signed.
import {
  encodeAddress,
  parseSolanaTransaction,
  type SolanaTransaction,
} from '@keystead/crypto/node'
import { lazy, type SolanaTransaction as SolanaFacts } from '@keystead/policy'
import type { ParsedTransaction } from './chain.ts'

export function parseSolana(bytes: Buffer): ParsedTransaction {
  const parsed = parseSolanaTransaction(bytes)
  if (!parsed.ok) return parsed
  const { transaction } = parsed
  const facts = { solana: { tx: lazy(() => describe(transaction)) } }
  return {
    ok: true,
    transaction: {
      curve: 'ed25519',
      isSignedBy: ({ publicKey }) =>
        transaction.requiredSigners.includes(encodeAddress('solana', 'ed25519', publicKey)),
      facts: () => facts,
      moves: {
        measure: 'lamports',
        to: transaction.transfers.map(({ to, amount }) => ({ destination: to, amount })),
      },
      message: transaction.message,
      assemble: ({ r, s }, { publicKey }) => transaction.assemble(publicKey, Buffer.concat([r, s])),
    },
  }
}

/** SECURITY: what only the chain knows stays in its place as undefined, so reading it is an error. */
function describe(transaction: SolanaTransaction): SolanaFacts {
  return {
    account_keys: transaction.accountKeys.map(known),
    program_keys: transaction.programKeys,
    instructions: transaction.instructions.map((instruction) => ({
      program_key: instruction.programKey,
      accounts: instruction.accounts.map(({ accountKey, signer, writable }) => ({
        account_key: known(accountKey),
        signer,
        writable,
      })),
      instruction_data_hex: instruction.data.toString('hex'),
      address_table_lookups: lookupsOf(instruction),
    })),
    transfers: transaction.transfers.map(({ from, to, amount }) => ({
      from: known(from),
      to: known(to),
      amount,
    })),
    recent_blockhash: transaction.recentBlockhash,
    spl_transfers: transaction.splTransfers.map(({ from, to, amount, ...transfer }) => ({
      from: known(from),
      to: known(to),
      amount,
      owner: known(transfer.owner),
      signers: transfer.signers.map(known),
      token_mint: known(transfer.tokenMint),
    })),
    address_table_lookups: lookupsOf(transaction),
  }
}

function lookupsOf({ addressTableLookups }: Pick<SolanaTransaction, 'addressTableLookups'>) {
  return addressTableLookups.map(({ addressTableKey, writableIndexes, readonlyIndexes }) => ({
    address_table_key: addressTableKey,
    writable_indexes: writableIndexes.map(BigInt),
    readonly_indexes: readonlyIndexes.map(BigInt),
  }))
}

function known(key: string | null): string | undefined {
  return key ?? undefined
}
