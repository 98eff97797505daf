// Ethereum transactions: parsed, hashed and signed as viem does it, for every type.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { serializeTransaction, type TransactionSerializable } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import {
  type EthereumTransaction,
  type EthereumTransactionType,
  keccak256,
  parseEthereumTransaction,
  signSecp256k1,
} from '../src/node/index.ts'
import { encodeUnsigned } from './ethereumEncode.ts'
import { hex } from './vectors.ts'

const key = hex('11'.repeat(32))
const account = privateKeyToAccount(`0x${key.toString('hex')}`)

function parsed(unsigned: string): EthereumTransaction {
  const verdict = parseEthereumTransaction(hex(unsigned))
  if (!verdict.ok) throw new Error(verdict.reason)
  return verdict.transaction
}

function signed(transaction: EthereumTransaction, privateKey = key): string {
  return transaction.assemble(signSecp256k1(privateKey, transaction.signingHash)).toString('hex')
}

const to = '94000000000000000000000000000000000000dead'
const call = `82520894000000000000000000000000000000000000dead0180`
const fees = '0180843b9aca008477359400'
const blob = `e1a001${'00'.repeat(31)}`

test.each([
  [
    'legacy',
    `e380843b9aca00825208${to}0180018080`,
    'f86380843b9aca0082520894000000000000000000000000000000000000dead018026a0dece40c3a9c501142014e61eb30d6f8c35a3ac2271c81e26312cb09f52a8e7f8a01875a647d65e73af3e040f27ae0a34af447c89af97fb0552a65757e5dbe67f99',
  ],
  [
    'eip2930',
    `01e20180843b9aca00${call}c0`,
    '01f8650180843b9aca0082520894000000000000000000000000000000000000dead0180c080a09b135ade13bee46963989385ea7c4286feb5f54303c12743bd825076c013e036a05f00d4ab9968c1fdcb2a241b545f86a45d911e75d1be13ae90ea0f97b223ef31',
  ],
  [
    'eip1559',
    `02e7${fees}${call}c0`,
    '02f86a0180843b9aca00847735940082520894000000000000000000000000000000000000dead0180c080a0fcf728c89b8aece09bb08f16b7a6d4a2e3ee4f4e47b63e77251d19f4d4592549a01850292c84e49ed0fbceb8e26b0da1d41607eec70d6547ac576994f9fd12c9f5',
  ],
  [
    'eip4844',
    `03f84a${fees}${call}c001${blob}`,
    `03f88d${fees}${call}c001${blob}01a0465a05d2b8402c8fc05b833f2dc72d0c6325f66586a44715bb4e2a69d6a42089a075e967b0d25e9d1433e6977b4f7c1eb6879125eaf45533807793de6c488ce843`,
  ],
  [
    'eip7702',
    `04e8${fees}${call}c0c0`,
    `04f86b${fees}${call}c0c080a0ce7e3d69da96d541cea91ad729fa2e4bc4171ba312d2f3f22efb3834c89d2954a0269ca189a8d672c07b7fc2adab75142e6a008adbd055cbd9b6fadc07c49a0660`,
  ],
])('what the Turnkey adapter for viem sends and gets back: %s', (type, unsigned, expected) => {
  const transaction = parsed(unsigned)
  expect([transaction.type, transaction.chainId, transaction.value]).toEqual([type, 1n, 1n])
  expect(transaction.to?.toString('hex')).toBe('000000000000000000000000000000000000dead')
  expect(signed(transaction)).toBe(expected)
})

test('the example of EIP-155', () => {
  const transaction = parsed(
    'ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080',
  )
  expect(transaction.signingHash.toString('hex')).toBe(
    'daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53',
  )
  expect(signed(transaction, hex('46'.repeat(32)))).toBe(
    'f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
  )
})

test('every field is described', () => {
  const entry = `f7${to}e1a0${'07'.repeat(32)}`
  const list = `dfde80${to}0b018203e8820fff`
  const body = `${fees}82520894${'35'.repeat(20)}0182cafef838${entry}${list}`
  const transaction = parsed(`04f8${(body.length / 2).toString(16)}${body}`)
  expect({ ...transaction, assemble: null }).toEqual({
    type: 'eip7702',
    chainId: 1n,
    nonce: 0n,
    gas: 21_000n,
    gasPrice: null,
    maxPriorityFeePerGas: 1_000_000_000n,
    maxFeePerGas: 2_000_000_000n,
    maxFeePerBlobGas: null,
    to: hex('35'.repeat(20)),
    value: 1n,
    data: hex('cafe'),
    accessList: [{ address: hex(to.slice(2)), storageKeys: [hex('07'.repeat(32))] }],
    blobHashes: [],
    authorizationList: [
      { chainId: 0n, address: hex(to.slice(2)), nonce: 11n, yParity: 1, r: 1000n, s: 4095n },
    ],
    signingHash: keccak256(hex(`04f8${(body.length / 2).toString(16)}${body}`)),
    assemble: null,
  })
})

