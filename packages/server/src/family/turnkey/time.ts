// Moments in the wire form of the Turnkey API.
import { z } from 'zod'

/** Milliseconds as `{seconds, nanos}`, both decimal text. */
export function wireTime(ms: number) {
  const seconds = Math.floor(ms / 1000)
  return { seconds: String(seconds), nanos: String((ms - seconds * 1000) * 1_000_000) }
}

/** `{seconds, nanos}`. */
export const time = z.object({ seconds: z.string(), nanos: z.string() })
