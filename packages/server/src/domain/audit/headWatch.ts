// Remembers the newest place of each chain that this process has seen: chains never go back.
import { BoundedCache } from '../../platform/boundedCache.ts'
import { type Head, Tampered } from './head.ts'

const CHAINS_MAX = 100_000

export class HeadWatch {
  readonly #newest = new BoundedCache<number>(CHAINS_MAX)

  /** The newest `seq` seen; take it before a read to judge what the read finds. */
  newest(organizationId: string): number {
    return this.#newest.get(organizationId) ?? 0
  }

  /** @throws Tampered when `head` is older than `seqMin`, the newest seen before it was read */
  note(head: Head, seqMin: number): void {
    if (head.seq < seqMin) {
      throw new Tampered(`the chain of organization ${head.organizationId} went back`)
    }
    if (head.seq > this.newest(head.organizationId)) {
      this.#newest.set(head.organizationId, head.seq, 1)
    }
  }
}
