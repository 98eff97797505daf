// The secret of a `shamir` seal: split into shares (SLIP-0039), each of which can be told from wrong ones.
import { randomBytes } from 'node:crypto'
import {
  combineMnemonics,
  decodeHex,
  parseShare,
  sha256,
  splitToMnemonics,
} from '@keystead/crypto/node'
import { z } from 'zod'
import { encodeFields } from '../../platform/encoding.ts'

const SALT_BYTES = 16

const detailsSchema = z.object({
  threshold: z.int().min(2).max(16),
  salt: z.string().transform((hex) => decodeHex(hex) ?? Buffer.of()),
  /** Salted hashes: a share is 256 random bits, which no hash gives away. */
  shares: z.array(z.string()).max(16),
})

export interface Shares {
  secret: Buffer
  /** 33 words each. */
  mnemonics: string[]
  details: Record<string, unknown>
}

/** A new secret and its shares. @throws RangeError unless 2 ≤ threshold ≤ count ≤ 16 */
export function newShares(sizes: { threshold: number; count: number }): Shares {
  const secret = randomBytes(32)
  const mnemonics = splitToMnemonics(secret, sizes)
  const salt = randomBytes(SALT_BYTES)
  const shares = mnemonics.map((words) => hashShare(words, salt))
  const details = { threshold: sizes.threshold, salt: salt.toString('hex'), shares }
  return { secret, mnemonics, details }
}

/** One share of a seal, among those that its details tell of. */
export interface KnownShare {
  /** Counted from 0. */
  index: number
  /** How many the seal needs. */
  threshold: number
}

/** Which of a seal's shares the words are, or undefined when they are none of them. */
export function findShare(words: string, details: Record<string, unknown>): KnownShare | undefined {
  const parsed = detailsSchema.safeParse(details)
  if (!parsed.success) return undefined
  const index = parsed.data.shares.indexOf(hashShare(words, parsed.data.salt))
  return index === -1 ? undefined : { index, threshold: parsed.data.threshold }
}

/** Whether the words are a share, of whatever seal. */
export function isShare(words: string): boolean {
  return parseShare(words) !== undefined
}

/** The secret of as many different shares as the threshold says, or undefined. */
export function joinShares(mnemonics: readonly string[]): Buffer | undefined {
  return combineMnemonics(mnemonics, '')
}

/** Of what the words say, however they are typed. */
function hashShare(words: string, salt: Buffer): string {
  const share = parseShare(words)
  if (share === undefined) return ''
  const { identifier, memberIndex, value } = share
  const fields = encodeFields(['keystead.share', salt, identifier, memberIndex, value])
  return sha256(fields).toString('hex')
}
