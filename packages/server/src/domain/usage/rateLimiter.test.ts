// The rate limiter by itself: blocks, the turn of the minute, changed limits, a counter that fails.
import { expect, test } from 'vitest'
import { ProcessCounter, RateLimiter, type RequestCounter } from './rateLimiter.ts'

const ORGANIZATION = '019a0000-0000-7000-8000-000000000001'
const START_MS = 1_700_000_040_000 // A whole minute.

function limiterOn(counter: RequestCounter) {
  const failures: unknown[] = []
  return {
    failures,
    limiter: new RateLimiter({ counter, onFailure: (cause) => failures.push(cause) }),
  }
}

/** How many of `count` requests at once pass. */
async function passing(
  limiter: RateLimiter,
  request: { limit: number; count: number; nowMs?: number },
) {
  const { limit, count, nowMs = START_MS } = request
  const taken = await Promise.all(
    Array.from({ length: count }, () => limiter.take(ORGANIZATION, limit, nowMs)),
  )
  return taken.filter((wait) => wait === null).length
}

test('lets exactly the limit pass, in blocks and without', async () => {
  for (const limit of [0, 1, 63, 64, 65, 1000]) {
    const { limiter } = limiterOn(new ProcessCounter())
    expect(await passing(limiter, { limit, count: limit + 50 })).toBe(limit)
  }
})

test('of two processes lets the limit pass between them, at most a block less', async () => {
  const counter = new ProcessCounter()
  const [one, other] = [limiterOn(counter).limiter, limiterOn(counter).limiter]
  expect(await passing(one, { limit: 640, count: 105 })).toBe(105)
  expect(await passing(other, { limit: 640, count: 1000 })).toBe(640 - 110)
  expect(await passing(one, { limit: 640, count: 1000 })).toBe(5)
})

test('asks the shared counter once for a block, however many wait', async () => {
  let asked = 0
  const { limiter } = limiterOn({
    async add(_window, requests) {
      asked++
      await new Promise((resolve) => setImmediate(resolve))
      return asked * requests
    },
  })
  expect(await passing(limiter, { limit: 6400, count: 100 })).toBe(100)
  expect(asked).toBe(1)
})

test('begins anew with the minute, and says how long it takes', async () => {
  const { limiter } = limiterOn(new ProcessCounter())
  expect(await passing(limiter, { limit: 2, count: 3 })).toBe(2)
  expect(await limiter.take(ORGANIZATION, 2, START_MS)).toBe(60)
  expect(await limiter.take(ORGANIZATION, 2, START_MS + 59_999)).toBe(1)
  expect(await passing(limiter, { limit: 2, count: 3, nowMs: START_MS + 60_000 })).toBe(2)
})

test('a raised limit holds at once', async () => {
  const { limiter } = limiterOn(new ProcessCounter())
  expect(await passing(limiter, { limit: 2, count: 3 })).toBe(2)
  expect(await passing(limiter, { limit: 5, count: 9 })).toBe(3)
})

test('counts by itself while the counter fails, and tells', async () => {
  const { limiter, failures } = limiterOn({ add: () => Promise.reject(new Error('gone')) })
  expect(await passing(limiter, { limit: 10, count: 20 })).toBe(10)
  expect(failures).toHaveLength(10)
})
