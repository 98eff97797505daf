// Address formats against EIP-55 and the addresses of the public development mnemonic.
import { describe, expect, test } from 'vitest'
import { withEthereumChecksum } from '../src/node/address/ethereum.ts'
import {
  type AddressFormat,
  addressFormats,
  type Curve,
  derivePrivateKey,
  encodeAddress,
  mnemonicToSeed,
  parsePath,
  publicKeyOf,
  uncompressPublicKey,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Vector = {
  mnemonic: string
  path: string
  curve: Curve
  format: AddressFormat
  address: string
}

type Sep5 = { test: number; mnemonic: string; passphrase: string; path: string; address: string }

const sep5 = loadVectors<Sep5[]>('stellar-sep5.json')
const eip55 = loadVectors<string[]>('eip55.json')
const wallets = loadVectors<Vector[]>('wallet-addresses.json')
const keys: Readonly<Record<Curve, Buffer>> = {
  secp256k1: publicKeyOf('secp256k1', hex('11'.repeat(32))),
  p256: publicKeyOf('p256', hex('11'.repeat(32))),
  ed25519: publicKeyOf('ed25519', hex('11'.repeat(32))),
}

test('the vectors are all here', () => {
  expect([eip55.length, wallets.length, sep5.length]).toEqual([8, 9, 50])
  expect(sep5.filter(({ passphrase }) => passphrase !== '').length).toBe(10)
})

test.each(eip55)('EIP-55 %s', (address) => {
  expect(withEthereumChecksum(address.slice(2).toLowerCase())).toBe(address)
})

test.each(sep5)('SEP-0005 test $test $path', ({ mnemonic, passphrase, path, address }) => {
  const seed = mnemonicToSeed(mnemonic, passphrase)
  const privateKey = derivePrivateKey('ed25519', seed, present(parsePath(path)))
  expect(encodeAddress('xlm', 'ed25519', publicKeyOf('ed25519', privateKey))).toBe(address)
})

test.each(wallets)('$format $path', ({ mnemonic, path, curve, format, address }) => {
  const seed = mnemonicToSeed(mnemonic, '')
  const privateKey = derivePrivateKey(curve, seed, present(parsePath(path)))
  expect(encodeAddress(format, curve, publicKeyOf(curve, privateKey))).toBe(address)
})

test('the Ethereum address of the key 0x11…11', () => {
  expect(encodeAddress('ethereum', 'secp256k1', keys.secp256k1)).toBe(
    '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
  )
})

describe('every format takes the curves of its row and refuses the others', () => {
  const lengths: Readonly<Partial<Record<AddressFormat, Partial<Record<Curve, number>>>>> = {
    compressed: { secp256k1: 66, p256: 66, ed25519: 64 },
    uncompressed: { secp256k1: 130, p256: 130 },
    ethereum: { secp256k1: 42 },
    cosmos: { secp256k1: 45 },
    solana: { ed25519: 44 },
    tron: { secp256k1: 34 },
    sui: { ed25519: 66 },
    aptos: { ed25519: 66 },
    sei: { secp256k1: 42, ed25519: 42 },
    xlm: { ed25519: 56 },
    ton_v3r2: { ed25519: 48 },
    ton_v4r2: { ed25519: 48 },
    ton_v5r1: { ed25519: 48 },
    xrp: { secp256k1: 34 },
  }
  // Those of Bitcoin have a test of their own.
  const formats = Object.keys(lengths) as AddressFormat[]
  const pairs = formats.flatMap((format) =>
    (Object.keys(keys) as Curve[]).map((curve) => ({ format, curve })),
  )

  test('14 rows are tested here', () => {
    expect(pairs.length).toBe(14 * 3)
  })

  test.each(pairs)('$format $curve', ({ format, curve }) => {
    const length = lengths[format]?.[curve]
    expect(addressFormats[format].curves.includes(curve)).toBe(length !== undefined)
    const encode = () => encodeAddress(format, curve, keys[curve])
    expect(outcome(() => encode().length)).toBe(
      length ?? `address format ${format} does not take ${curve} keys`,
    )
  })
})

test('the table has no prototype', () => {
  expect(Object.getPrototypeOf(addressFormats)).toBeNull()
  expect('constructor' in addressFormats).toBe(false)
  expect(Object.isFrozen(addressFormats)).toBe(true)
})

test('keys of the wrong length or off the curve are refused', () => {
  expect(() => encodeAddress('compressed', 'secp256k1', keys.ed25519)).toThrow('not a compressed')
  expect(() => encodeAddress('solana', 'ed25519', keys.secp256k1)).toThrow('not a compressed')
  const offCurve = hex(`02${'ff'.repeat(32)}`)
  expect(() => encodeAddress('ethereum', 'secp256k1', offCurve)).toThrow('could not be parsed')
  expect(() => encodeAddress('uncompressed', 'p256', offCurve)).toThrow('convert Buffer')
  expect(() => uncompressPublicKey('ed25519', keys.ed25519)).toThrow('no uncompressed form')
})

function outcome<T>(run: () => T): T | string {
  try {
    return run()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
