// What must hold for every Solana transaction, every damaged one, and all other bytes.
import fc from 'fast-check'
import { PublicKey } from '@solana/web3.js'
import { expect, test } from 'vitest'
import { type Random, seeded } from '../../../tests/support/random.ts'
import { rounds } from '../../../tests/support/rounds.ts'
import { Tally } from '../../../tests/support/tally.ts'
import { parseSolanaTransaction, type SolanaTransaction } from '../src/node/index.ts'
import { kindCount, randomSample, type Sample, type Sol } from './solanaSamples.ts'
import { viewByKit, viewByWeb3, viewOf } from './solanaViews.ts'

const runs = rounds('random Solana transactions')
const mutatedRuns = rounds('mutated Solana transactions')

function parsed(bytes: Uint8Array): SolanaTransaction {
  const verdict = parseSolanaTransaction(bytes)
  if (!verdict.ok) throw new Error(`${verdict.reason}: ${Buffer.from(bytes).toString('hex')}`)
  return verdict.transaction
}

const textOf = (key: PublicKey | null | '') => (key instanceof PublicKey ? key.toBase58() : key)

const withTexts = ({ from, to, amount }: Sol) => ({ from: textOf(from), to: textOf(to), amount })

/** What both libraries read, which must be the same, and what web3.js writes. */
function expectAgreement(transaction: SolanaTransaction, bytes: Uint8Array): void {
  const { view, again } = viewByWeb3(bytes)
  expect(viewOf(transaction)).toEqual(view)
  expect(viewByKit(bytes)).toEqual(view)
  expect(again.equals(bytes)).toBe(true)
}

/** What fits a packet; more is refused, so no wallet makes it. */
const BYTES_MAX = 1232

function sampleOf(random: Random): Sample & { bytes: Buffer } {
  for (;;) {
    const sample = randomSample(random)
    const bytes = Buffer.from(sample.transaction.serialize())
    if (bytes.length <= BYTES_MAX) return { ...sample, bytes }
  }
}

test('random transactions are described as both libraries read them', () => {
  const random = seeded('Solana transactions')
  const tally = new Tally()
  for (let run = 0; run < runs; run++) {
    const { transaction, bytes, kinds, sol, spl } = sampleOf(random)
    const described = parsed(bytes)
    expectAgreement(described, bytes)
    expect(described.transfers).toEqual(sol.map(withTexts))
    expect(described.splTransfers).toEqual(
      spl.map((transfer) => ({
        ...withTexts(transfer),
        owner: textOf(transfer.owner),
        signers: transfer.signers.map(textOf),
        tokenMint: textOf(transfer.tokenMint),
      })),
    )
    expect(described.message.equals(transaction.message.serialize())).toBe(true)
    for (const name of [...kinds, `version ${described.version}`]) tally.add(name)
    if (described.requiredSigners.length > 1) tally.add('many signers')
    if (described.addressTableLookups.length > 0) tally.add('lookups')
    if (described.transfers.some(({ to }) => to === null)) tally.add('transfer to a looked up key')
    if (described.splTransfers.some(({ signers }) => signers.length > 0)) tally.add('multisig')
  }
  const rare = ['version legacy', 'version 0', 'many signers', 'lookups', 'multisig']
  expect(tally.rare([...rare, 'transfer to a looked up key'], runs / 60)).toEqual([])
  const kinds = ['transfer', 'create with seed', 'checked transfer', 'transfer with fee', 'approve']
  expect(tally.rare(kinds, runs / kindCount / 2)).toEqual([])
})

test('a signature fills the slot of its signer, and nothing else changes', () => {
  const random = seeded('Solana signatures')
  for (let run = 0; run < runs; run++) {
    const { transaction, bytes } = sampleOf(random)
    const place = random.below(transaction.signatures.length)
    const signer = transaction.message.staticAccountKeys[place] ?? PublicKey.default
    const signature = Buffer.alloc(64, 0x5a)
    const signed = parsed(bytes).assemble(signer.toBytes(), signature)
    transaction.signatures[place] = signature
    expect(signed.equals(transaction.serialize())).toBe(true)
    // Without signatures before it, a message gets zeros for the others.
    const fromMessage = parsed(transaction.message.serialize())
    for (const [at, other] of transaction.signatures.entries()) if (at !== place) other.fill(0)
    const completed = fromMessage.assemble(signer.toBytes(), signature)
    expect(completed.equals(transaction.serialize())).toBe(true)
  }
})

test('what is cut off anywhere, or goes on, is refused', () => {
  const random = seeded('cut Solana transactions')
  for (let run = 0; run < mutatedRuns; run++) {
    const { transaction, bytes } = sampleOf(random)
    for (const whole of [bytes, Buffer.from(transaction.message.serialize())]) {
      for (let length = 0; length < whole.length; length++) {
        expect(parseSolanaTransaction(whole.subarray(0, length)).ok).toBe(false)
      }
      for (const byte of [0, 1, 0x80, 0xff]) {
        const longer = Buffer.concat([whole, Buffer.of(byte)])
        expect(parseSolanaTransaction(longer).ok).toBe(false)
      }
    }
  }
})

test('with any byte changed it is refused, or still what both libraries read', () => {
  const random = seeded('mutated Solana transactions')
  const tally = new Tally()
  for (let run = 0; run < mutatedRuns; run++) {
    const { bytes } = sampleOf(random)
    for (let at = 0; at < bytes.length; at++) {
      const mutated = Buffer.from(bytes)
      mutated[at] = [0, 1, 0x7f, 0x80, 0xff, random.below(256)][random.below(6)] ?? 0
      const verdict = parseSolanaTransaction(mutated)
      tally.add(verdict.ok ? 'accepted' : verdict.reason)
      if (verdict.ok) expectAgreement(verdict.transaction, mutated)
    }
  }
  const reasons = ['the message ends early', 'the message has trailing bytes']
  expect(tally.rare(['accepted', ...reasons], mutatedRuns / 6)).toEqual([])
})

test('all other bytes are refused with a reason, and nothing throws', () => {
  const random = seeded('no Solana transactions')
  const small = fc.array(fc.constantFrom(0, 1, 2, 3, 32, 64, 0x80, 0x81, 0xff), { maxLength: 200 })
  const headed = fc
    .tuple(fc.constantFrom('010001', '80010001', '020000', '01'), fc.uint8Array({ maxLength: 400 }))
    .map(([head, tail]) => Buffer.concat([Buffer.from(head, 'hex'), tail]))
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 1300 }),
    small.map((list) => Buffer.from(list)),
    headed,
  )
  let count = 0
  fc.assert(
    fc.property(any, (bytes) => {
      const verdict = parseSolanaTransaction(bytes)
      count += 1
      if (verdict.ok) expectAgreement(verdict.transaction, bytes)
      expect(verdict.ok ? 'accepted' : verdict.reason).toMatch(/^[a-zA-Z0-9 ]+$/)
    }),
    { numRuns: runs * 10, seed: random.below(2 ** 31) },
  )
  expect(count).toBe(runs * 10)
})
