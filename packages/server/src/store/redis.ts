// Redis, for counters that may be lost: never waited for long, never trusted with more.
import { Redis } from 'ioredis'

const COMMAND_MS_MAX = 250

export interface RedisCounters {
  /** Adds to a counter that ends by itself, and returns it. @throws Error while Redis is away */
  add(key: string, amount: number, endMs: number): Promise<number>
  close(): Promise<void>
}

/** @param url `redis://…` or `rediss://…`; it need not answer yet */
export function connectRedis(url: string): RedisCounters {
  const redis = new Redis(url, {
    commandTimeout: COMMAND_MS_MAX,
    connectTimeout: COMMAND_MS_MAX,
    // A command is for now: none may wait until Redis is back.
    enableOfflineQueue: false,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
  })
  // Without a listener a lost connection would end the process; the next command tells its caller.
  redis.on('error', () => undefined)
  let connecting: Promise<unknown> | undefined
  return {
    async add(key, amount, endMs) {
      connecting ??= redis.connect().catch(() => undefined)
      await connecting
      const replies = await redis.multi().incrby(key, amount).pexpireat(key, endMs).exec()
      const count = replies?.[0]?.[1]
      if (typeof count !== 'number') throw new Error('Redis did not answer with a count')
      return count
    },
    close() {
      redis.disconnect()
      return Promise.resolve()
    },
  }
}
