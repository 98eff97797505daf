// Where rate limits are counted: Redis, else the database, else this process, if it is the only one.
import type { Config } from './config.ts'
import { ProcessCounter, RateLimiter, type RequestCounter } from './domain/usage/rateLimiter.ts'
import { addRequests } from './domain/usage/rateWindow.store.ts'
import { log } from './platform/log.ts'
import { rateLimiterFailures } from './platform/metrics.ts'
import { patiently, type Store } from './store/engine.ts'
import { connectRedis } from './store/redis.ts'

const WARN_MS = 60_000

interface Counting {
  counter: RequestCounter
  open(): Promise<void>
  close(): Promise<void>
}

export interface RateLimiting extends Pick<Counting, 'open' | 'close'> {
  rateLimiter: RateLimiter
}

/** Who serves requests opens it first: otherwise the first of them are counted alone. */
export function createRateLimiter(store: Store, config: Config): RateLimiting {
  let warnedMs = -WARN_MS
  const onFailure = (cause: unknown) => {
    rateLimiterFailures.inc()
    if (performance.now() - warnedMs < WARN_MS) return
    warnedMs = performance.now()
    log('warn', 'rate limits are counted by each process alone', { cause })
  }
  const counting = countingFor(store, config)
  const rateLimiter = new RateLimiter({ counter: counting.counter, onFailure })
  return { rateLimiter, open: () => counting.open(), close: () => counting.close() }
}

function countingFor(store: Store, { redisUrl, databaseUrl, workers }: Config): Counting {
  if (redisUrl !== null) return inRedis(redisUrl)
  // Other machines may serve a PostgreSQL database too; SQLite's is this machine's alone.
  const shared = databaseUrl !== null || workers > 1
  const nothing = () => Promise.resolve()
  const counter = shared ? inDatabase(store) : new ProcessCounter()
  return { counter, open: nothing, close: nothing }
}

function inRedis(url: string): Counting {
  const redis = connectRedis(url)
  const add: RequestCounter['add'] = ({ organizationId, startMs, endMs }, requests) =>
    redis.add(`keystead:requests:${organizationId}:${startMs}`, requests, endMs)
  return { counter: { add }, open: () => redis.open(), close: () => redis.close() }
}

function inDatabase(store: Store): RequestCounter {
  return {
    async add(window, requests) {
      const write = () => store.write('alone', (tx) => addRequests(tx, window, requests))
      return (await patiently(write)).value
    },
  }
}
