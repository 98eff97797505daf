// Refusals that must not fill the disk: counted, and written once a minute as summaries.
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { AuditFacts } from './chain.ts'

const SUMMARIES_MAX = 1000

interface Summary {
  /** Whose chain it belongs to. */
  organizationId: string
  actor: string
  /** The credential's id; empty for strangers. */
  credential: string
  reason: string
  /** Of strangers only. */
  network?: string
  count: number
}

/** A summary as an entry of a chain. */
export interface RefusalEntry {
  organizationId: string
  audit: AuditFacts
}

/**
 * Strangers are summarised in the instance's chain by reason and network, so that nobody chooses
 * whose chain grows; callers who send too much, in the chain of the organization that they called,
 * by reason and credential.
 */
export class Refusals {
  #summaries = new Map<string, Summary>()
  #others = 0

  /** @param address the client's IP address */
  count(reason: string, address: string): void {
    const network = networkOf(address)
    this.#add({ organizationId: INSTANCE_ID, ...STRANGER, reason, network, count: 1 })
  }

  /** Counts a request of somebody who was authenticated. */
  countCaller(caller: Pick<Summary, 'organizationId' | 'actor' | 'credential' | 'reason'>): void {
    this.#add({ ...caller, count: 1 })
  }

  #add(summary: Summary): void {
    const { count, ...what } = summary
    const key = Object.values(what).join(' ')
    const present = this.#summaries.get(key)
    if (present !== undefined) present.count += count
    else if (this.#summaries.size < SUMMARIES_MAX) this.#summaries.set(key, summary)
    else this.#others += count
  }

  /** Takes what was counted since the last call, as entries to write. */
  take(): RefusalEntry[] {
    const summaries = [...this.#summaries.values()]
    if (this.#others > 0) {
      const various = { reason: 'various', network: 'various', count: this.#others }
      summaries.push({ organizationId: INSTANCE_ID, ...STRANGER, ...various })
    }
    this.#summaries = new Map()
    this.#others = 0
    return summaries.map(({ organizationId, actor, credential, ...payload }) => ({
      organizationId,
      audit: {
        actor,
        credential,
        action: 'request',
        resource: '',
        outcome: 'refused',
        activityId: null,
        bodyHash: null,
        payload,
      },
    }))
  }

  /** Puts summaries back that could not be stored. */
  restore(entries: readonly RefusalEntry[]): void {
    for (const { organizationId, audit } of entries) {
      const { actor, credential } = audit
      const counted = audit.payload as unknown as Pick<Summary, 'reason' | 'network' | 'count'>
      this.#add({ organizationId, actor, credential, ...counted })
    }
  }
}

const STRANGER = { actor: 'stranger', credential: '' }

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
