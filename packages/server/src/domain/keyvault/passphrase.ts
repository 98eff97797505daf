// The secret of a `passphrase` seal: Argon2id (RFC 9106) of what a person types.
import { randomBytes } from 'node:crypto'
import { hashRaw } from '@node-rs/argon2'
import { decodeHex } from '@keystead/crypto/node'
import { z } from 'zod'

export const PASSPHRASE_CHARACTERS_MIN = 15
const PASSPHRASE_CHARACTERS_MAX = 1024
const SALT_BYTES = 16
/** The library's name for it is a constant that only its own compiler sees. */
const ARGON2ID = 2

/** RFC 9106 section 4, the second recommendation. */
const COST = { memoryKib: 64 * 1024, passes: 3, lanes: 4 }

/** SECURITY: read from the database before anything proves it unchanged, hence the bounds. */
const detailsSchema = z.object({
  salt: z.string().transform((hex) => decodeHex(hex) ?? Buffer.of()),
  memoryKib: z
    .int()
    .min(8)
    .max(1024 * 1024),
  passes: z.int().min(1).max(16),
  lanes: z.int().min(1).max(16),
})

/** How a passphrase is stretched: with a salt of the seal's own. */
export function newPassphraseDetails(): Record<string, unknown> {
  return { salt: randomBytes(SALT_BYTES).toString('hex'), ...COST }
}

/**
 * The secret that a passphrase gives with the seal's details; takes 64 MB and about 0.1 s.
 * @returns undefined when it is longer than any passphrase may be, or the details are none
 */
export async function stretchPassphrase(
  passphrase: string,
  details: Record<string, unknown>,
): Promise<Buffer | undefined> {
  const parsed = detailsSchema.safeParse(details)
  if (!parsed.success || passphrase.length > PASSPHRASE_CHARACTERS_MAX) return undefined
  const { salt, memoryKib, passes, lanes } = parsed.data
  if (salt.length !== SALT_BYTES) return undefined
  return hashRaw(passphrase.normalize('NFKC'), {
    algorithm: ARGON2ID,
    memoryCost: memoryKib,
    timeCost: passes,
    parallelism: lanes,
    outputLen: 32,
    salt,
  })
}
