// What the cache keeps when it is full.
import { expect, test } from 'vitest'
import { BoundedCache } from '../../src/platform/boundedCache.ts'

test('it never holds more than its bound, and drops what was not used for longest', () => {
  const cache = new BoundedCache<number>(4)
  for (let n = 0; n < 6; n++) cache.set(String(n), n, 1)
  expect([0, 1, 2, 3, 4, 5].map((n) => cache.get(String(n)))).toEqual([
    undefined,
    undefined,
    2,
    3,
    4,
    5,
  ])
})

test('what is used again and again stays, however much comes by', () => {
  const cache = new BoundedCache<string>(10)
  cache.set('hot', 'kept', 1)
  for (let n = 0; n < 1000; n++) {
    expect(cache.get('hot')).toBe('kept')
    cache.set(String(n), 'passing', 1)
  }
})

test('a large entry takes the place of several', () => {
  const cache = new BoundedCache<string>(10)
  for (const name of ['a', 'b', 'c']) cache.set(name, name, 3)
  cache.set('large', 'large', 7)
  expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.get('large')]).toEqual([
    undefined,
    undefined,
    'c',
    'large',
  ])
})
