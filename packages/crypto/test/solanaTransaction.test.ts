// Solana transactions: what is described of one, and where its signatures go.
import {
  createTransferCheckedInstruction,
  createTransferCheckedWithFeeInstruction,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from '@solana/spl-token'
import { Keypair, SystemProgram, Transaction, VersionedTransaction } from '@solana/web3.js'
import { describe, expect, test } from 'vitest'
import { parseSolanaTransaction, signEd25519, type SolanaTransaction } from '../src/node/index.ts'
import {
  blockhash,
  calling,
  encode,
  encodeMessage,
  key,
  legacy,
  systemData,
  systemProgram,
  text,
  token2022Program,
  tokenProgram,
  uint64,
  versioned,
} from './solanaEncode.ts'

function parsed(bytes: Uint8Array): SolanaTransaction {
  const verdict = parseSolanaTransaction(bytes)
  if (!verdict.ok) throw new Error(verdict.reason)
  return verdict.transaction
}

const account = (accountKey: string | null, signer: boolean, writable: boolean) => ({
  accountKey,
  signer,
  writable,
})

test('every field is described', () => {
  const instruction = { program: 4, accounts: [0, 1, 2, 5, 9, 8, 6], data: Buffer.of(0xca, 0xfe) }
  const fields = { ...versioned, instructions: [instruction, ...versioned.instructions] }
  const transaction = parsed(encode(fields))
  expect({ ...transaction, assemble: null }).toEqual({
    version: 0,
    message: encodeMessage(fields),
    requiredSigners: [text(1), text(2)],
    accountKeys: [text(1), text(2), text(3), text(4), text(5), text(0), null, null, null, null],
    programKeys: [text(5), text(0)],
    recentBlockhash: text(0xbb),
    instructions: [
      {
        programKey: text(5),
        accounts: [
          account(text(1), true, true),
          account(text(2), true, false),
          account(text(3), false, true),
          account(text(0), false, false),
          account(null, false, false),
          account(null, false, true),
          account(null, false, true),
        ],
        data: Buffer.of(0xca, 0xfe),
        addressTableLookups: [
          { addressTableKey: text(0xa0), writableIndexes: [3], readonlyIndexes: [] },
          { addressTableKey: text(0xa1), writableIndexes: [200], readonlyIndexes: [3] },
        ],
      },
      {
        programKey: text(0),
        accounts: [account(text(1), true, true), account(text(3), false, true)],
        data: Buffer.from('020000000700000000000000', 'hex'),
        addressTableLookups: [],
      },
    ],
    transfers: [{ from: text(1), to: text(3), amount: 7n }],
    splTransfers: [],
    addressTableLookups: [
      { addressTableKey: text(0xa0), writableIndexes: [3, 9], readonlyIndexes: [] },
      { addressTableKey: text(0xa1), writableIndexes: [200], readonlyIndexes: [3] },
    ],
    assemble: null,
  })
})

const seed = Buffer.concat([uint64(3n), Buffer.from('abc')])
const max = uint64(2n ** 64n - 1n)

describe('SOL is moved by', () => {
  test.each([
    ['CreateAccount', 0, [max, uint64(165n), key(9)], [0, 2]],
    ['Transfer', 2, [max], [0, 2]],
    ['CreateAccountWithSeed', 3, [key(9), seed, max, uint64(165n), key(9)], [0, 2]],
    ['WithdrawNonceAccount', 5, [max], [0, 2, 4, 4, 1]],
    ['TransferWithSeed', 11, [max, seed, key(9)], [0, 1, 2]],
    ['CreateAccountAllowPrefund', 13, [max, uint64(165n), key(9)], [2, 0]],
    // Wallets add accounts by which a payment is found again.
    ['Transfer with more accounts', 2, [max], [0, 2, 3, 4]],
  ])('%s', (_name, ...[instruction, parts, accounts]) => {
    const { transfers } = parsed(
      calling(systemProgram, systemData(instruction, ...parts), accounts),
    )
    expect(transfers).toEqual([{ from: text(1), to: text(3), amount: 2n ** 64n - 1n }])
  })

  test.each([
    ['Assign', 1, [key(9)], [0]],
    ['AdvanceNonceAccount', 4, [], [2, 4, 0]],
    ['InitializeNonceAccount', 6, [key(9)], [2, 4, 4]],
    ['AuthorizeNonceAccount', 7, [key(9)], [2, 0]],
    ['Allocate', 8, [uint64(1n)], [0]],
    ['AllocateWithSeed', 9, [key(9), seed, uint64(1n), key(9)], [2, 0]],
    ['AssignWithSeed', 10, [key(9), seed, key(9)], [2, 0]],
    ['UpgradeNonceAccount', 12, [], [2]],
    ['CreateAccountAllowPrefund of an account paid for', 13, [uint64(0n), max, key(9)], [0]],
  ])('not by %s', (_name, ...[instruction, parts, accounts]) => {
    const data = systemData(instruction, ...parts)
    expect(parsed(calling(systemProgram, data, accounts)).transfers).toEqual([])
  })

  test('nothing but the System Program', () => {
    const data = systemData(2, max)
    expect(parsed(calling(key(6), data, [0, 2])).transfers).toEqual([])
  })
})

describe.each([
  ['Token', tokenProgram],
  ['Token-2022', token2022Program],
])('tokens of the %s program are moved by', (_program, program) => {
  const amount = uint64(99n)
  test.each([
    ['Transfer', [3], [amount], [2, 3, 0], ''],
    ['TransferChecked', [12], [amount, Buffer.of(6)], [2, 4, 3, 0], text(5)],
    ['TransferCheckedWithFee', [26, 1], [amount, Buffer.of(6), uint64(1n)], [2, 4, 3, 0], text(5)],
  ])('%s', (_name, ...[numbers, parts, accounts, tokenMint]) => {
    const data = Buffer.concat([Buffer.from(numbers), ...parts])
    const alone = { from: text(3), to: text(4), amount: 99n, owner: text(1), tokenMint }
    expect(parsed(calling(program, data, accounts)).splTransfers).toEqual([
      { ...alone, signers: [] },
    ])
    const more = [...accounts.slice(0, -1), 4, 1, 2, 0]
    expect(parsed(calling(program, data, more)).splTransfers).toEqual([
      { ...alone, owner: text(5), signers: [text(2), text(1)] },
    ])
  })

  test.each([
    ['Approve', [4]],
    ['MintTo', [7]],
    ['CloseAccount', [9]],
    ['InitializeTransferFeeConfig', [26, 0]],
    ['WithdrawWithheldTokensFromMint', [26, 2]],
    ['ConfidentialTransfer Deposit', [27, 5]],
  ])('not by %s', (_name, numbers) => {
    const data = Buffer.concat([Buffer.from(numbers), amount])
    expect(parsed(calling(program, data, [2, 3, 0])).splTransfers).toEqual([])
  })
})

test('keys that a lookup table holds are not guessed', () => {
  const sol = parsed(calling(systemProgram, systemData(2, max), [6, 9]))
  expect(sol.transfers).toEqual([{ from: null, to: null, amount: 2n ** 64n - 1n }])
  const data = Buffer.concat([Buffer.of(12), uint64(5n), Buffer.of(6)])
  expect(parsed(calling(tokenProgram, data, [6, 9, 7, 8, 1])).splTransfers).toEqual([
    { from: null, to: null, amount: 5n, owner: null, signers: [text(2)], tokenMint: null },
  ])
})

describe('a signature', () => {
  const signer = Keypair.fromSeed(key(1))
  const payer = Keypair.fromSeed(key(2))
  const instructions = [
    SystemProgram.transfer({
      fromPubkey: signer.publicKey,
      toPubkey: payer.publicKey,
      lamports: 5,
    }),
    createTransferCheckedInstruction(
      Keypair.fromSeed(key(3)).publicKey,
      Keypair.fromSeed(key(4)).publicKey,
      Keypair.fromSeed(key(5)).publicKey,
      signer.publicKey,
      1n,
      6,
      [],
      TOKEN_PROGRAM_ID,
    ),
    createTransferCheckedWithFeeInstruction(
      Keypair.fromSeed(key(3)).publicKey,
      Keypair.fromSeed(key(4)).publicKey,
      Keypair.fromSeed(key(5)).publicKey,
      signer.publicKey,
      1n,
      6,
      0n,
      [],
      TOKEN_2022_PROGRAM_ID,
    ),
  ]
  const unsigned = () => {
    const transaction = new Transaction({
      feePayer: payer.publicKey,
      blockhash: text(0xbb),
      lastValidBlockHeight: 1,
    })
    return transaction.add(...instructions)
  }
  const signed = (bytes: Uint8Array) => {
    const transaction = parsed(bytes)
    const publicKey = signer.publicKey.toBytes()
    const signature = signEd25519(key(1), transaction.message)
    return transaction.assemble(publicKey, signature)
  }

  test('goes with one that is there already, and a library verifies both', () => {
    const transaction = unsigned()
    transaction.partialSign(payer)
    const bytes = transaction.serialize({ requireAllSignatures: false })
    const whole = Transaction.from(signed(bytes))
    expect(whole.verifySignatures()).toBe(true)
    transaction.partialSign(signer)
    expect(whole.serialize()).toEqual(transaction.serialize())
  })

  test('leaves zeros for the others, also with the message alone', () => {
    const transaction = unsigned()
    const slots = transaction.serialize({ requireAllSignatures: false })
    const both = [signed(slots), signed(transaction.serializeMessage())]
    for (const bytes of both) {
      const { signatures } = VersionedTransaction.deserialize(bytes)
      expect(signatures.map((signature) => signature.some((byte) => byte !== 0))).toEqual([
        false,
        true,
      ])
      expect(Transaction.from(bytes).verifySignatures(false)).toBe(true)
    }
    expect(both[0]).toEqual(both[1])
  })

  test('takes the place of one that was there', () => {
    const transaction = unsigned()
    transaction.partialSign(payer, signer)
    const bytes = transaction.serialize()
    const spoiled = Buffer.from(bytes)
    spoiled.fill(0xee, 65, 129)
    expect(signed(spoiled)).toEqual(bytes)
  })

  test('is refused for a key that need not sign, or of another length', () => {
    const { assemble } = parsed(encode(legacy))
    const signature = Buffer.alloc(64)
    expect(() => assemble(key(2), signature)).not.toThrow()
    expect(() => assemble(key(3), signature)).toThrow(RangeError)
    expect(() => assemble(key(1).subarray(1), signature)).toThrow(RangeError)
    expect(() => assemble(key(1), signature.subarray(1))).toThrow(RangeError)
  })
})

test('a later change of the input changes nothing', () => {
  const input = encode(versioned)
  const transaction = parsed(input)
  const before = transaction.assemble(key(1), Buffer.alloc(64, 1)).toString('hex')
  input.fill(0xff)
  expect(transaction.assemble(key(1), Buffer.alloc(64, 1)).toString('hex')).toBe(before)
  expect(transaction.recentBlockhash).toBe(text(0xbb))
  expect(blockhash).toEqual(key(0xbb))
})
