// Sealed values open with the same key and data, and with nothing else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aeadKey, aeadOpen, aeadSeal } from '../src/node/index.ts'
import { hex } from './vectors.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const keyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('aead', () => {
  test('opens a known AES-256-GCM answer (GCM specification, test case 14)', () => {
    const sealed = hex(
      `${'00'.repeat(12)}cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919`,
    )
    const key = aeadKey(new Uint8Array(32))
    expect(aeadOpen(key, sealed, new Uint8Array()).toString('hex')).toBe('00'.repeat(16))
  })

  test('opens what it sealed, 28 bytes longer', () => {
    fc.assert(
      fc.property(keyBytes, bytes(200), bytes(40), (raw, plaintext, aad) => {
        const key = aeadKey(raw)
        const sealed = aeadSeal(key, plaintext, aad)
        expect(sealed.length).toBe(plaintext.length + 28)
        expect(aeadOpen(key, sealed, aad)).toEqual(Buffer.from(plaintext))
      }),
    )
  })

  test('refuses every single changed bit, in the value and in the data', () => {
    const key = aeadKey(hex('07'.repeat(32)))
    const aad = Buffer.from('row 1')
    const sealed = aeadSeal(key, Buffer.from('a secret'), aad)
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      expect(() => aeadOpen(key, flipBit(sealed, bit), aad)).toThrow('authentication failed')
    }
    for (let bit = 0; bit < aad.length * 8; bit += 1) {
      expect(() => aeadOpen(key, sealed, flipBit(aad, bit))).toThrow('authentication failed')
    }
    expect(sealed.length * 8 + aad.length * 8).toBe(328)
  })

  test('refuses another key, every shorter length, and added bytes', () => {
    const key = aeadKey(hex('07'.repeat(32)))
    const sealed = aeadSeal(key, Buffer.from('a secret'), new Uint8Array())
    const open = (value: Uint8Array) => () => aeadOpen(key, value, new Uint8Array())
    for (let length = 0; length < sealed.length; length += 1) {
      expect(open(sealed.subarray(0, length))).toThrow('authentication failed')
    }
    expect(open(Buffer.concat([sealed, Buffer.of(0)]))).toThrow('authentication failed')
    const other = aeadKey(hex('08'.repeat(32)))
    expect(() => aeadOpen(other, sealed, new Uint8Array())).toThrow('authentication failed')
  })

  test('never uses a nonce twice in 1,000 seals', () => {
    const key = aeadKey(hex('07'.repeat(32)))
    const nonces = Array.from({ length: 1000 }, () =>
      aeadSeal(key, new Uint8Array(), new Uint8Array()).toString('hex', 0, 12),
    )
    expect(new Set(nonces).size).toBe(1000)
  })

  test('takes keys of 32 bytes only', () => {
    for (const length of [0, 16, 24, 31, 33]) {
      expect(() => aeadKey(new Uint8Array(length))).toThrow(RangeError)
    }
  })
})

function flipBit(value: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(value)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}
