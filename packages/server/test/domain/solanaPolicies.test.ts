// What policies see of a Solana transaction: above all, that what only the chain knows allows nothing.
import { decide, preparePolicy } from '@keystead/policy'
import {
  createApproveInstruction,
  createAssociatedTokenAccountInstruction,
  createCloseAccountInstruction,
} from '@solana/spl-token'
import {
  AddressLookupTableAccount,
  ComputeBudgetProgram,
  PublicKey,
  SystemProgram,
  TransactionInstruction,
  TransactionMessage,
} from '@solana/web3.js'
import { describe, expect, test } from 'vitest'
import { parseTransaction } from '../../src/domain/transaction/transaction.ts'

const key = (byte: number) => new PublicKey(Buffer.alloc(32, byte))
const [alice, bob, carol, mallory] = [key(1), key(2), key(3), key(4)]
const signer = { publicKey: Buffer.from(alice.toBytes()), addressFormat: 'solana' } as const

/** Parses what the library makes, with these accounts in a lookup table. */
function parsed(instructions: TransactionInstruction[], inTable: PublicKey[] = []) {
  const table = new AddressLookupTableAccount({
    key: key(9),
    state: {
      deactivationSlot: 2n ** 64n - 1n,
      lastExtendedSlot: 0,
      lastExtendedSlotStartIndex: 0,
      addresses: inTable,
    },
  })
  const recentBlockhash = key(8).toBase58()
  const plan = new TransactionMessage({ payerKey: alice, recentBlockhash, instructions })
  const bytes = Buffer.from(plan.compileToV0Message([table]).serialize())
  const read = parseTransaction('TRANSACTION_TYPE_SOLANA', bytes)
  if (!read.ok) throw new Error(read.reason)
  return read.transaction
}

const transfer = (toPubkey: PublicKey, lamports = 5) =>
  SystemProgram.transfer({ fromPubkey: alice, toPubkey, lamports })

function outcome(
  effect: 'allow' | 'deny',
  condition: string,
  transaction: ReturnType<typeof parsed>,
) {
  const prepared = preparePolicy({ id: 'policy', effect, condition, consensus: null })
  if (!prepared.ok) throw new Error(prepared.error.message)
  const context = transaction.facts(signer)
  return decide([prepared.policy], { context, approvers: [], users: [] }).outcome
}

const ALL_TO_BOB = `solana.tx.transfers.all(t, t.to == '${bob.toBase58()}')`
const ANY_TO_MALLORY = `solana.tx.transfers.any(t, t.to == '${mallory.toBase58()}')`
const NAMES_MALLORY = `solana.tx.account_keys.contains('${mallory.toBase58()}')`
const ONLY_KNOWN = `solana.tx.account_keys.all(k, k != '${mallory.toBase58()}')`
const SECOND_IS_BOB = `solana.tx.instructions[0].accounts[1].account_key == '${bob.toBase58()}'`

describe('a key that is in a lookup table', () => {
  const hidden = parsed([transfer(mallory)], [mallory])
  const open = parsed([transfer(bob)])
  test.each<[string, 'allow' | 'deny', string, string[]]>([
    ['transfers to one destination', 'allow', ALL_TO_BOB, ['denyImplicit', 'allow']],
    ['a list of account keys', 'allow', ONLY_KNOWN, ['denyImplicit', 'allow']],
    ['the account of an instruction', 'allow', SECOND_IS_BOB, ['denyImplicit', 'allow']],
    ['transfers, denied', 'deny', ANY_TO_MALLORY, ['denyExplicit', 'denyImplicit']],
    ['account keys, denied', 'deny', NAMES_MALLORY, ['denyExplicit', 'denyImplicit']],
  ])('gets around no policy: %s', (_name, ...[effect, condition, expected]) => {
    const outcomes = [hidden, open].map((one) => outcome(effect, condition, one))
    expect(outcomes).toEqual(expected)
  })

  test('does not move the accounts after it', () => {
    const both = parsed(
      [
        SystemProgram.nonceWithdraw({
          noncePubkey: mallory,
          toPubkey: bob,
          authorizedPubkey: alice,
          lamports: 5,
        }),
      ],
      [mallory],
    )
    expect(outcome('allow', SECOND_IS_BOB, both)).toBe('allow')
  })

  test('is a destination that limits cannot name', () => {
    expect(hidden.moves(signer)).toEqual({ measure: 'lamports', to: null })
  })
})

test('an account that is created with SOL for it counts as a transfer', () => {
  const accounts = { fromPubkey: alice, newAccountPubkey: mallory, programId: key(0) }
  const created = SystemProgram.createAccount({ ...accounts, lamports: 7, space: 0 })
  const both = parsed([transfer(bob), created])
  expect(outcome('allow', ALL_TO_BOB, both)).toBe('denyImplicit')
  expect(outcome('deny', ANY_TO_MALLORY, both)).toBe('denyExplicit')
  expect(both.moves(signer).to).toEqual([
    { destination: bob.toBase58(), amount: 5n },
    { destination: mallory.toBase58(), amount: 7n },
  ])
})

test.each([
  [`solana.tx.program_keys.all(p, p == '${SystemProgram.programId.toBase58()}')`],
  [`solana.tx.recent_blockhash == '${key(8).toBase58()}'`],
  ['solana.tx.transfers.count() == 1 && solana.tx.transfers[0].amount == 5'],
  [`solana.tx.transfers[0].from == '${alice.toBase58()}'`],
  ["solana.tx.instructions[0].instruction_data_hex == '020000000500000000000000'"],
  ['solana.tx.instructions[0].accounts.all(a, a.writable)'],
  ['solana.tx.instructions[0].accounts[0].signer && !solana.tx.instructions[0].accounts[1].signer'],
  [`solana.tx.address_table_lookups[0].address_table_key == '${key(9).toBase58()}'`],
  ['solana.tx.address_table_lookups[0].writable_indexes.contains(1)'],
  ['solana.tx.instructions[0].address_table_lookups[0].writable_indexes[0] == 1'],
  ['solana.tx.spl_transfers.count() == 0 && solana.tx.account_keys.count() == 3'],
])('it has what its published description says: %s', (condition) => {
  const transaction = parsed([transfer(bob)], [carol, bob])
  expect(outcome('allow', condition, transaction)).toBe('allow')
})

test('limits are told when an instruction does not say how much SOL it moves', () => {
  const movesBy = (instruction: TransactionInstruction) =>
    parsed([transfer(bob), instruction])
      .moves(signer)
      .to?.map(({ amount }) => amount)
  const said = [5n]
  const limit = ComputeBudgetProgram.setComputeUnitLimit({ units: 1 })
  expect(movesBy(limit)).toEqual(said)
  expect(movesBy(SystemProgram.allocate({ accountPubkey: bob, space: 1 }))).toEqual(said)
  expect(movesBy(createApproveInstruction(bob, carol, alice, 1n))).toEqual(said)
  const silent = [
    SystemProgram.assign({ accountPubkey: alice, programId: carol }),
    createCloseAccountInstruction(bob, mallory, alice),
    createAssociatedTokenAccountInstruction(alice, bob, alice, carol),
    new TransactionInstruction({ programId: carol, keys: [], data: Buffer.alloc(0) }),
  ]
  for (const instruction of silent) expect(movesBy(instruction)).toBeUndefined()
})

test('only its signers sign it', () => {
  const transaction = parsed([transfer(bob)])
  expect(transaction.signingBy(signer)).toMatchObject({ ok: true })
  const other = { ...signer, publicKey: Buffer.from(bob.toBytes()) }
  expect(transaction.signingBy(other)).toBeNull()
})
