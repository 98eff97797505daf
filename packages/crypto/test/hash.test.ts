// Known answers for hashes and MACs, and the comparison's corner cases.
import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { equalBytes, hkdfSha256, hmacSha256, keccak256, sha256 } from '../src/node/index.ts'
import { hex } from './vectors.ts'

describe('hashes', () => {
  test('SHA-256 of `abc` (FIPS 180-4 example)', () => {
    expect(sha256(Buffer.from('abc')).toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  test('Keccak-256 of nothing is the original padding, not SHA-3', () => {
    expect(keccak256(new Uint8Array()).toString('hex')).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    )
  })

  test('HMAC-SHA-256 (RFC 4231 case 2), same for bytes and key object', () => {
    const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    const data = Buffer.from('what do ya want for nothing?')
    expect(hmacSha256(Buffer.from('Jefe'), data).toString('hex')).toBe(expected)
    const key = createSecretKey(Buffer.from('Jefe'))
    expect(hmacSha256(key, data).toString('hex')).toBe(expected)
  })

  test('HKDF-SHA-256 with empty salt and info (RFC 5869 A.3)', () => {
    const okm = hkdfSha256(hex('0b'.repeat(22)), new Uint8Array(), 42)
    expect(okm.toString('hex')).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    )
    expect(() => hkdfSha256(hex('0b'), new Uint8Array(), 8161)).toThrow(RangeError)
  })

  test('HKDF output depends on the info', () => {
    const key = hex('0b'.repeat(32))
    expect(hkdfSha256(key, Buffer.from('a'), 32)).not.toEqual(hkdfSha256(key, Buffer.from('b'), 32))
  })
})

describe('equalBytes', () => {
  test('compares content, and answers false for different lengths', () => {
    expect(equalBytes(hex('0102'), Uint8Array.of(1, 2))).toBe(true)
    expect(equalBytes(hex('0102'), hex('0103'))).toBe(false)
    expect(equalBytes(hex('0102'), hex('010200'))).toBe(false)
    expect(equalBytes(hex(''), hex(''))).toBe(true)
  })
})
