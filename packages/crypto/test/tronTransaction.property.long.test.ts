// Random and damaged Tron transactions: refused, or read as tronweb reads them; never an exception.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rounds } from '../../../tests/support/rounds.ts'
import { parseTronTransaction } from '../src/node/index.ts'
import { encodeRawData, rawOf, transfer, trigger } from './tronEncode.ts'
import { builtTypes, decode, rawDataOf, reencode } from './tronSamples.ts'

const numRuns = rounds('random Tron transactions')

/** tronweb reads numbers as doubles: beyond 2^53, so of more than seven bytes, they are not exact. */
const hasLongNumber = (bytes: Buffer) => /(?:[89a-f][0-9a-f]){7}/.test(bytes.toString('hex'))

const seen = { refused: 0, asTronweb: 0, described: 0, beyond: 0 }

/** Refused, or described so that the very same bytes can be written from what was read. */
function expectStrict(bytes: Buffer): void {
  const verdict = parseTronTransaction(bytes)
  expect(verdict.ok ? '' : verdict.reason).toMatch(/^[a-zA-Z0-9_.:? -]*$/)
  if (!verdict.ok) {
    seen.refused += 1
    return
  }
  const { contract } = verdict.transaction
  const written = encodeRawData(verdict.transaction)
  expect(written ?? bytes).toEqual(bytes)
  if (written) seen.described += 1
  expect(decode(contract.type, bytes).contract[0]?.type).toBe(contract.type)
  const again = reencode(contract.type, bytes)
  if (hasLongNumber(bytes) && !again.equals(bytes)) {
    seen.beyond += 1
    return
  }
  expect(again).toEqual(bytes)
  seen.asTronweb += 1
}

const anyRawData = fc
  .oneof(
    fc.constantFrom(...builtTypes),
    fc.constantFrom('TransferContract', 'TriggerSmartContract'),
  )
  .chain(rawDataOf)

test('cut short within a field, or with a byte more, it is refused', () => {
  fc.assert(
    fc.property(anyRawData, fc.nat({ max: 255 }), (bytes, more) => {
      const cuts = Array.from(bytes, (_byte, length) => bytes.subarray(0, length))
      for (const cut of cuts) expectStrict(cut)
      // Both fields after the contract may be left out, so that what is before each is whole.
      const whole = cuts.filter((cut) => parseTronTransaction(cut).ok)
      expect(whole.length).toBeLessThanOrEqual(2)
      expect(parseTronTransaction(Buffer.concat([bytes, Buffer.of(more)])).ok).toBe(false)
    }),
    { numRuns: numRuns / 10 },
  )
})

test('the shortest are refused wherever they are cut', () => {
  for (const bytes of [rawOf(transfer), rawOf(trigger)]) {
    const contractEnd = bytes.length - 7
    for (let length = 0; length < bytes.length; length++) {
      const { ok } = parseTronTransaction(bytes.subarray(0, length))
      expect([length, ok]).toEqual([length, length === contractEnd])
    }
  }
})

test('with any byte changed it is refused, or read as tronweb reads it', () => {
  fc.assert(
    fc.property(anyRawData, fc.integer({ min: 1, max: 255 }), (bytes, change) => {
      for (let at = 0; at < bytes.length; at++) {
        const mutated = Buffer.from(bytes)
        mutated[at] = (mutated[at] ?? 0) ^ change
        expectStrict(mutated)
      }
    }),
    { numRuns: numRuns / 10 },
  )
})

test('random bytes, and damaged transactions, never make it throw', () => {
  const edit = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 3 }))
  const damaged = fc.tuple(anyRawData, fc.array(edit, { maxLength: 3 })).map(([bytes, edits]) => {
    const list = [...bytes]
    for (const [at, value, removed] of edits) list.splice(at % list.length, removed, value)
    return Uint8Array.from(list)
  })
  const random = fc.uint8Array({ maxLength: 200 })
  fc.assert(
    fc.property(fc.oneof(random, damaged), (bytes) => {
      expectStrict(Buffer.from(bytes))
    }),
    { numRuns: numRuns * 10 },
  )
})

test('most of what was taken could be compared with tronweb', () => {
  expect(Math.min(seen.refused, seen.asTronweb, seen.described)).toBeGreaterThan(500)
  expect(seen.beyond * 20).toBeLessThan(seen.asTronweb)
})
