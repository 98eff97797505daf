// Random choices that a failed test can repeat: the seed is printed, and can be given.
import { randomInt } from 'node:crypto'

export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number
}

/** @param name what the choices are for; `KEYSTEAD_TEST_SEED` repeats a run */
export function seeded(name: string): Random {
  const given = process.env['KEYSTEAD_TEST_SEED']
  const seed = given === undefined ? randomInt(2 ** 32) : Number(given)
  console.log(`seed: ${name}: KEYSTEAD_TEST_SEED=${seed}`)
  let state = seed >>> 0
  return {
    below(below) {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below
    },
  }
}
