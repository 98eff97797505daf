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

/** Whether there is time for more: `KEYSTEAD_TEST_DEADLINE` is in milliseconds since 1970. */
export function hasTime(): boolean {
  const deadline = process.env['KEYSTEAD_TEST_DEADLINE']
  return deadline === undefined || Date.now() < Number(deadline)
}
