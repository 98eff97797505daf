// DER: what is written is minimal, what is read may have superfluous zeros and nothing else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeEcdsaDer, parseEcdsaDer } from '../src/node/index.ts'
import { hex } from './vectors.ts'

const integer = fc.uint8Array({ minLength: 32, maxLength: 32 })
const one = hex('01'.padStart(64, '0'))

describe('encodeEcdsaDer', () => {
  test('parses back to the same integers', () => {
    fc.assert(
      fc.property(integer, integer, (r, s) => {
        expect(parseEcdsaDer(encodeEcdsaDer(r, s))).toEqual({
          r: Buffer.from(r),
          s: Buffer.from(s),
        })
      }),
    )
  })

  test('writes minimal integers, a zero before a high bit, and 0 as one byte', () => {
    expect(encodeEcdsaDer(one, hex('80'.padStart(64, '0'))).toString('hex')).toBe(
      '300702010102020080',
    )
    expect(encodeEcdsaDer(hex('00'), hex('')).toString('hex')).toBe('3006020100020100')
  })

  test('refuses integers longer than 32 bytes', () => {
    expect(() => encodeEcdsaDer(new Uint8Array(33), one)).toThrow(RangeError)
  })
})

describe('parseEcdsaDer', () => {
  test('accepts superfluous leading zeros', () => {
    expect(parseEcdsaDer(hex('300a02040000000102020001'))).toEqual({ r: one, s: one })
    const padded = `304602${'21'}${'00'.repeat(33)}0221${'00'.repeat(32)}01`
    expect(parseEcdsaDer(hex(padded))).toEqual({ r: Buffer.alloc(32), s: one })
  })

  test.each([
    ['nothing', ''],
    ['tag only', '30'],
    ['empty sequence', '3000'],
    ['one integer', '3003020101'],
    ['wrong outer tag', '3106020101020101'],
    ['wrong integer tag', '3006030101020101'],
    ['long-form sequence length', '308106020101020101'],
    ['long-form integer length', '300702810101020101'],
    ['indefinite length', '30800201010201010000'],
    ['sequence shorter than it says', '3007020101020101'],
    ['sequence longer than it says', '3005020101020101'],
    ['trailing byte', '300602010102010100'],
    ['trailing byte inside', '300702010102010100'],
    ['integer over the end', '3006020101020201'],
    ['r of no bytes', '30050200020101'],
    ['s of no bytes', '30050201010200'],
    ['negative r', '3006020180020101'],
    ['negative s', '30060201010201ff'],
    ['r of 33 significant bytes', `3026022101${'00'.repeat(32)}020101`],
    ['s of 33 significant bytes', `3026020101022101${'00'.repeat(32)}`],
  ])('refuses %s', (_name, der) => {
    expect(parseEcdsaDer(hex(der))).toBeUndefined()
  })

  test('gives a value or undefined, never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (der) => {
        const parsed = parseEcdsaDer(der)
        expect(parsed?.r.length ?? 32).toBe(32)
      }),
      { numRuns: 1000 },
    )
  })
})
