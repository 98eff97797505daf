// The secret of a `recovery` seal: 256 bits as 24 words, shown once and stored nowhere.
import { randomBytes } from 'node:crypto'
import { entropyToMnemonic, mnemonicToEntropy } from '@keystead/crypto/node'

/** A new secret of 256 bits, and the 24 words that say it. */
export function newRecoverySecret(): { secret: Buffer; words: string } {
  const secret = randomBytes(32)
  return { secret, words: entropyToMnemonic(secret) }
}

/** The secret that 24 recovery words say, or undefined when they are mistyped. */
export function recoverySecret(words: string): Buffer | undefined {
  const secret = mnemonicToEntropy(words)
  return secret?.length === 32 ? secret : undefined
}
