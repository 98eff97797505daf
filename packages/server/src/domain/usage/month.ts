// Months of quotas and usage: in UTC, numbered as 202611.

/** The month of a moment. */
export function monthOf(nowMs: number): number {
  const now = new Date(nowMs)
  return now.getUTCFullYear() * 100 + now.getUTCMonth() + 1
}

/** How many whole seconds are left of the month, at least one. */
export function secondsToMonthEnd(nowMs: number): number {
  const now = new Date(nowMs)
  const endMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)
  return Math.ceil((endMs - nowMs) / 1000)
}
