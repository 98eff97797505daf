// Transactions made by the Solana libraries at random, with what each was asked to move.
import {
  createApproveInstruction,
  createTransferCheckedInstruction,
  createTransferCheckedWithFeeInstruction,
  createTransferInstruction,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from '@solana/spl-token'
import {
  AddressLookupTableAccount,
  PublicKey,
  SystemProgram,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js'
import type { Random } from '../../../tests/support/random.ts'

type Key = PublicKey | null

export type Sol = { from: Key; to: Key; amount: bigint }
type Spl = Sol & { owner: Key; signers: Key[]; tokenMint: Key | '' }
type Step = { kind: string; instruction: TransactionInstruction; sol?: Sol; spl?: Spl }

/** Chooses what an instruction is made of. */
type Choose = {
  key: () => PublicKey
  keys: (below: number) => PublicKey[]
  amount: () => bigint
  seed: () => string
  number: (below: number) => number
}

const pool = Array.from({ length: 8 }, (_, at) => new PublicKey(Buffer.alloc(32, at + 1)))
const memoProgram = new PublicKey('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr')
const space = 165

function choosing(random: Random): Choose {
  const below = (limit: number) => random.below(limit)
  const key = () => pool[below(pool.length)] ?? PublicKey.default
  return {
    key,
    keys: (most) => Array.from({ length: below(most) }, key),
    amount: () => BigInt(below(2)) * 2n ** 40n + BigInt(below(2 ** 32)),
    seed: () => 'süß'.repeat(below(4)),
    number: below,
  }
}

const lamportsOf = ({ amount }: Choose) => {
  const lamports = amount()
  return { amount: lamports, lamports: Number(lamports) }
}

const steps: readonly ((choose: Choose) => Step)[] = [
  (choose) => {
    const { amount, lamports } = lamportsOf(choose)
    const [from, to] = [choose.key(), choose.key()]
    const instruction = SystemProgram.transfer({ fromPubkey: from, toPubkey: to, lamports })
    return { kind: 'transfer', instruction, sol: { from, to, amount } }
  },
  (choose) => {
    const { amount, lamports } = lamportsOf(choose)
    const [from, to] = [choose.key(), choose.key()]
    const base = { basePubkey: choose.key(), seed: choose.seed(), programId: choose.key() }
    const instruction = SystemProgram.transfer({
      fromPubkey: from,
      toPubkey: to,
      lamports,
      ...base,
    })
    return { kind: 'transfer with seed', instruction, sol: { from, to, amount } }
  },
  (choose) => {
    const { amount, lamports } = lamportsOf(choose)
    const [from, to, programId] = [choose.key(), choose.key(), choose.key()]
    const accounts = { fromPubkey: from, newAccountPubkey: to }
    const instruction = SystemProgram.createAccount({ ...accounts, lamports, space, programId })
    return { kind: 'create', instruction, sol: { from, to, amount } }
  },
  (choose) => {
    const { amount, lamports } = lamportsOf(choose)
    const [from, to, basePubkey, programId] = [
      choose.key(),
      choose.key(),
      choose.key(),
      choose.key(),
    ]
    const accounts = { fromPubkey: from, newAccountPubkey: to, basePubkey, programId }
    const seed = choose.seed()
    const instruction = SystemProgram.createAccountWithSeed({ ...accounts, lamports, space, seed })
    return { kind: 'create with seed', instruction, sol: { from, to, amount } }
  },
  (choose) => {
    const { amount, lamports } = lamportsOf(choose)
    const [from, to, authorizedPubkey] = [choose.key(), choose.key(), choose.key()]
    const accounts = { noncePubkey: from, toPubkey: to, authorizedPubkey }
    const instruction = SystemProgram.nonceWithdraw({ ...accounts, lamports })
    return { kind: 'withdraw from nonce', instruction, sol: { from, to, amount } }
  },
  (choose) => {
    const accounts = { noncePubkey: choose.key(), authorizedPubkey: choose.key() }
    return { kind: 'advance nonce', instruction: SystemProgram.nonceAdvance(accounts) }
  },
  (choose) => {
    const accounts = { accountPubkey: choose.key(), programId: choose.key() }
    return { kind: 'assign', instruction: SystemProgram.assign(accounts) }
  },
  (choose) => {
    const accountPubkey = choose.key()
    return { kind: 'allocate', instruction: SystemProgram.allocate({ accountPubkey, space }) }
  },
  (choose) => {
    const { from, to, owner, signers, amount, program } = tokens(choose)
    const instruction = createTransferInstruction(from, to, owner, amount, signers, program)
    const spl = { from, to, owner, signers, amount, tokenMint: '' as const }
    return { kind: 'token transfer', instruction, spl }
  },
  (choose) => {
    const { from, to, owner, signers, amount, program } = tokens(choose)
    const tokenMint = choose.key()
    const instruction = createTransferCheckedInstruction(
      from,
      tokenMint,
      to,
      owner,
      amount,
      9,
      signers,
      program,
    )
    return {
      kind: 'checked transfer',
      instruction,
      spl: { from, to, owner, signers, amount, tokenMint },
    }
  },
  (choose) => {
    const { from, to, owner, signers, amount } = tokens(choose)
    const tokenMint = choose.key()
    const instruction = createTransferCheckedWithFeeInstruction(
      from,
      tokenMint,
      to,
      owner,
      amount,
      9,
      3n,
      signers,
      TOKEN_2022_PROGRAM_ID,
    )
    return {
      kind: 'transfer with fee',
      instruction,
      spl: { from, to, owner, signers, amount, tokenMint },
    }
  },
  (choose) => {
    const { from, to, owner, signers, amount, program } = tokens(choose)
    const instruction = createApproveInstruction(from, to, owner, amount, signers, program)
    return { kind: 'approve', instruction }
  },
  (choose) => {
    const keys = choose.keys(5).map((pubkey) => ({
      pubkey,
      isSigner: choose.number(4) === 0,
      isWritable: choose.number(2) === 0,
    }))
    const data = Buffer.alloc(choose.number(160), 0x2a)
    const instruction = new TransactionInstruction({ programId: memoProgram, keys, data })
    return { kind: 'memo', instruction }
  },
]

/** How many kinds of instructions a random transaction is made of. */
export const kindCount = steps.length

function tokens(choose: Choose) {
  const [from, to, owner] = [choose.key(), choose.key(), choose.key()]
  // The same account twice would be asked to sign both as member and not.
  const signers = [...new Set(choose.keys(3))]
  const program = choose.number(2) === 0 ? TOKEN_PROGRAM_ID : TOKEN_2022_PROGRAM_ID
  return { from, to, owner, signers, amount: choose.amount(), program }
}

export type Sample = {
  transaction: VersionedTransaction
  kinds: string[]
  sol: Sol[]
  spl: Spl[]
}

/** A transaction of up to four instructions, legacy or version 0, some of its slots signed. */
export function randomSample(random: Random): Sample {
  const choose = choosing(random)
  const made = Array.from({ length: random.below(5) }, () => {
    const step = steps[random.below(steps.length)]
    if (step === undefined) throw new Error('there are no steps')
    return step(choose)
  })
  const plan = new TransactionMessage({
    payerKey: choose.key(),
    recentBlockhash: pool[random.below(pool.length)]?.toBase58() ?? '',
    instructions: made.map(({ instruction }) => instruction),
  })
  const message =
    random.below(3) === 0 ? plan.compileToLegacyMessage() : plan.compileToV0Message(tables(random))
  const transaction = new VersionedTransaction(message)
  for (const signature of transaction.signatures) signature.fill(random.below(3))
  const known = new Set(message.staticAccountKeys.map((key) => key.toBase58()))
  const seen = <K extends Key>(key: K): K | null => {
    return key === null || known.has(key.toBase58()) ? key : null
  }
  const solOf = ({ from, to, amount }: Sol) => ({ from: seen(from), to: seen(to), amount })
  return {
    transaction,
    kinds: made.map(({ kind }) => kind),
    sol: made.flatMap(({ sol }) => (sol ? [solOf(sol)] : [])),
    spl: made.flatMap(({ spl }) =>
      spl
        ? [
            {
              ...solOf(spl),
              owner: seen(spl.owner),
              signers: signersOf(spl, message),
              tokenMint: spl.tokenMint === '' ? ('' as const) : seen(spl.tokenMint),
            },
          ]
        : [],
    ),
  }
}

/** What the library says signs, of the accounts that the instruction has after the owner. */
function signersOf(spl: Spl, message: VersionedTransaction['message']): Key[] {
  const { numRequiredSignatures } = message.header
  const signing = message.staticAccountKeys.slice(0, numRequiredSignatures)
  return spl.signers.filter((key) => key !== null && signing.some((other) => other.equals(key)))
}

function tables(random: Random): AddressLookupTableAccount[] {
  return Array.from({ length: random.below(3) }, (_, at) => {
    const addresses = pool.filter(() => random.below(2) === 0)
    const state = {
      deactivationSlot: 2n ** 64n - 1n,
      lastExtendedSlot: 0,
      lastExtendedSlotStartIndex: 0,
      addresses: [PublicKey.default, ...addresses],
    }
    const key = new PublicKey(Buffer.alloc(32, 0xa0 + at))
    return new AddressLookupTableAccount({ key, state })
  })
}
