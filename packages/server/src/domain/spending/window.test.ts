// Windows of limits: where buckets begin, which count, and that time does not go back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rounds } from '../../../../../tests/support/rounds.ts'
import type { LimitWindow } from '../policy/limit.ts'
import { Counter, counterFacts, counterName } from './counter.ts'
import { bucketAt, freesAtMs, isLive } from './window.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR

const at = (text: string) => Date.parse(text)
const calendar = (unit: 'hour' | 'day' | 'week' | 'month'): LimitWindow => ({
  kind: 'calendar',
  unit,
})
const rolling = (seconds: number): LimitWindow => ({ kind: 'rolling', seconds })

describe('a calendar window', () => {
  test.each([
    ['hour', '2026-03-29T02:59:59.999Z', '2026-03-29T02:00Z', '2026-03-29T03:00Z'],
    ['hour', '2026-03-29T03:00:00.000Z', '2026-03-29T03:00Z', '2026-03-29T04:00Z'],
    ['day', '2026-12-31T23:59:59.999Z', '2026-12-31T00:00Z', '2027-01-01T00:00Z'],
    ['day', '2028-02-29T12:00:00.000Z', '2028-02-29T00:00Z', '2028-03-01T00:00Z'],
    ['week', '2026-11-22T23:59:59.999Z', '2026-11-16T00:00Z', '2026-11-23T00:00Z'],
    ['week', '2026-11-23T00:00:00.000Z', '2026-11-23T00:00Z', '2026-11-30T00:00Z'],
    ['week', '2027-01-01T00:00:00.000Z', '2026-12-28T00:00Z', '2027-01-04T00:00Z'],
    ['month', '2028-02-29T23:59:59.999Z', '2028-02-01T00:00Z', '2028-03-01T00:00Z'],
    ['month', '2027-02-28T23:59:59.999Z', '2027-02-01T00:00Z', '2027-03-01T00:00Z'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12-01T00:00Z', '2027-01-01T00:00Z'],
  ] as const)('of a %s at %s begins at %s and ends at %s', (...named) => {
    const [unit, moment, begins, ends] = named
    const window = calendar(unit)
    const bucket = bucketAt(window, at(moment))
    expect(bucket).toBe(at(begins))
    expect(freesAtMs(window, bucket)).toBe(at(ends))
    expect(bucketAt(window, at(ends) - 1)).toBe(bucket)
    expect(bucketAt(window, at(ends))).toBe(at(ends))
  })

  test('of a week always begins on a Monday', () => {
    for (let day = 0; day < 1500; day++) {
      expect(new Date(bucketAt(calendar('week'), day * DAY + HOUR)).getUTCDay()).toBe(1)
    }
  })

  test('forgets all at its end, and nothing before', () => {
    const counter = new Counter(calendar('day'), []).plus(7n, at('2026-11-21T00:00Z'))
    expect(counter.usedAt(at('2026-11-21T23:59:59.999Z'))).toBe(7n)
    expect(counter.usedAt(at('2026-11-22T00:00Z'))).toBe(0n)
    expect(counter.freesAtMs(at('2026-11-21T12:00Z'))).toBe(at('2026-11-22T00:00Z'))
  })

  test('does not begin anew when the clock jumps back over its start', () => {
    const counter = new Counter(calendar('day'), []).plus(7n, at('2026-11-21T00:00:01Z'))
    expect(counter.usedAt(at('2026-11-20T23:59:59Z'))).toBe(7n)
    const more = counter.plus(1n, at('2026-11-20T23:59:59Z'))
    expect(more.usedAt(at('2026-11-21T00:00:02Z'))).toBe(8n)
    expect(more.buckets).toHaveLength(1)
  })
})

describe('a rolling window', () => {
  test('has 60 buckets, of which 59 are at least as long as the window', () => {
    for (const seconds of [60, 61, 3600, 86_400, 366 * 86_400]) {
      const window = rolling(seconds)
      const now = bucketAt(window, at('2026-11-21T12:00Z'))
      const live = Array.from({ length: 100 }, (_, back) => now - back).filter((bucket) =>
        isLive(window, bucket, now),
      )
      expect(live).toHaveLength(60)
      const width = freesAtMs(window, now) - freesAtMs(window, now - 1)
      expect(59 * width).toBeGreaterThanOrEqual(seconds * SECOND)
      expect(58 * width).toBeLessThan(seconds * SECOND)
    }
  })

  test('counts the oldest bucket whole, and frees it with its end', () => {
    const window = rolling(59)
    const begins = 1_000_000_000_000
    const counter = new Counter(window, []).plus(5n, begins + 999)
    expect(counter.freesAtMs(begins + 999)).toBe(begins + 60 * SECOND)
    expect(counter.usedAt(begins + 60 * SECOND - 1)).toBe(5n)
    expect(counter.usedAt(begins + 60 * SECOND)).toBe(0n)
  })

  test('keeps no bucket that no longer counts', () => {
    let counter = new Counter(rolling(60), [])
    for (let n = 0; n < 500; n++) counter = counter.plus(1n, n * 1100)
    expect(counter.buckets.length).toBeLessThanOrEqual(60)
  })
})

const windows: fc.Arbitrary<LimitWindow> = fc.oneof(
  fc.integer({ min: 60, max: 4000 }).map(rolling),
  fc.constantFrom('hour', 'day', 'week', 'month').map(calendar),
)
/** Steps of a clock, mostly small parts of the window; it also jumps, forward and back. */
const steps = fc.array(
  fc.record({
    thousandths: fc.oneof(
      { weight: 20, arbitrary: fc.integer({ min: 0, max: 60 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 3000 }) },
      { weight: 1, arbitrary: fc.integer({ min: -2000, max: 0 }) },
    ),
    amount: fc.bigInt({ min: 0n, max: 40n }),
  }),
  { minLength: 1, maxLength: 80 },
)

const LENGTH_MS = { hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY }
const lengthMs = (window: LimitWindow) =>
  window.kind === 'rolling' ? window.seconds * SECOND : LENGTH_MS[window.unit]

test('no window of any length that was counted in has more than the maximum', () => {
  const numRuns = rounds('random charges')
  fc.assert(
    fc.property(windows, steps, (window, requests) => {
      const max = 100n
      let counter = new Counter(window, [])
      let nowMs = at('2028-02-28T22:00Z')
      let seenMs = nowMs
      const taken: { atMs: number; amount: bigint }[] = []
      for (const { thousandths, amount } of requests) {
        nowMs += Math.floor((lengthMs(window) * thousandths) / 1000)
        // As the head has it: time that was seen does not come back.
        seenMs = Math.max(seenMs, nowMs)
        const exact = taken
          .filter(({ atMs }) => isWithin(window, atMs, seenMs))
          .reduce((sum, past) => sum + past.amount, 0n)
        const used = counter.usedAt(seenMs)
        expect(counter.usedAt(nowMs)).toBeGreaterThanOrEqual(used)
        // An exact model admits at least as much, so what was admitted keeps the maximum.
        expect(used).toBeGreaterThanOrEqual(exact)
        if (used + amount > max) continue
        counter = counter.plus(amount, seenMs)
        taken.push({ atMs: seenMs, amount })
        expect(exact + amount).toBeLessThanOrEqual(max)
      }
    }),
    { numRuns },
  )
})

function isWithin(window: LimitWindow, pastMs: number, nowMs: number): boolean {
  if (window.kind === 'rolling') return pastMs > nowMs - window.seconds * SECOND
  const [past, now] = [new Date(pastMs).toISOString(), new Date(nowMs).toISOString()]
  switch (window.unit) {
    case 'hour':
      return past.slice(0, 13) === now.slice(0, 13)
    case 'day':
      return past.slice(0, 10) === now.slice(0, 10)
    case 'week':
      return isoWeek(pastMs) === isoWeek(nowMs)
    case 'month':
      return past.slice(0, 7) === now.slice(0, 7)
  }
}

/** The date of the Monday, found by going back day by day. */
function isoWeek(ms: number): string {
  let day = ms
  while (new Date(day).getUTCDay() !== 1) day -= DAY
  return new Date(day).toISOString().slice(0, 10)
}

test('the name of a counter says its window, and nothing of its maximum', () => {
  const charge = { organizationId: 'o', policyId: 'p', scope: 'a b' }
  for (const window of [rolling(90), calendar('week')]) {
    const limit = { measure: 'wei', per: 'destination', window, max: '1' } as const
    const name = counterName({ ...charge, limit })
    expect(counterFacts(name)).toEqual({ policyId: 'p', window })
    expect(counterName({ ...charge, limit: { ...limit, max: '2' } })).toBe(name)
    expect(counterName({ ...charge, limit: { ...limit, measure: 'sun' } })).not.toBe(name)
    expect(counterName({ ...charge, limit, scope: 'a' })).not.toBe(name)
  }
})
