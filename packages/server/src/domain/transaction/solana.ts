// Solana transactions, as policies see them and as they are signed.
import {
  encodeAddress,
  parseSolanaTransaction,
  type SolanaTransaction,
  type SolanaInstruction,
} from '@keystead/crypto/node'
import { lazy, type SolanaTransaction as SolanaFacts } from '@keystead/policy'
import {
  type Move,
  oneSignature,
  type ParsedTransaction,
  type Signing,
  type TransactionSigner,
} from './chain.ts'

const SYSTEM_PROGRAM = '11111111111111111111111111111111'

/**
 * Programs whose instructions move no SOL, or only what `transfers` tells; with the numbers of those
 * that may hand over what an account has, or pay for one without saying how much: Assign,
 * AuthorizeNonceAccount, AssignWithSeed; CloseAccount, Reallocate, CreateNativeMint,
 * WithdrawExcessLamports, UnwrapLamports.
 */
const SAYING: ReadonlyMap<string, readonly number[]> = new Map([
  [SYSTEM_PROGRAM, [1, 7, 10]],
  ['TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA', [9, 29, 31, 38, 45]],
  ['TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb', [9, 29, 31, 38, 45]],
  ['ComputeBudget111111111111111111111111111111', []],
  ['MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr', []],
  ['Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo', []],
])

export function parseSolana(bytes: Buffer): ParsedTransaction {
  const parsed = parseSolanaTransaction(bytes)
  if (!parsed.ok) return parsed
  const { transaction } = parsed
  const facts = { solana: { tx: lazy(() => describe(transaction)) } }
  return {
    ok: true,
    transaction: {
      curve: 'ed25519',
      facts: () => facts,
      moves: () => ({ measure: 'lamports', to: movesOf(transaction) }),
      signingBy: (signer) => signingBy(transaction, signer),
    },
  }
}

function signingBy(
  transaction: SolanaTransaction,
  { publicKey }: TransactionSigner,
): Signing | null {
  const address = encodeAddress('solana', 'ed25519', publicKey)
  if (!transaction.requiredSigners.includes(address)) return null
  return oneSignature(transaction.message, ({ r, s }) =>
    transaction.assemble(publicKey, Buffer.concat([r, s])),
  )
}

/** Null when a program may move more than is said, or only the chain knows to whom. */
function movesOf({ instructions, transfers }: SolanaTransaction): readonly Move[] | null {
  const moves = transfers.flatMap(({ to, amount }) =>
    to === null ? [] : [{ destination: to, amount }],
  )
  return moves.length === transfers.length && instructions.every(saysWhatItMoves) ? moves : null
}

function saysWhatItMoves({ programKey, data }: SolanaInstruction): boolean {
  const silent = SAYING.get(programKey)
  // The numbers of system instructions have four bytes, of which known ones use the first.
  return silent !== undefined && !silent.includes(data[0] ?? -1)
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
