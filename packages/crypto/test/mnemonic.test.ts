// BIP-39 against the reference vectors, and the forgiveness shown to typed words.
import { describe, expect, test } from 'vitest'
import {
  entropyToMnemonic,
  generateMnemonic,
  type MnemonicLanguage,
  mnemonicLanguages,
  mnemonicToEntropy,
  mnemonicToSeed,
  parseMnemonic,
  sha256,
} from '../src/node/index.ts'
import { hex, loadVectors, present } from './vectors.ts'

type Vector = { entropy: string; mnemonic: string; seed: string; xprv: string }
type LanguageVector = Omit<Vector, 'xprv'> & { language: MnemonicLanguage; passphrase: string }

const vectors = loadVectors<Vector[]>('bip39.json')
const japanese = loadVectors<LanguageVector[]>('bip39-japanese.json')
const others = loadVectors<LanguageVector[]>('bip39-languages.json')
const wordlists =
  loadVectors<{ language: MnemonicLanguage; sha256: string }[]>('bip39-wordlists.json')
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

describe('other languages', () => {
  const rows = [
    ...japanese.map((row) => ({ ...row, language: 'japanese' as const })),
    ...others.map((row) => ({ ...row, passphrase: 'TREZOR' })),
  ]

  test('the vectors are all here: 24 in Japanese, 2 in each further language', () => {
    expect([japanese.length, others.length]).toEqual([24, 16])
    const seen = [...rows.map(({ language }) => language), 'english']
    expect(new Set(seen)).toEqual(new Set(mnemonicLanguages))
  })

  test.each(rows)('$language $entropy', ({ language, entropy, mnemonic, passphrase, seed }) => {
    const words = entropyToMnemonic(hex(entropy), language)
    expect(words).toBe(mnemonic.normalize('NFKD'))
    expect(parseMnemonic(mnemonic)).toMatchObject({ words })
    expect(mnemonicToSeed(mnemonic, passphrase)).toEqual(hex(seed))
    expect(mnemonicToSeed(words, passphrase)).toEqual(hex(seed))
  })

  test.each(rows)('$language is found out, whichever way its letters are written', (row) => {
    const expected = { language: row.language, entropy: hex(row.entropy) }
    for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) {
      const typed = `\n ${row.mnemonic.normalize(form).toUpperCase().replaceAll(/\s/g, ' \u3000')}`
      expect(parseMnemonic(typed)).toMatchObject(expected)
    }
  })

  test.each(wordlists)('the words of $language are those published', ({ language, ...list }) => {
    const words = Array.from({ length: 2048 }, (_, index) => {
      const entropy = Buffer.alloc(16)
      entropy.writeUInt16BE(index << 5)
      return entropyToMnemonic(entropy, language).split(' ')[0] ?? ''
    })
    expect(sha256(Buffer.from(`${words.join('\n')}\n`)).toString('hex')).toBe(list.sha256)
  })

  test('all ten lists are compared', () => {
    expect(wordlists.map(({ language }) => language)).toEqual(mnemonicLanguages)
  })

  test('words of two lists are read as the first, and their seed does not depend on it', () => {
    const shared = 'wagon amateur '.repeat(6).trim()
    const inFrench = hex('ff2163fc858ff2163fc858ff2163fc85')
    expect(entropyToMnemonic(inFrench, 'french')).toBe(shared)
    expect(parseMnemonic(shared)).toEqual({
      words: shared,
      language: 'english',
      entropy: hex('f640f7d903df640f7d903df640f7d903'),
    })
  })

  test('words of different languages are no mnemonic', () => {
    const [first, second] = [present(others[0]), present(others[2])]
    const mixed = [...first.mnemonic.split(' ').slice(0, 6), ...second.mnemonic.split(' ').slice(6)]
    expect(mixed.length).toBe(12)
    expect(parseMnemonic(mixed.join(' '))).toBeUndefined()
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
    expect(parseMnemonic(text)).toBeUndefined()
  })

  test('wants English, as parseMnemonic does not', () => {
    const spanish = present(others.find(({ language }) => language === 'spanish'))
    expect(parseMnemonic(spanish.mnemonic)).toBeDefined()
    expect(mnemonicToEntropy(spanish.mnemonic)).toBeUndefined()
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
