// Key trees against BIP-32 and SLIP-0010, and against an independent implementation.
import { randomBytes, randomInt } from 'node:crypto'
import { createBase58check } from '@scure/base'
import { HDKey } from '@scure/bip32'
import { describe, expect, test } from 'vitest'
import {
  type Curve,
  derivePrivateKey,
  parsePath,
  parsePublicKey,
  publicKeyOf,
  sha256,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Bip32 = { vector: number; seed: string; path: string; xprv: string; privateKey: string }
type InvalidBip32 = { extendedKey: string; reason: string }
type Slip10 = {
  title: string
  curve: 'secp256k1' | 'nist256p1' | 'ed25519'
  seed: string
  path: string
  privateKey: string
  publicKey: string
}

const bip32 = loadVectors<Bip32[]>('bip32.json')
const invalidBip32 = loadVectors<InvalidBip32[]>('bip32-invalid.json')
const slip10 = loadVectors<Slip10[]>('slip10.json')
const base58check = createBase58check(sha256)
const curves = { secp256k1: 'secp256k1', nist256p1: 'p256', ed25519: 'ed25519' } as const

function derive(curve: Curve, seed: string, path: string): string {
  return derivePrivateKey(curve, hex(seed), present(parsePath(path))).toString('hex')
}

describe('BIP-32 test vectors 1 to 4', () => {
  test('are all here', () => {
    expect(bip32.length).toBe(17)
    expect(new Set(bip32.map((row) => row.vector)).size).toBe(4)
  })

  test.each(bip32)('vector $vector $path', ({ seed, path, privateKey, xprv }) => {
    expect(derive('secp256k1', seed, path)).toBe(privateKey)
    expect(present(HDKey.fromExtendedKey(xprv).privateKey ?? undefined)).toEqual(
      Uint8Array.from(hex(privateKey)),
    )
  })
})

// No operation reads extended keys: what they hold is refused by us, the rest by a library that does.
describe('BIP-32 test vector 5', () => {
  test('is all here', () => {
    expect(invalidBip32.length).toBe(16)
  })

  test.each(invalidBip32)('$reason', ({ extendedKey }) => {
    expect(() => HDKey.fromExtendedKey(extendedKey)).toThrow(Error)
  })

  const keyFields = (pattern: RegExp) =>
    invalidBip32
      .filter(({ reason }) => pattern.test(reason))
      .map(({ reason, extendedKey }) => ({
        reason,
        key: Buffer.from(base58check.decode(extendedKey).subarray(-33)),
      }))
  const publicKeys = keyFields(/^(?:pubkey version|invalid pubkey)/)
  const privateKeys = keyFields(/^private key/)

  test('has six keys that are invalid by themselves', () => {
    expect([publicKeys.length, privateKeys.length]).toEqual([4, 2])
  })

  test.each(publicKeys)('the public key is refused: $reason', ({ key }) => {
    expect(parsePublicKey('secp256k1', key)).toBeUndefined()
  })

  test.each(privateKeys)('the private key is refused: $reason', ({ key }) => {
    expect(() => publicKeyOf('secp256k1', key.subarray(1))).toThrow(RangeError)
  })
})

describe('SLIP-0010 test vectors', () => {
  test('are all here, both retry rules included', () => {
    const count = (curve: string) => slip10.filter((row) => row.curve === curve).length
    expect([count('secp256k1'), count('nist256p1'), count('ed25519')]).toEqual([12, 16, 12])
    expect(slip10.filter((row) => row.title.includes('retry')).length).toBe(4)
  })

  test.each(slip10)('$title $curve $path', ({ curve, seed, path, privateKey, publicKey }) => {
    expect(derive(curves[curve], seed, path)).toBe(privateKey)
    const prefix = curve === 'ed25519' ? '00' : ''
    const derived = publicKeyOf(curves[curve], hex(privateKey)).toString('hex')
    expect(prefix + derived).toBe(publicKey)
  })
})

test('ed25519 takes every step as hardened', () => {
  const seed = '000102030405060708090a0b0c0d0e0f'
  expect(derive('ed25519', seed, "m/44'/501'/0/1")).toBe(
    derive('ed25519', seed, "m/44'/501'/0'/1'"),
  )
  expect(derive('secp256k1', seed, 'm/0')).not.toBe(derive('secp256k1', seed, "m/0'"))
  expect(derive('p256', seed, 'm/0')).not.toBe(derive('p256', seed, "m/0'"))
})

test('agrees with @scure/bip32 on 100 random seeds and paths', () => {
  for (let run = 0; run < 100; run += 1) {
    const seed = randomBytes(randomInt(16, 65))
    const steps = Array.from({ length: randomInt(0, 6) }, () => {
      return `/${randomInt(0, 2 ** 31)}${randomInt(0, 2) === 1 ? "'" : ''}`
    })
    const path = `m${steps.join('')}`
    const expected = HDKey.fromMasterSeed(seed).derive(path).privateKey
    const actual = derivePrivateKey('secp256k1', seed, present(parsePath(path)))
    expect(actual.toString('hex'), `seed ${seed.toString('hex')} path ${path}`).toBe(
      Buffer.from(present(expected ?? undefined)).toString('hex'),
    )
  }
})

describe('derivePrivateKey refuses', () => {
  test.each([0, 15, 65])('a seed of %i bytes', (length) => {
    expect(() => derivePrivateKey('secp256k1', new Uint8Array(length), [])).toThrow(RangeError)
  })

  test.each([-1, 0.5, 2 ** 32, Number.NaN])('the step %d', (step) => {
    for (const curve of ['secp256k1', 'p256', 'ed25519'] as const) {
      expect(() => derivePrivateKey(curve, new Uint8Array(16), [step])).toThrow(RangeError)
    }
  })
})

describe('parsePath', () => {
  test('reads plain and hardened steps', () => {
    expect(parsePath('m')).toEqual([])
    expect(parsePath("m/44'/60h/0/2147483647'")).toEqual([
      2 ** 31 + 44,
      2 ** 31 + 60,
      0,
      2 ** 32 - 1,
    ])
    expect(parsePath(`m${'/0'.repeat(10)}`)).toEqual(Array(10).fill(0))
  })

  test.each([
    '',
    'M',
    '/',
    'm/',
    'm//0',
    'm/0/',
    '44/0',
    "m/'",
    'm/00',
    'm/01',
    'm/-1',
    'm/+1',
    'm/1e3',
    'm/0x1',
    'm/1.0',
    'm/ 1',
    'm/0\n',
    "m/0''",
    'm/0H',
    'm/2147483648',
    "m/2147483648'",
    'm/99999999999',
    'm/\u0661',
    `m${'/0'.repeat(11)}`,
    `m${'/0'.repeat(12)}`,
  ])('refuses %j', (path) => {
    expect(parsePath(path)).toBeUndefined()
  })
})
