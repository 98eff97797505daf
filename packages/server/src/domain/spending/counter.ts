// Counters of limits: their names, and what is in them.
import type { Limit, LimitWindow } from '../policy/limit.ts'
import { bucketAt, freesAtMs, isLive } from './window.ts'

/** What running a request adds to one counter of a limit. */
export interface Charge {
  /** The organization of the policy; its head authenticates the counter. */
  organizationId: string
  policyId: string
  limit: Limit
  /** What the limit keeps apart, such as the id of a wallet; empty when it keeps nothing apart. */
  scope: string
  amount: bigint
}

/**
 * The name of the counter. It has all of the limit but its maximum and its place among others:
 * changing these does not begin to count anew.
 */
export function counterName({ policyId, limit, scope }: Omit<Charge, 'amount'>): string {
  return [policyId, limit.measure, limit.per, windowText(limit.window), scope].join(' ')
}

/** The policy and the window of a counter. */
export function counterFacts(name: string): { policyId: string; window: LimitWindow } {
  const [policyId = '', , , text = ''] = name.split(' ')
  const seconds = Number(text)
  const window: LimitWindow = Number.isInteger(seconds)
    ? { kind: 'rolling', seconds }
    : { kind: 'calendar', unit: text as CalendarUnit }
  return { policyId, window }
}

type CalendarUnit = Extract<LimitWindow, { kind: 'calendar' }>['unit']

function windowText(window: LimitWindow): string {
  return window.kind === 'rolling' ? String(window.seconds) : window.unit
}

/** Amounts by bucket, oldest first. */
type Buckets = readonly (readonly [bucket: number, amount: bigint])[]

/** What one counter has counted. It never goes back: a moment before its newest bucket is in that. */
export class Counter {
  readonly #window: LimitWindow
  readonly #buckets: Buckets

  constructor(window: LimitWindow, buckets: Buckets) {
    this.#window = window
    this.#buckets = buckets
  }

  get buckets(): Buckets {
    return this.#buckets
  }

  /** Without what no longer counts. */
  at(atMs: number): Counter {
    const current = this.#currentAt(atMs)
    const live = this.#buckets.filter(([bucket]) => isLive(this.#window, bucket, current))
    return live.length === this.#buckets.length ? this : new Counter(this.#window, live)
  }

  usedAt(atMs: number): bigint {
    return this.at(atMs).#buckets.reduce((sum, [, amount]) => sum + amount, 0n)
  }

  /** When something of what counts now no longer does; null: nothing counts. */
  freesAtMs(atMs: number): number | null {
    const oldest = this.at(atMs).#buckets[0]
    return oldest === undefined ? null : freesAtMs(this.#window, oldest[0])
  }

  plus(amount: bigint, atMs: number): Counter {
    const current = this.#currentAt(atMs)
    const live = this.at(atMs).#buckets
    const newest = live.at(-1)
    const buckets: Buckets =
      newest?.[0] === current
        ? [...live.slice(0, -1), [current, newest[1] + amount]]
        : [...live, [current, amount]]
    return new Counter(this.#window, buckets)
  }

  #currentAt(atMs: number): number {
    const newest = this.#buckets.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY
    return Math.max(bucketAt(this.#window, atMs), newest)
  }
}
