// The instructions that move SOL or tokens, of the System Program and both token programs.
import { refuse } from '../verdict.ts'
import { ByteReader } from '../byteReader.ts'

/** An account of an instruction. The key is null when it is in a lookup table on the chain. */
export type InstructionAccount = Readonly<{
  accountKey: string | null
  signer: boolean
  writable: boolean
}>

/** SOL moved by the System Program, in lamports. */
export type SolTransfer = Readonly<{ from: string | null; to: string | null; amount: bigint }>

/** Tokens moved, in the smallest unit of the token. */
export type TokenTransfer = Readonly<{
  /** Token accounts. */
  from: string | null
  to: string | null
  amount: bigint
  /** The owner of `from`, or who may act for it. */
  owner: string | null
  /** Of the accounts after `owner` those that sign: the members of a multisig `owner`. */
  signers: readonly (string | null)[]
  /** Empty when the instruction does not name it. */
  tokenMint: string | null
}>

/** An instruction with what it is called on. */
export type Call = Readonly<{
  programKey: string
  accounts: readonly InstructionAccount[]
  data: Buffer
}>

type Field = 'amount' | 'seed' | 'space' | 'key' | 'byte' | 'fee'
type SystemMove = Readonly<{ from: number; to: number; fields: readonly Field[] }>
type TokenMove = Readonly<{
  from: number
  to: number
  owner: number
  mint: number | null
  fields: readonly Field[]
}>

const systemProgram = '11111111111111111111111111111111'
const tokenPrograms: readonly string[] = [
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
]

/** SPEC: `SystemInstruction` of solana-system-interface: those that move lamports, by their number. */
const systemMoves: ReadonlyMap<number, SystemMove> = new Map([
  // CreateAccount
  [0, { from: 0, to: 1, fields: ['amount', 'space', 'key'] }],
  // Transfer
  [2, { from: 0, to: 1, fields: ['amount'] }],
  // CreateAccountWithSeed
  [3, { from: 0, to: 1, fields: ['key', 'seed', 'amount', 'space', 'key'] }],
  // WithdrawNonceAccount
  [5, { from: 0, to: 1, fields: ['amount'] }],
  // TransferWithSeed
  [11, { from: 0, to: 2, fields: ['amount', 'seed', 'key'] }],
  // CreateAccountAllowPrefund
  [13, { from: 1, to: 0, fields: ['amount', 'space', 'key'] }],
])
const systemInstructionMax = 13
const createAccountAllowPrefund = 13

/** SPEC: `TokenInstruction` of spl-token-2022-interface, of which spl-token's is a part. */
const tokenMoves = {
  transfer: { from: 0, to: 1, owner: 2, mint: null, fields: ['amount'] },
  transferChecked: { from: 0, to: 2, owner: 3, mint: 1, fields: ['amount', 'byte'] },
  transferCheckedWithFee: { from: 0, to: 2, owner: 3, mint: 1, fields: ['amount', 'byte', 'fee'] },
} as const satisfies Record<string, TokenMove>

/**
 * The SOL that an instruction of the System Program moves; null when it moves none.
 * SECURITY: an instruction that the table above does not know could move lamports unseen.
 */
export function solTransferOf({ programKey, accounts, data }: Call): SolTransfer | null {
  if (programKey !== systemProgram) return null
  const reader = new ByteReader(data, 'a system instruction')
  const instruction = reader.take(4).readUInt32LE()
  if (instruction > systemInstructionMax) refuse('a system instruction is unknown')
  const move = systemMoves.get(instruction)
  if (move === undefined) return null
  const amount = readAmount(reader, move.fields)
  // An account that was paid for before needs no one to fund it.
  const isUnfunded = instruction === createAccountAllowPrefund && accounts.length === 1
  if (isUnfunded && amount === 0n) return null
  const keyAt = keysOf(accounts, 'a system instruction')
  return { from: keyAt(move.from), to: keyAt(move.to), amount }
}

/** The tokens that an instruction of a token program moves for their owner; null when none. */
export function tokenTransferOf({ programKey, accounts, data }: Call): TokenTransfer | null {
  if (!tokenPrograms.includes(programKey)) return null
  const reader = new ByteReader(data, 'a token instruction')
  const move = tokenMoveOf(reader)
  if (move === null) return null
  const amount = readAmount(reader, move.fields)
  const keyAt = keysOf(accounts, 'a token instruction')
  return {
    from: keyAt(move.from),
    to: keyAt(move.to),
    amount,
    owner: keyAt(move.owner),
    signers: accounts
      .slice(move.owner + 1)
      .filter(({ signer }) => signer)
      .map(({ accountKey }) => accountKey),
    tokenMint: move.mint === null ? '' : keyAt(move.mint),
  }
}

function tokenMoveOf(reader: ByteReader): TokenMove | null {
  switch (reader.byte()) {
    case 3:
      return tokenMoves.transfer
    case 12:
      return tokenMoves.transferChecked
    case 26:
      return reader.byte() === 1 ? tokenMoves.transferCheckedWithFee : null
    case 27:
      // Transfer and TransferWithFee
      return [7, 13].includes(reader.byte()) ? refuse('a token transfer is confidential') : null
    case 255:
      return refuse('a token instruction is a batch')
    default:
      return null
  }
}

/** Reads the fields, and nothing may follow them. */
function readAmount(reader: ByteReader, fields: readonly Field[]): bigint {
  const values = fields.map((field) => ({ field, value: readField(reader, field) }))
  reader.end()
  return values.find(({ field }) => field === 'amount')?.value ?? 0n
}

function readField(reader: ByteReader, field: Field): bigint {
  switch (field) {
    case 'amount':
    case 'space':
    case 'fee':
      return reader.uint64()
    case 'byte':
      return BigInt(reader.byte())
    case 'key':
      reader.take(32)
      return 0n
    case 'seed': {
      const length = reader.uint64()
      // Beyond a packet it is too long whatever the number, which may not be a safe one.
      reader.take(length > 1232n ? Number.MAX_SAFE_INTEGER : Number(length))
      return length
    }
  }
}

function keysOf(accounts: readonly InstructionAccount[], what: string) {
  return (at: number): string | null =>
    (accounts[at] ?? refuse(`${what} has too few accounts`)).accountKey
}
