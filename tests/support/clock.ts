// Waits for a moment at which a test cannot run over the end of a window of time.
import { setTimeout as sleep } from 'node:timers/promises'

/** What a test needs of a window. */
const ROOM_MS = 10_000

/** Waits for the next window of that length when this one, counted in UTC, is nearly over. */
export async function earlyWithin(windowMs: number): Promise<void> {
  const leftMs = windowMs - (Date.now() % windowMs)
  if (leftMs < ROOM_MS) await sleep(leftMs + 50)
}
