// The time of long tests: what each may take before a deadline.
import { afterEach, expect, test, vi } from 'vitest'
import { timeScale, timeShare } from './rounds.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

test('all shares together end at the deadline', () => {
  vi.useFakeTimers()
  const hourMs = 3_600_000
  const [one, two] = [timeScale(Date.now() + hourMs), timeScale(Date.now() + 2 * hourMs)]
  expect(one).toBeGreaterThan(0)
  // What is left beyond the tests that run in full is shared out: twice as much is more than twice.
  expect(two).toBeGreaterThan(2 * one)
  expect(timeScale(Date.now())).toBe(0)
})

test('a share ends, and is never nothing', () => {
  vi.useFakeTimers()
  vi.stubEnv('KEYSTEAD_TEST_TIME_SCALE', '0')
  const hasTime = timeShare('kill under load', 1 / 2)
  vi.advanceTimersByTime(4999)
  expect(hasTime()).toBe(true)
  vi.advanceTimersByTime(1)
  expect(hasTime()).toBe(false)
})

test('without a deadline there is always time', () => {
  vi.useFakeTimers()
  vi.stubEnv('KEYSTEAD_TEST_TIME_SCALE', undefined)
  const hasTime = timeShare('kill under load', 1 / 2)
  vi.advanceTimersByTime(1e9)
  expect(hasTime()).toBe(true)
})
