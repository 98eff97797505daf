// BIP-39 mnemonics in English: made, checked, and turned into seeds.
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { entropyToMnemonic as toWords, mnemonicToEntropy as fromWords } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'

/** How many words a mnemonic may have. */
export type MnemonicLength = 12 | 15 | 18 | 21 | 24

/** A new random mnemonic; 12 words carry 128 bits, each three more words another 32. */
export function generateMnemonic(words: MnemonicLength): string {
  return entropyToMnemonic(randomBytes((words / 3) * 4))
}

/**
 * The words for given entropy, in lower case with single spaces (BIP-39, Generating the mnemonic).
 *
 * @param entropy - 16, 20, 24, 28 or 32 bytes
 * @throws Error for any other length
 */
export function entropyToMnemonic(entropy: Uint8Array): string {
  return toWords(entropy, wordlist)
}

/**
 * Reads a mnemonic a person typed: case and white space do not matter. {@link mnemonicToSeed} does
 * not forgive this way, so give it the words of {@link entropyToMnemonic} of the result.
 *
 * @returns undefined when a word, the number of words or the checksum is wrong
 */
export function mnemonicToEntropy(words: string): Buffer | undefined {
  const normalized = words.normalize('NFKD').toLowerCase().trim().replaceAll(/\s+/g, ' ')
  try {
    return Buffer.from(fromWords(normalized, wordlist))
  } catch {
    return undefined
  }
}

/**
 * The 64-byte seed of a mnemonic (BIP-39, From mnemonic to seed): PBKDF2-HMAC-SHA-512, 2048 rounds,
 * about a millisecond. The words are used as given: nothing is checked or tidied but Unicode NFKD.
 */
export function mnemonicToSeed(mnemonic: string, passphrase: string): Buffer {
  const salt = `mnemonic${passphrase}`.normalize('NFKD')
  return pbkdf2Sync(mnemonic.normalize('NFKD'), salt, 2048, 64, 'sha512')
}
