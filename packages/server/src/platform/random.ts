// Random bytes in small pieces, from a pool that one system call refills.
import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(8192)
let used = pool.length

/** `length` random bytes of their own, at most 64. For ids and salts; keys come from `randomBytes`. */
export function fewRandomBytes(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + length))
  // What was given out must not be read from the pool again.
  pool.fill(0, used, used + length)
  used += length
  return bytes
}
