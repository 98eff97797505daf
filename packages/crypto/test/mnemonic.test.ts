// BIP-39 against the reference vectors, and the forgiveness shown to typed words.
import { describe, expect, test } from 'vitest'
import {
  entropyToMnemonic,
  generateMnemonic,
  mnemonicToEntropy,
  mnemonicToSeed,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Vector = { entropy: string; mnemonic: string; seed: string; xprv: string }
const vectors = loadVectors<Vector[]>('bip39.json')
const lengths = [12, 15, 18, 21, 24] as const

describe('BIP-39 reference vectors', () => {
  test('are all here', () => {
    expect(vectors.length).toBe(24)
  })

  test.each(vectors)('$entropy', ({ entropy, mnemonic, seed }) => {
    expect(entropyToMnemonic(hex(entropy))).toBe(mnemonic)
    expect(mnemonicToEntropy(mnemonic)).toEqual(hex(entropy))
    expect(mnemonicToSeed(mnemonic, 'TREZOR')).toEqual(hex(seed))
  })
})

describe('mnemonicToEntropy', () => {
  const words = present(vectors[1]).mnemonic
  const entropy = hex(present(vectors[1]).entropy)

  test('does not mind case and white space', () => {
    expect(mnemonicToEntropy(`  ${words.toUpperCase().replaceAll(' ', '\t\n ')}\r\n`)).toEqual(
      entropy,
    )
  })

  test.each([
    ['a word not in the list', words.replace('legal', 'legale')],
    ['a wrong checksum', words.replace('legal', 'abandon')],
    ['eleven words', words.split(' ').slice(1).join(' ')],
    ['nothing', ''],
    ['a million characters', 'a'.repeat(1_000_000)],
  ])('refuses %s', (_name, text) => {
    expect(mnemonicToEntropy(text)).toBeUndefined()
  })
})

describe('generateMnemonic', () => {
  test.each(lengths)('%i words are valid and new each time', (length) => {
    const first = generateMnemonic(length)
    expect(first.split(' ').length).toBe(length)
    expect(present(mnemonicToEntropy(first)).length).toBe((length / 3) * 4)
    expect(generateMnemonic(length)).not.toBe(first)
  })

  test('entropy of another length is refused', () => {
    expect(() => entropyToMnemonic(new Uint8Array(15))).toThrow('entropy')
  })
})

test('mnemonicToSeed takes equal Unicode spellings of a passphrase as one (NFKD)', () => {
  const words = present(vectors[0]).mnemonic
  expect(mnemonicToSeed(words, '\u00e9')).toEqual(mnemonicToSeed(words, 'e\u0301'))
})
