// Refusals of strangers: counted, and written to the instance's chain once a minute as summaries.
import type { AuditFacts } from './chain.ts'

const SUMMARIES_MAX = 1000

interface Summary {
  reason: string
  network: string
  count: number
}

/** Nobody can fill the disk, or choose whose chain grows: one entry a minute, reason and network. */
export class Refusals {
  #summaries = new Map<string, Summary>()
  #others = 0

  /** @param address the client's IP address */
  count(reason: string, address: string): void {
    const network = networkOf(address)
    const key = `${reason} ${network}`
    const summary = this.#summaries.get(key)
    if (summary !== undefined) summary.count++
    else if (this.#summaries.size < SUMMARIES_MAX) {
      this.#summaries.set(key, { reason, network, count: 1 })
    } else this.#others++
  }

  /** Takes what was counted since the last call, as facts for the instance's chain. */
  take(): AuditFacts[] {
    const summaries = [...this.#summaries.values()]
    if (this.#others > 0) {
      summaries.push({ reason: 'various', network: 'various', count: this.#others })
    }
    this.#summaries = new Map()
    this.#others = 0
    return summaries.map(({ reason, network, count }) => ({
      actor: 'stranger',
      credential: '',
      action: 'request',
      resource: '',
      outcome: 'refused',
      activityId: null,
      bodyHash: null,
      payload: { reason, network, count },
    }))
  }

  /** Puts summaries back that could not be stored. */
  restore(facts: readonly AuditFacts[]): void {
    for (const { payload } of facts) {
      const { reason, network, count } = payload as unknown as Summary
      const key = `${reason} ${network}`
      const present = this.#summaries.get(key)
      this.#summaries.set(key, { reason, network, count: count + (present?.count ?? 0) })
    }
  }
}

/** The /24 of an IPv4 address, the /48 of an IPv6 address. */
function networkOf(address: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/.exec(address)
  if (v4 !== null) return `${v4[1] ?? ''}.0/24`
  const groups = expandV6(address)
  return groups === undefined ? 'unknown' : `${groups.slice(0, 3).join(':')}::/48`
}

function expandV6(address: string): string[] | undefined {
  if (!address.includes(':')) return undefined
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const missing = Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array.from({ length: missing }, () => '0'), ...right]
}
