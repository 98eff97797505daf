// Public keys and verification at the edges: what is refused, and that nothing throws.
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Curve,
  type EcdsaSignature,
  parsePublicKey,
  publicKeyOf,
  sha256,
  signEd25519,
  signP256,
  signSecp256k1,
  uncompressPublicKey,
  type VerifyKey,
  verifyEcdsaDigest,
  verifyEd25519,
  verifyP256Message,
} from '../src/node/index.ts'
import { hex, present } from './vectors.ts'

const privateKey = hex('11'.repeat(32))
const message = Buffer.from('a message')
const digest = sha256(message)
const curves: readonly Curve[] = ['secp256k1', 'p256', 'ed25519']
const orders = { secp256k1: secp256k1.Point.Fn.ORDER, p256: p256.Point.Fn.ORDER }

function keyOf(curve: Curve): VerifyKey {
  return present(parsePublicKey(curve, publicKeyOf(curve, privateKey)))
}

function bytes32(value: bigint): Buffer {
  return hex(value.toString(16).padStart(64, '0'))
}

const ecdsa = {
  secp256k1: {
    signature: signSecp256k1(privateKey, digest),
    isValid: (signature: EcdsaSignature) =>
      verifyEcdsaDigest(keyOf('secp256k1'), digest, signature),
  },
  p256: {
    signature: signP256(privateKey, digest),
    isValid: (signature: EcdsaSignature) => verifyP256Message(keyOf('p256'), message, signature),
  },
} as const

describe('parsePublicKey', () => {
  test.each(['secp256k1', 'p256'] as const)('%s: both forms give the same key', (curve) => {
    const compressed = publicKeyOf(curve, privateKey)
    const uncompressed = uncompressPublicKey(curve, compressed)
    expect(uncompressed.length).toBe(65)
    expect(parsePublicKey(curve, uncompressed)?.compressed).toEqual(compressed)
    expect(parsePublicKey(curve, Uint8Array.from(compressed))?.compressed).toEqual(compressed)
  })

  test.each(['secp256k1', 'p256'] as const)('%s: refuses what is not a point', (curve) => {
    const uncompressed = uncompressPublicKey(curve, publicKeyOf(curve, privateKey))
    const parity = uncompressed.readUInt8(64) & 1
    const hybrid = Buffer.concat([Buffer.of(6 + parity), uncompressed.subarray(1)])
    const offCurve = Buffer.from(uncompressed)
    offCurve.writeUInt8(offCurve.readUInt8(64) ^ 1, 64)
    const refused = [
      hybrid,
      offCurve,
      Buffer.of(0),
      uncompressed.subarray(0, 64),
      uncompressed.subarray(0, 33),
      uncompressed.subarray(1, 33),
      hex(`02${'ff'.repeat(32)}`),
      hex(`04${'00'.repeat(64)}`),
      new Uint8Array(),
    ]
    for (const bytes of refused) expect(parsePublicKey(curve, bytes)).toBeUndefined()
  })

  test('ed25519: refuses every canonical small-order point', () => {
    const torsion = ed25519.Point.fromHex(
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    )
    const encodings = new Set<string>()
    let point = torsion
    for (let step = 0; step < 8; step += 1) {
      encodings.add(point.toHex())
      point = point.add(torsion)
    }
    expect(encodings.size).toBe(8)
    for (const encoding of encodings) {
      expect(parsePublicKey('ed25519', hex(encoding))).toBeUndefined()
    }
  })

  test.each([
    ['not on the curve', `02${'00'.repeat(31)}`],
    ['y = p + 1, another spelling of 1', `ee${'ff'.repeat(30)}7f`],
    ['y = 1 with the sign bit, a spelling of no point', `01${'00'.repeat(30)}80`],
    ['31 bytes', '11'.repeat(31)],
    ['33 bytes', '11'.repeat(33)],
  ])('ed25519: refuses %s', (_name, encoding) => {
    expect(parsePublicKey('ed25519', hex(encoding))).toBeUndefined()
  })

  test('keeps its own copy of the bytes', () => {
    for (const curve of curves) {
      const bytes = publicKeyOf(curve, privateKey)
      const key = present(parsePublicKey(curve, bytes))
      const before = key.compressed.toString('hex')
      bytes.fill(0)
      expect(key.compressed.toString('hex')).toBe(before)
    }
  })
})

