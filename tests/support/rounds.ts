// How often a test repeats itself: the counts of tests/rounds.json.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `seconds`: how long the long run takes for it, of tests that can do with less. */
type Rounds = Record<string, { short: number; long: number; seconds?: number }>

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

/** A test for which there is no time still shows something. */
const SHARE_MS_MIN = 5000

/**
 * Whether there is time for more: of its `seconds` in a long run, stretched or shortened to what all
 * of them have. Without `KEYSTEAD_TEST_TIME_SCALE` there always is.
 * @param part how much of the share of `name` this test has
 */
export function timeShare(name: string, part: number): () => boolean {
  const scale = process.env['KEYSTEAD_TEST_TIME_SCALE']
  if (scale === undefined) return () => true
  const shareMs = (all[name]?.seconds ?? 0) * Number(scale) * part * 1000
  const endMs = Date.now() + Math.max(shareMs, SHARE_MS_MIN)
  return () => Date.now() < endMs
}

/** What long tests take that always run in full. */
const FULL_SECONDS = 620

/**
 * How much of their `seconds` tests may take, so that a long run that begins now is over at
 * `deadlineMs` (milliseconds since 1970).
 */
export function timeScale(deadlineMs: number): number {
  const wanted = Object.values(all).reduce((sum, { seconds = 0 }) => sum + seconds, 0)
  const left = (deadlineMs - Date.now()) / 1000 - FULL_SECONDS
  return Math.max(0, left / wanted)
}
