// The rate limit of a root organization: so many requests in each minute, over all processes.

const WINDOW_MS = 60_000

/** A process takes requests in blocks of this share of the limit, so that it seldom has to ask. */
const BLOCKS_PER_WINDOW = 64

/** One minute of one root organization. */
export interface RateWindow {
  organizationId: string
  startMs: number
  /** From when on nobody asks for it any more. */
  endMs: number
}

/** Counts the requests of a window for all processes. */
export interface RequestCounter {
  /** Adds to the window, and returns how many it has then. */
  add(window: RateWindow, requests: number): Promise<number>
}

/** What is known of one window at a time, by organization: nothing is kept of earlier ones. */
class OneWindow<T> {
  #startMs = 0
  #values = new Map<string, T>()

  at(startMs: number): Map<string, T> {
    if (startMs !== this.#startMs) {
      this.#startMs = startMs
      this.#values = new Map()
    }
    return this.#values
  }
}

/** Counts for one process. */
export class ProcessCounter implements RequestCounter {
  readonly #counts = new OneWindow<number>()

  add({ organizationId, startMs }: RateWindow, requests: number): Promise<number> {
    const counts = this.#counts.at(startMs)
    const sum = (counts.get(organizationId) ?? 0) + requests
    counts.set(organizationId, sum)
    return Promise.resolve(sum)
  }
}

/** What this process has of a window. */
interface Share {
  window: RateWindow
  /** Requests that it took and has not given out. */
  left: number
  /** How many all processes had taken when this one last asked. */
  taken: number
  asking: Promise<void> | undefined
}

export interface RateLimiterOptions {
  counter: RequestCounter
  /** Told that the counter did not answer: from then on the process counts by itself. */
  onFailure(cause: unknown): void
}

/**
 * Windows are whole minutes, so that around the turn of one twice the limit may pass. Fails open:
 * while the counter does not answer, each process allows the limit by itself.
 */
export class RateLimiter {
  readonly #options: RateLimiterOptions
  readonly #alone = new ProcessCounter()
  readonly #shares = new OneWindow<Share>()

  constructor(options: RateLimiterOptions) {
    this.#options = options
  }

  /**
   * Takes one request of a root organization's minute.
   * @returns null when it may pass, else after how many seconds the next may
   */
  async take(organizationId: string, limit: number, nowMs: number): Promise<number | null> {
    const share = this.#share(organizationId, nowMs)
    while (share.left === 0) {
      if (share.taken >= limit) return Math.max(1, Math.ceil((share.window.endMs - nowMs) / 1000))
      // Whoever comes meanwhile waits for the same answer instead of asking too.
      share.asking ??= this.#ask(share, limit)
      await share.asking
    }
    share.left--
    return null
  }

  #share(organizationId: string, nowMs: number): Share {
    const startMs = nowMs - (nowMs % WINDOW_MS)
    const shares = this.#shares.at(startMs)
    const present = shares.get(organizationId)
    if (present !== undefined) return present
    const window = { organizationId, startMs, endMs: startMs + WINDOW_MS }
    const share = { window, left: 0, taken: 0, asking: undefined }
    shares.set(organizationId, share)
    return share
  }

  async #ask(share: Share, limit: number): Promise<void> {
    const block = Math.ceil(limit / BLOCKS_PER_WINDOW)
    const taken = await this.#add(share.window, block)
    const granted = Math.min(block, Math.max(0, limit - (taken - block)))
    share.taken = Math.max(taken, share.taken)
    share.left += granted
    share.asking = undefined
  }

  async #add(window: RateWindow, requests: number): Promise<number> {
    try {
      return await this.#options.counter.add(window, requests)
    } catch (cause) {
      this.#options.onFailure(cause)
      return this.#alone.add(window, requests)
    }
  }
}