describe.each(['secp256k1', 'p256'] as const)('ECDSA on %s', (curve) => {
  const { signature, isValid } = ecdsa[curve]
  const order = orders[curve]
  const { r, s } = signature
  const highS = bytes32(order - BigInt(`0x${s.toString('hex')}`))

  test('accepts low and high S, and leaves its input as it was', () => {
    const copy = Buffer.from(highS)
    expect(isValid(signature)).toBe(true)
    expect(isValid({ r, s: highS })).toBe(true)
    expect(highS).toEqual(copy)
  })

  test('refuses r and s that are 0, n, above n, or of another length', () => {
    const bad = [bytes32(0n), bytes32(order), bytes32(order + 1n), hex('ff'.repeat(32))]
    bad.push(r.subarray(1), Buffer.concat([Buffer.of(0), r]), Buffer.alloc(0))
    for (const value of bad) {
      expect(isValid({ r: value, s })).toBe(false)
      expect(isValid({ r, s: value })).toBe(false)
      expect(isValid({ r: value, s: value })).toBe(false)
    }
  })

  test('refuses any changed bit', () => {
    for (let bit = 0; bit < 256; bit += 1) {
      expect(isValid({ r: flipBit(r, bit), s })).toBe(false)
      expect(isValid({ r, s: flipBit(s, bit) })).toBe(false)
    }
  })
})

test('Ed25519 refuses any changed bit, other lengths, and S + L', () => {
  const key = keyOf('ed25519')
  const signature = signEd25519(privateKey, message)
  expect(verifyEd25519(key, message, signature)).toBe(true)
  for (let bit = 0; bit < 512; bit += 1) {
    expect(verifyEd25519(key, message, flipBit(signature, bit))).toBe(false)
  }
  const order = ed25519.Point.Fn.ORDER
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`)
  const malleated = Buffer.concat([signature.subarray(0, 32), bytes32(s + order).reverse()])
  expect(verifyEd25519(key, message, malleated)).toBe(false)
  expect(verifyEd25519(key, message, signature.subarray(0, 63))).toBe(false)
  expect(verifyEd25519(key, message, Buffer.concat([signature, Buffer.of(0)]))).toBe(false)
})

test('a key of another curve verifies nothing', () => {
  const signature = signEd25519(privateKey, message)
  expect(verifyEcdsaDigest(keyOf('p256'), digest, ecdsa.p256.signature)).toBe(false)
  expect(verifyEcdsaDigest(keyOf('ed25519'), digest, ecdsa.secp256k1.signature)).toBe(false)
  expect(verifyP256Message(keyOf('secp256k1'), message, ecdsa.secp256k1.signature)).toBe(false)
  expect(verifyP256Message(keyOf('ed25519'), message, ecdsa.p256.signature)).toBe(false)
  expect(verifyEd25519(keyOf('p256'), message, signature)).toBe(false)
  expect(verifyEd25519(keyOf('secp256k1'), message, signature)).toBe(false)
})

test('nothing throws on random bytes, and nothing random is valid', () => {
  const any = fc.uint8Array({ maxLength: 70 })
  const sized = fc.oneof(
    any,
    ...[32, 33, 64, 65].map((length) => fc.uint8Array({ minLength: length, maxLength: length })),
  )
  fc.assert(
    fc.property(fc.tuple(fc.constantFrom(...curves), sized, sized, sized), (input) => {
      const [curve, first, second, third] = input
      const random = parsePublicKey(curve, first)
      for (const key of [keyOf(curve), ...(random === undefined ? [] : [random])]) {
        const signature = { r: Buffer.from(second), s: Buffer.from(third) }
        expect(verifyEcdsaDigest(key, first, signature)).toBe(false)
        expect(verifyP256Message(key, first, signature)).toBe(false)
        expect(verifyEd25519(key, first, second)).toBe(false)
      }
    }),
    { numRuns: 1000 },
  )
})

function flipBit(value: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(value)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}
