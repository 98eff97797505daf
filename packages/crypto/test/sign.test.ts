// Signing against RFC 6979 and RFC 8032, and what signing refuses.
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Curve,
  generatePrivateKey,
  parsePublicKey,
  publicKeyOf,
  sha256,
  signEd25519,
  signP256,
  signSecp256k1,
  uncompressPublicKey,
  verifyEcdsaDigest,
  verifyEd25519,
  verifyP256Message,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Rfc6979 = { curve: Curve; privateKey: string; message: string; r: string; s: string }
type Rfc8032 = {
  title: string
  privateKey: string
  publicKey: string
  message: string
  signature: string
}

const orders = { secp256k1: secp256k1.Point.Fn.ORDER, p256: p256.Point.Fn.ORDER }
const rfc6979P256 = loadVectors<Rfc6979[]>('rfc6979-p256.json')
const rfc6979Secp256k1 = loadVectors<Rfc6979[]>('rfc6979-secp256k1.json')
const rfc8032 = loadVectors<Rfc8032[]>('rfc8032-ed25519.json')

function lowS(s: string, order: bigint): string {
  const value = BigInt(`0x${s}`)
  const low = value > order / 2n ? order - value : value
  return low.toString(16).padStart(64, '0')
}

test('the vectors are all here', () => {
  expect([rfc6979P256.length, rfc6979Secp256k1.length, rfc8032.length]).toEqual([2, 6, 5])
})

// The RFC does not normalise s; we do.
test.each(rfc6979P256)('RFC 6979 A.2.5 P-256 `$message`', ({ privateKey, message, r, s }) => {
  const signature = signP256(hex(privateKey), sha256(Buffer.from(message)))
  expect(signature.r.toString('hex')).toBe(r)
  expect(signature.s.toString('hex')).toBe(lowS(s, orders.p256))
})

test.each(rfc6979Secp256k1)('RFC 6979 secp256k1 `$message`', ({ privateKey, message, r, s }) => {
  const signature = signSecp256k1(hex(privateKey), sha256(Buffer.from(message)))
  expect(signature.r.toString('hex')).toBe(r)
  expect(signature.s.toString('hex')).toBe(s)
})

test.each(rfc8032)('RFC 8032 7.1 $title', ({ privateKey, publicKey, message, signature }) => {
  expect(publicKeyOf('ed25519', hex(privateKey)).toString('hex')).toBe(publicKey)
  expect(signEd25519(hex(privateKey), hex(message)).toString('hex')).toBe(signature)
  const key = present(parsePublicKey('ed25519', hex(publicKey)))
  expect(verifyEd25519(key, hex(message), hex(signature))).toBe(true)
})

describe('a signature', () => {
  const digest32 = fc.uint8Array({ minLength: 32, maxLength: 32 })

  test('on secp256k1 verifies, is low-S, and its recovery id gives the key back', () => {
    fc.assert(
      fc.property(digest32, (digest) => {
        const privateKey = generatePrivateKey('secp256k1')
        const publicKey = publicKeyOf('secp256k1', privateKey)
        const signature = signSecp256k1(privateKey, digest)
        const key = present(parsePublicKey('secp256k1', publicKey))
        expect(verifyEcdsaDigest(key, digest, signature)).toBe(true)
        expect(lowS(signature.s.toString('hex'), orders.secp256k1)).toBe(
          signature.s.toString('hex'),
        )
        const encoded = Buffer.concat([Buffer.of(signature.recovery), signature.r, signature.s])
        const recovered = secp256k1.recoverPublicKey(encoded, digest, { prehash: false })
        expect(Buffer.from(recovered)).toEqual(publicKey)
      }),
    )
  })

  test('on secp256k1 is the same when the public key is given, and none for another key', () => {
    const privateKey = hex('11'.repeat(32))
    const digest = hex('22'.repeat(32))
    const compressed = publicKeyOf('secp256k1', privateKey)
    const signature = signSecp256k1(privateKey, digest)
    expect(signSecp256k1(privateKey, digest, compressed)).toEqual(signature)
    const uncompressed = uncompressPublicKey('secp256k1', compressed)
    expect(signSecp256k1(privateKey, digest, uncompressed)).toEqual(signature)
    const other = publicKeyOf('secp256k1', hex('12'.repeat(32)))
    expect(() => signSecp256k1(privateKey, digest, other)).toThrow('signature self-check failed')
    for (const malformed of [compressed.subarray(1), hex(`02${'ff'.repeat(32)}`)]) {
      expect(() => signSecp256k1(privateKey, digest, malformed)).toThrow(Error)
    }
  })

  test('on P-256 verifies, is low-S, and its recovery id gives the key back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (message) => {
        const privateKey = generatePrivateKey('p256')
        const publicKey = publicKeyOf('p256', privateKey)
        const signature = signP256(privateKey, sha256(message))
        const key = present(parsePublicKey('p256', publicKey))
        expect(verifyP256Message(key, message, signature)).toBe(true)
        expect(lowS(signature.s.toString('hex'), orders.p256)).toBe(signature.s.toString('hex'))
        const encoded = Buffer.concat([Buffer.of(signature.recovery), signature.r, signature.s])
        const recovered = p256.recoverPublicKey(encoded, sha256(message), { prehash: false })
        expect(Buffer.from(recovered)).toEqual(publicKey)
      }),
      { numRuns: 50 },
    )
  })

  test('on Ed25519 verifies', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (message) => {
        const privateKey = generatePrivateKey('ed25519')
        const key = present(parsePublicKey('ed25519', publicKeyOf('ed25519', privateKey)))
        expect(verifyEd25519(key, message, signEd25519(privateKey, message))).toBe(true)
      }),
    )
  })
})

describe('malformed input is refused', () => {
  const digest = new Uint8Array(32)
  const order = (curve: 'secp256k1' | 'p256') => hex(orders[curve].toString(16))
  const bad = [new Uint8Array(32), order('secp256k1'), hex('ff'.repeat(32)), new Uint8Array(31)]

  test.each(bad)('private key %#', (key) => {
    expect(() => signSecp256k1(key, digest)).toThrow('not a private key for secp256k1')
    expect(() => publicKeyOf('secp256k1', key)).toThrow(RangeError)
  })

  test('private keys of P-256 and Ed25519', () => {
    const cases = [new Uint8Array(32), order('p256'), hex('ff'.repeat(32)), new Uint8Array(33)]
    for (const key of cases) {
      expect(() => signP256(key, digest)).toThrow('not a private key for p256')
      expect(() => publicKeyOf('p256', key)).toThrow(RangeError)
    }
    expect(() => signEd25519(new Uint8Array(33), digest)).toThrow(RangeError)
    expect(() => publicKeyOf('ed25519', new Uint8Array(31))).toThrow(RangeError)
  })

  test('the largest private key is taken', () => {
    for (const curve of ['secp256k1', 'p256'] as const) {
      const largest = hex((orders[curve] - 1n).toString(16))
      expect(publicKeyOf(curve, largest).length).toBe(33)
    }
  })

  test.each([0, 31, 33, 64])('a digest of %i bytes', (length) => {
    const key = hex('11'.repeat(32))
    expect(() => signSecp256k1(key, new Uint8Array(length))).toThrow(RangeError)
    expect(() => signP256(key, new Uint8Array(length))).toThrow(RangeError)
  })
})
