// Pages of counters: each counter's name says in which page it is, so that few are read at a time.
import { sha256 } from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { Counter, counterFacts } from './counter.ts'

const PAGES = 64

/**
 * Characters of a page. A new counter beyond it is refused: a limit that cannot count denies. Only
 * the counters of one request together may go beyond it.
 */
const CHARACTERS_MAX = 131_072

/** The page that a counter is in. */
export function pageOf(name: string): number {
  return sha256(Buffer.from(name)).readUInt8(0) % PAGES
}

/** The digest of a page's content. The head's tag authenticates it, through `digestOfAll`. */
export function pageDigest(content: string): Buffer {
  return sha256(Buffer.from(content))
}

/** The digest of the digests of all pages that there are; null when there are none. */
export function digestOfAll(digests: ReadonlyMap<number, Buffer>): Buffer | null {
  if (digests.size === 0) return null
  const pages = [...digests].sort(([a], [b]) => a - b)
  return sha256(encodeFields(['keystead.spending', ...pages.flat()]))
}

/** The counters of one page. */
export class Page {
  readonly #counters: Map<string, Counter>
  #characters: number
  #prunedMs = 0

  /** @param content what `text` returned; null: an empty page */
  constructor(content: string | null) {
    const stored = content === null ? {} : (JSON.parse(content) as StoredPage)
    this.#counters = new Map(
      Object.entries(stored).map(([name, buckets]) => [
        name,
        new Counter(
          counterFacts(name).window,
          buckets.map(([bucket, amount]) => [bucket, BigInt(amount)]),
        ),
      ]),
    )
    this.#characters = this.text().length
  }

  counter(name: string): Counter {
    return this.#counters.get(name) ?? new Counter(counterFacts(name).window, [])
  }

  /** Whether a counter may change to `next`: false when the page would become too long. */
  hasRoom(name: string, next: Counter): boolean {
    const growth = this.#growth(name, next)
    return growth <= 0 || this.#characters + growth <= CHARACTERS_MAX
  }

  set(name: string, next: Counter): void {
    this.#characters += this.#growth(name, next)
    this.#counters.set(name, next)
  }

  /** Drops what no longer counts at a moment. */
  prune(atMs: number): void {
    if (atMs === this.#prunedMs) return
    this.#prunedMs = atMs
    for (const [name, counter] of this.#counters) {
      const live = counter.at(atMs)
      if (live.buckets.length === 0) this.#counters.delete(name)
      else if (live !== counter) this.#counters.set(name, live)
    }
    this.#characters = this.text().length
  }

  /** Drops the counters of policies. @returns whether there were any */
  forget(isGone: (policyId: string) => boolean): boolean {
    const gone = [...this.#counters.keys()].filter((name) => isGone(counterFacts(name).policyId))
    for (const name of gone) this.#counters.delete(name)
    return gone.length > 0
  }

  get isEmpty(): boolean {
    return this.#counters.size === 0
  }

  /** As it is stored. */
  text(): string {
    const counters = [...this.#counters].map(([name, counter]) => [name, storedOf(counter)])
    return JSON.stringify(Object.fromEntries(counters))
  }

  #growth(name: string, next: Counter): number {
    const present = this.#counters.get(name)
    return charactersOf(name, next) - (present === undefined ? 0 : charactersOf(name, present))
  }
}

type StoredBuckets = [bucket: number, amount: string][]
type StoredPage = Record<string, StoredBuckets>

function storedOf({ buckets }: Counter): StoredBuckets {
  return buckets.map(([bucket, amount]) => [bucket, String(amount)])
}

/** With the marks around it, `"name":[…],`. */
function charactersOf(name: string, counter: Counter): number {
  return name.length + JSON.stringify(storedOf(counter)).length + 4
}
