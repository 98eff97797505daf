// A cache with a bound on the sum of its entries' sizes, which drops what was not used for long.

/** Counts that the metrics show. */
export interface CacheCounts {
  hits: number
  misses: number
}

export class BoundedCache<V> {
  readonly counts: CacheCounts = { hits: 0, misses: 0 }
  readonly #entries = new Map<string, { value: V; size: number; turn: number }>()
  #size = 0
  /** Counts how often an entry was put last. */
  #turn = 0
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
    // Moving an entry costs more than finding it: those of the newer half stay where they are.
    if (this.#turn - entry.turn > this.#entries.size / 2) {
      entry.turn = ++this.#turn
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return entry.value
  }

  set(key: string, value: V, size: number): void {
    this.delete(key)
    this.#entries.set(key, { value, size, turn: ++this.#turn })
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
