// A least-recently-used cache with a bound on the sum of its entries' sizes.

/** Counts that the metrics show. */
export interface CacheCounts {
  hits: number
  misses: number
}

export class BoundedCache<V> {
  readonly counts: CacheCounts = { hits: 0, misses: 0 }
  #entries = new Map<string, { value: V; size: number }>()
  #size = 0
  readonly #sizeMax: number

  /** @param sizeMax the bound, in whatever unit `set` is given (bytes, or 1 for each entry) */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) {
      this.counts.misses++
      return undefined
    }
    this.counts.hits++
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: string, value: V, size: number): void {
    this.delete(key)
    this.#entries.set(key, { value, size })
    this.#size += size
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#sizeMax || oldest === key) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#size -= entry.size
    this.#entries.delete(key)
  }
}
