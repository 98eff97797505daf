// How often a test repeats itself: the counts of tests/rounds.json.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Rounds = Record<string, { short: number; long: number }>

const file = join(import.meta.dirname, '..', 'rounds.json')
const all = JSON.parse(readFileSync(file, 'utf8')) as Rounds

/** The count for `name`, short or long as the run is; prints which. */
export function rounds(name: string): number {
  const counts = all[name]
  if (!counts) throw new Error(`tests/rounds.json has no \`${name}\``)
  const length = process.env['KEYSTEAD_TEST_LONG'] === '1' ? 'long' : 'short'
  console.log(`rounds: ${name}: ${counts[length]} (${length})`)
  return counts[length]
}

/** A test that comes after the deadline still shows something. */
const SHARE_MS_MIN = 5000

/**
 * Whether there is time for more, of a share of what is left now until `KEYSTEAD_TEST_DEADLINE`
 * (milliseconds since 1970; without it there always is).
 * @param parts how many tests, this one included, still share the time
 */
export function timeShare(parts: number): () => boolean {
  const deadline = process.env['KEYSTEAD_TEST_DEADLINE']
  if (deadline === undefined) return () => true
  const shareMs = (Number(deadline) - Date.now()) / parts
  const endMs = Date.now() + Math.max(shareMs, SHARE_MS_MIN)
  return () => Date.now() < endMs
}
