// BIP-39 mnemonics in every published language: made, checked, and turned into seeds.
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { entropyToMnemonic as toWords, mnemonicToEntropy as fromWords } from '@scure/bip39'
import { wordlist as czech } from '@scure/bip39/wordlists/czech.js'
import { wordlist as english } from '@scure/bip39/wordlists/english.js'
import { wordlist as french } from '@scure/bip39/wordlists/french.js'
import { wordlist as italian } from '@scure/bip39/wordlists/italian.js'
import { wordlist as japanese } from '@scure/bip39/wordlists/japanese.js'
import { wordlist as korean } from '@scure/bip39/wordlists/korean.js'
import { wordlist as portuguese } from '@scure/bip39/wordlists/portuguese.js'
import { wordlist as simplifiedChinese } from '@scure/bip39/wordlists/simplified-chinese.js'
import { wordlist as spanish } from '@scure/bip39/wordlists/spanish.js'
import { wordlist as traditionalChinese } from '@scure/bip39/wordlists/traditional-chinese.js'

/** How many words a mnemonic may have. */
export type MnemonicLength = 12 | 15 | 18 | 21 | 24

/** A language that BIP-39 publishes a word list of. */
export type MnemonicLanguage = keyof typeof wordlists

/** A mnemonic that was read. `words` are what {@link mnemonicToSeed} takes. */
export type Mnemonic = Readonly<{ words: string; language: MnemonicLanguage; entropy: Buffer }>

// The order decides what is said of words that two lists share.
const wordlists = {
  english,
  simplified_chinese: simplifiedChinese,
  traditional_chinese: traditionalChinese,
  czech,
  french,
  italian,
  japanese,
  korean,
  portuguese,
  spanish,
} as const

/** All of them. */
export const mnemonicLanguages = Object.keys(wordlists) as readonly MnemonicLanguage[]

const LENGTHS: readonly number[] = [12, 15, 18, 21, 24] satisfies MnemonicLength[]

/** A new random mnemonic in English; 12 words carry 128 bits, each three more words another 32. */
export function generateMnemonic(words: MnemonicLength): string {
  return entropyToMnemonic(randomBytes((words / 3) * 4))
}

/**
 * The words for given entropy, in Unicode NFKD, in lower case, with single spaces (BIP-39, Generating
 * the mnemonic). The seed is made of the words: of the same entropy each language has another.
 *
 * @param entropy - 16, 20, 24, 28 or 32 bytes
 * @throws Error for any other length
 */
export function entropyToMnemonic(
  entropy: Uint8Array,
  language: MnemonicLanguage = 'english',
): string {
  return toWords(entropy, wordlists[language]).normalize('NFKD')
}

/**
 * Reads a mnemonic a person typed, in any language: case, white space and Unicode's ways to write a
 * letter do not matter. Of words that are valid in two languages the first is named: their seed is
 * the same, but not their entropy.
 *
 * @param languages - those to try; by default all
 * @returns undefined when a word, the number of words or the checksum is wrong
 */
export function parseMnemonic(
  text: string,
  languages: readonly MnemonicLanguage[] = mnemonicLanguages,
): Mnemonic | undefined {
  const words = tidy(text)
  if (words === undefined) return undefined
  for (const language of languages) {
    const entropy = entropyOf(words, language)
    if (entropy !== undefined) return { words, language, entropy }
  }
  return undefined
}

/**
 * The entropy of a mnemonic in English that a person typed, as {@link parseMnemonic} reads it.
 *
 * @returns undefined when a word, the number of words or the checksum is wrong
 */
export function mnemonicToEntropy(text: string): Buffer | undefined {
  const words = tidy(text)
  return words === undefined ? undefined : entropyOf(words, 'english')
}

/**
 * The 64-byte seed of a mnemonic (BIP-39, From mnemonic to seed): PBKDF2-HMAC-SHA-512, 2048 rounds,
 * about a millisecond. The words are used as given: nothing is checked or tidied but Unicode NFKD.
 */
export function mnemonicToSeed(mnemonic: string, passphrase: string): Buffer {
  const salt = `mnemonic${passphrase}`.normalize('NFKD')
  return pbkdf2Sync(mnemonic.normalize('NFKD'), salt, 2048, 64, 'sha512')
}

function tidy(text: string): string | undefined {
  const words = text.normalize('NFKD').toLowerCase().split(/\s+/).filter(Boolean)
  return LENGTHS.includes(words.length) ? words.join(' ') : undefined
}

function entropyOf(words: string, language: MnemonicLanguage): Buffer | undefined {
  try {
    return Buffer.from(fromWords(words, wordlists[language]))
  } catch {
    return undefined
  }
}