test('r and s lose leading zeros, and must be 32 bytes', () => {
  const transaction = parsed(`02e7${fees}${call}c0`)
  const small = hex('7f'.padStart(64, '0'))
  const bytes = transaction.assemble({ r: small, s: small, recovery: 1 })
  expect(bytes.toString('hex')).toBe(`02ea${fees}${call}c0017f7f`)
  const short = { r: small.subarray(1), s: small, recovery: 1 } as const
  expect(() => transaction.assemble(short)).toThrow(RangeError)
})

test('a later change of the input changes nothing', () => {
  const input = hex(`02e7${fees}${call}c0`)
  const verdict = parseEthereumTransaction(input)
  const before = verdict.ok && signed(verdict.transaction)
  input.fill(0xff)
  expect(verdict.ok && signed(verdict.transaction)).toBe(before)
})

const hexOf = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as const)
const upTo = (bits: bigint) =>
  fc.nat({ max: Number(bits) }).chain((size) => fc.bigInt(0n, 2n ** BigInt(size) - 1n))
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const safe = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat())
const data = fc
  .uint8Array({ maxLength: 80 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as const)
const common = {
  nonce: safe,
  gas: upTo(64n),
  value: upTo(256n),
  data,
  to: optional(hexOf(20)),
  // Above 2^52 viem rounds v of EIP-155.
  chainId: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 2 ** 52 - 20 })),
}
const accessList = fc.array(
  fc.record({ address: hexOf(20), storageKeys: fc.array(hexOf(32), { maxLength: 3 }) }),
  { maxLength: 3 },
)
const feePair = fc.tuple(upTo(256n), upTo(256n)).map(([a, b]) => ({
  maxPriorityFeePerGas: a < b ? a : b,
  maxFeePerGas: a < b ? b : a,
}))
const blobHash = hexOf(31).map((digits) => `0x01${digits.slice(2)}` as const)
const authorization = fc.record({
  address: hexOf(20),
  chainId: safe,
  nonce: safe,
  r: hexOf(32),
  s: hexOf(32),
  yParity: fc.nat({ max: 1 }),
})
const feeMarket = fc.tuple(fc.record({ ...common, accessList }), feePair)
const arbitraries: Record<EthereumTransactionType, fc.Arbitrary<TransactionSerializable>> = {
  legacy: fc
    .record({ ...common, chainId: optional(common.chainId), gasPrice: upTo(256n) })
    .map((fields) => ({ ...fields, type: 'legacy' })),
  eip2930: fc
    .record({ ...common, gasPrice: upTo(256n), accessList })
    .map((fields) => ({ ...fields, type: 'eip2930' })),
  eip1559: feeMarket.map(([fields, pair]) => ({ ...fields, ...pair, type: 'eip1559' })),
  eip4844: fc
    .tuple(
      feeMarket,
      fc.record({
        to: hexOf(20),
        maxFeePerBlobGas: upTo(256n),
        blobVersionedHashes: fc.array(blobHash, { minLength: 1, maxLength: 6 }),
      }),
    )
    .map(([[fields, pair], more]) => ({ ...fields, ...pair, ...more, type: 'eip4844' })),
  eip7702: fc
    .tuple(
      feeMarket,
      fc.record({
        to: hexOf(20),
        authorizationList: fc.array(authorization, { maxLength: 3 }),
      }),
    )
    .map(([[fields, pair], more]) => ({ ...fields, ...pair, ...more, type: 'eip7702' })),
}
const types = Object.keys(arbitraries) as EthereumTransactionType[]

describe('random transactions', () => {
  test.each(types)('%s is hashed and signed as by viem', async (type) => {
    let count = 0
    await fc.assert(
      fc.asyncProperty(arbitraries[type], async (fields) => {
        const unsigned = hex(serializeTransaction(fields).slice(2))
        const transaction = parsed(unsigned.toString('hex'))
        expect(transaction.type).toBe(type)
        expect(encodeUnsigned(transaction)).toEqual(unsigned)
        expect(transaction.signingHash).toEqual(keccak256(unsigned))
        expect(transaction.value).toBe(fields.value)
        expect(transaction.nonce).toBe(BigInt(fields.nonce ?? -1))
        expect(transaction.chainId).toBe(
          fields.chainId === undefined ? null : BigInt(fields.chainId),
        )
        expect(`0x${signed(transaction)}`).toBe(await account.signTransaction(fields))
        count += 1
      }),
      { numRuns: 250 },
    )
    expect(count).toBe(250)
  })
})
