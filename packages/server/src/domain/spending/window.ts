// Windows of limits as buckets of time: which a moment falls into, and which still count.
import type { LimitWindow } from '../policy/limit.ts'

const BUCKETS = 60
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** 1970-01-05, a Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS

/**
 * The bucket of a moment. Of a rolling window 59 whole buckets are at least as long as the window,
 * so that the oldest of 60 can count whole and still nothing within the window is forgotten.
 */
export function bucketAt(window: LimitWindow, atMs: number): number {
  if (window.kind === 'rolling') return Math.floor(atMs / widthMs(window))
  switch (window.unit) {
    case 'hour':
      return atMs - (atMs % HOUR_MS)
    case 'day':
      return atMs - (atMs % DAY_MS)
    case 'week':
      // The days before the first Monday belong to a week that began before the epoch.
      return atMs - ((atMs - FIRST_MONDAY_MS + 7 * DAY_MS) % (7 * DAY_MS))
    case 'month': {
      const at = new Date(atMs)
      return Date.UTC(at.getUTCFullYear(), at.getUTCMonth())
    }
  }
}

/** Whether what is in `bucket` still counts while `current` is the bucket of now. */
export function isLive(window: LimitWindow, bucket: number, current: number): boolean {
  return window.kind === 'rolling' ? bucket > current - BUCKETS : bucket >= current
}

/** When what is in `bucket` no longer counts. */
export function freesAtMs(window: LimitWindow, bucket: number): number {
  if (window.kind === 'rolling') return (bucket + BUCKETS) * widthMs(window)
  switch (window.unit) {
    case 'hour':
      return bucket + HOUR_MS
    case 'day':
      return bucket + DAY_MS
    case 'week':
      return bucket + 7 * DAY_MS
    case 'month': {
      const start = new Date(bucket)
      return Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1)
    }
  }
}

function widthMs({ seconds }: Extract<LimitWindow, { kind: 'rolling' }>): number {
  return Math.ceil((seconds * 1000) / (BUCKETS - 1))
}
