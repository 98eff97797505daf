// RLP: the Ethereum Foundation's tests, the limits, and that only one spelling is read.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRlp, encodeRlp, type RlpItem } from '../src/node/index.ts'
import { hex, loadVectors } from './vectors.ts'

type Value = string | number | Value[]
type Vector = { name: string; in: Value; out: string }

const vectors = loadVectors<Vector[]>('ethereum-rlp.json')
const invalid = vectors.filter((vector) => vector.in === 'INVALID')
const described = vectors.filter((vector) => vector.in !== 'INVALID' && vector.in !== 'VALID')

function itemOf(value: Value): RlpItem {
  if (Array.isArray(value)) return value.map(itemOf)
  if (typeof value === 'string' && !value.startsWith('#')) return Buffer.from(value)
  const integer = BigInt(typeof value === 'string' ? value.slice(1) : value)
  const digits = integer === 0n ? '' : integer.toString(16)
  return hex(digits.padStart(digits.length + (digits.length % 2), '0'))
}

function nested(depth: number): Buffer {
  return encodeRlp(Array.from({ length: depth }).reduce<RlpItem>((item) => [item], Buffer.of(1)))
}

const { item: anyItem } = fc.letrec<{ item: RlpItem; bytes: RlpItem; list: RlpItem }>((tie) => ({
  bytes: fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes)),
  list: fc.array(tie('item'), { maxLength: 8 }),
  item: fc.oneof({ maxDepth: 4 }, tie('bytes'), tie('list')),
}))

test('the vectors are all here', () => {
  expect([vectors.length, invalid.length, described.length]).toEqual([55, 26, 28])
})

test.each(described)('$name both ways', ({ in: value, out }) => {
  expect(encodeRlp(itemOf(value)).toString('hex')).toBe(out)
  expect(decodeRlp(hex(out))).toEqual({ ok: true, item: itemOf(value) })
})

test('RandomRLPTests/example is accepted', () => {
  const [vector, ...more] = vectors.filter(({ in: value }) => value === 'VALID')
  expect([vector && decodeRlp(hex(vector.out)).ok, more.length]).toEqual([true, 0])
})

test.each(invalid)('$name is refused', ({ out }) => {
  const decoded = decodeRlp(hex(out))
  expect(decoded.ok ? 'accepted' : decoded.reason).toMatch(/^rlp [a-z0-9 ]+$/)
})

describe('limits', () => {
  test('sixteen nested lists pass, seventeen and a hundred thousand do not', () => {
    expect(decodeRlp(nested(16)).ok).toBe(true)
    const reason = 'rlp lists are nested too deeply'
    expect(decodeRlp(nested(17))).toEqual({ ok: false, reason })
    expect(decodeRlp(nested(2_000))).toEqual({ ok: false, reason })
    const unframed = Buffer.alloc(100_000, 0xc1)
    expect(decodeRlp(unframed).ok).toBe(false)
  })

  test('size and number of items', () => {
    expect(decodeRlp(encodeRlp(Buffer.alloc(1_048_572))).ok).toBe(true)
    const tooLong = decodeRlp(encodeRlp(Buffer.alloc(1_048_573)))
    expect(tooLong).toEqual({ ok: false, reason: 'rlp is over 1 MiB' })
    const items = (length: number) =>
      decodeRlp(encodeRlp(Array.from({ length }, () => Buffer.of(1))))
    expect(items(65_535).ok).toBe(true)
    expect(items(65_536)).toEqual({ ok: false, reason: 'rlp has too many items' })
  })
})

test('the item does not change with the input', () => {
  const input = hex('c20102')
  const decoded = decodeRlp(input)
  input.fill(0)
  expect(decoded).toEqual({ ok: true, item: [Buffer.of(1), Buffer.of(2)] })
})

test('decoding gives back what was encoded', () => {
  fc.assert(
    fc.property(anyItem, (item) => {
      expect(decodeRlp(encodeRlp(item))).toEqual({ ok: true, item })
    }),
    { numRuns: 500 },
  )
})

test('random and damaged bytes are refused or encode to themselves', () => {
  const damaged = fc.tuple(anyItem, fc.nat(), fc.nat({ max: 255 })).map(([item, at, byte]) => {
    const bytes = encodeRlp(item)
    bytes[at % bytes.length] = byte
    return bytes
  })
  const seen = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), damaged), (bytes) => {
      const decoded = decodeRlp(bytes)
      seen[decoded.ok ? 'accepted' : 'refused'] += 1
      const again = decoded.ok ? encodeRlp(decoded.item) : Buffer.from(bytes)
      expect(again).toEqual(Buffer.from(bytes))
    }),
    { numRuns: 3000 },
  )
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(300)
})
