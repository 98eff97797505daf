// Every damaged transaction is refused with its reason, and nothing throws.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseEthereumTransaction } from '../src/node/index.ts'
import { bad, type Base, bases, encode, tuple, withField } from './ethereumBadTransactions.ts'
import { encodeUnsigned } from './ethereumEncode.ts'
import { hex } from './vectors.ts'

const none = Buffer.alloc(0)
const ones = (length: number) => Buffer.alloc(length, 0xff)

test('there are enough of them', () => {
  expect(bad.length).toBeGreaterThan(100)
  expect(new Set(bad.map(([, bytes]) => bytes.toString('hex'))).size).toBe(bad.length)
})

test.each(bad)('%s', (_name, bytes, reason) => {
  expect(parseEthereumTransaction(bytes)).toEqual({ ok: false, reason })
})

describe('what is just within bounds is accepted', () => {
  const good: [string, Buffer][] = [
    ...([0, 155, 1, 2, 3, 4] as const).map((base): [string, Buffer] => [
      `${base}`,
      encode(base, bases[base]),
    ]),
    ['nonce 2^64 - 2', withField(0, 0, hex('fffffffffffffffe'))],
    ['gas 2^64 - 1', withField(0, 2, ones(8))],
    ['value 2^256 - 1', withField(0, 4, ones(32))],
    ['contract creation', withField(2, 5, none)],
    ['the largest chain id', withField(155, 6, hex('7fffffffffffffdb'))],
    ['a priority fee above the fee', withField(2, 2, ones(32))],
    ['authorization for every chain', withField(4, 9, [tuple(0, none)])],
  ]
  test.each(good)('%s', (_name, bytes) => {
    expect(parseEthereumTransaction(bytes).ok).toBe(true)
  })
})

test('random and damaged bytes are refused, or describe themselves, and never throw', () => {
  const base = fc.constantFrom<Base>(0, 155, 1, 2, 3, 4)
  const damage = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 2 }))
  const damaged = fc.tuple(base, fc.array(damage, { maxLength: 2 })).map(([type, damages]) => {
    const bytes = [...encode(type, bases[type])]
    for (const [at, value, removed] of damages) bytes.splice(at % bytes.length, removed, value)
    return Uint8Array.from(bytes)
  })
  const seen = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (bytes) => {
      const verdict = parseEthereumTransaction(bytes)
      seen[verdict.ok ? 'accepted' : 'refused'] += 1
      const again = verdict.ok ? encodeUnsigned(verdict.transaction) : Buffer.from(bytes)
      expect(again).toEqual(Buffer.from(bytes))
      expect(verdict.ok ? 'accepted' : verdict.reason).toMatch(/^[a-zA-Z0-9 ]+$/)
    }),
    { numRuns: 4000 },
  )
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(300)
})
