// Strict text decoding: each value has one accepted spelling (hexadecimal: either case).
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64Url, decodeHex } from '../src/node/index.ts'

describe('decodeBase64Url', () => {
  test('reads back what Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const buffer = Buffer.from(bytes)
        expect(decodeBase64Url(buffer.toString('base64url'))).toEqual(buffer)
      }),
    )
  })

  test.each(['AA==', 'AB', 'A', 'A+AA', 'A/AA', 'AA AA', 'AAAA\n', 'AAA\u00c1', 'AAAA='])(
    'refuses %j',
    (text) => {
      expect(decodeBase64Url(text)).toBeUndefined()
    },
  )
})

describe('decodeHex', () => {
  test('reads back either case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = Buffer.from(bytes).toString('hex')
        expect(decodeHex(text)).toEqual(Buffer.from(bytes))
        expect(decodeHex(text.toUpperCase())).toEqual(Buffer.from(bytes))
      }),
    )
  })

  test.each(['0', '0x00', '0g', 'abc', '00 00', '00\n', '\u0130\u0130', '\u0161\u0161'])(
    'refuses %j',
    (text) => {
      expect(decodeHex(text)).toBeUndefined()
    },
  )
})
