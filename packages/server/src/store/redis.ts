// Redis, for counters that may be lost: never waited for long, never trusted with more.
import type { Redis } from 'ioredis'

const COMMAND_MS_MAX = 1000

export interface RedisCounters {
  /** Connects before there is anything to count. Resolves whether or not Redis answers. */
  open(): Promise<void>
  /** Adds to a counter that ends by itself, and returns it. @throws Error while Redis is away */
  add(key: string, amount: number, endMs: number): Promise<number>
  close(): Promise<void>
}

/** @param url `redis://…` or `rediss://…`; it need not answer yet */
export function connectRedis(url: string): RedisCounters {
  let opening: Promise<Redis> | undefined
  const opened = () => (opening ??= open(url))
  return {
    async open() {
      await opened()
    },
    async add(key, amount, endMs) {
      const redis = await opened()
      const replies = await redis.multi().incrby(key, amount).pexpireat(key, endMs).exec()
      const count = replies?.[0]?.[1]
      if (typeof count !== 'number') throw new Error('Redis did not answer with a count')
      return count
    },
    async close() {
      const redis = await opening
      redis?.disconnect()
    },
  }
}

/** The client is loaded when it is needed: most instances have no Redis, and it is large. */
async function open(url: string): Promise<Redis> {
  const { Redis: Client } = await import('ioredis')
  const redis = new Client(url, {
    commandTimeout: COMMAND_MS_MAX,
    connectTimeout: COMMAND_MS_MAX,
    // A count is for this moment only: no command may wait until Redis is back.
    enableOfflineQueue: false,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
  })
  // Without a listener a lost connection would end the process; the next command tells its caller.
  redis.on('error', () => undefined)
  await redis.connect().catch(() => undefined)
  return redis
}
