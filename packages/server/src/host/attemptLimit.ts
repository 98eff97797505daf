// How often somebody may try to unseal over the network.
import { isIPv6 } from 'node:net'
import { BoundedCache } from '../platform/boundedCache.ts'

const ATTEMPTS_MAX = 10
const WINDOW_MS = 60_000
const ADDRESSES_MAX = 10_000

interface Window {
  endsMs: number
  attempts: number
}

/** Counts attempts for each address, so that nobody's wrong ones keep others out. */
export class AttemptLimit {
  readonly #windows = new BoundedCache<Window>(ADDRESSES_MAX)

  /** @returns false when there were too many in this minute */
  take(address: string): boolean {
    const window = this.#windowOf(address)
    if (window.attempts >= ATTEMPTS_MAX) return false
    window.attempts += 1
    return true
  }

  /** Takes back an attempt that was right. */
  giveBack(address: string): void {
    const window = this.#windowOf(address)
    window.attempts = Math.max(0, window.attempts - 1)
  }

  #windowOf(address: string): Window {
    const name = networkOf(address)
    const now = performance.now()
    const known = this.#windows.get(name)
    if (known !== undefined && known.endsMs > now) return known
    const fresh = { endsMs: now + WINDOW_MS, attempts: 0 }
    this.#windows.set(name, fresh, 1)
    return fresh
  }
}

/** One household or machine has a whole /64. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address
  const [front = '', back = ''] = address.split('::')
  const [head = [], tail = []] = [front, back].map((part) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)),
  )
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => 0)
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}
