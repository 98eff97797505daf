// The ceremony of a sealed server: shares of a `shamir` seal, given one by one by several people.
import type { Seal } from '../domain/keyvault/keyvault.store.ts'
import { detailsOf } from '../domain/keyvault/seals.ts'
import { findShare, joinShares } from '../domain/keyvault/shares.ts'

/** How long given shares are kept after the last one. */
const KEPT_MS = 60 * 60 * 1000

/** How far a ceremony is. */
export interface Progress {
  given: number
  needed: number
}

/** What a share came to: it is enough, or how many there are. */
export type Taken = { sealId: string; secret: Buffer } | Progress

/**
 * Shares are told from wrong ones at once, so that nobody without one can begin, spoil or end a
 * ceremony; one that is given twice counts once.
 */
export class Ceremony {
  readonly #given = new Map<string, Map<number, string>>()
  #forgetting: NodeJS.Timeout | undefined

  /** @returns undefined when the words are no share of any of `seals` */
  take(seals: readonly Seal[], words: string): Taken | undefined {
    for (const seal of seals) {
      const found = seal.kind === 'shamir' ? findShare(words, detailsOf(seal)) : undefined
      if (found === undefined) continue
      return this.#add(seal.id, words, found)
    }
    return undefined
  }

  #add(
    sealId: string,
    words: string,
    { index, threshold }: { index: number; threshold: number },
  ): Taken {
    const shares = this.#given.get(sealId) ?? new Map<number, string>()
    this.#given.set(sealId, shares.set(index, words))
    this.#keep()
    if (shares.size < threshold) return { given: shares.size, needed: threshold }
    this.#given.delete(sealId)
    const secret = joinShares([...shares.values()])
    // Only rows changed from outside tell of shares that do not belong together.
    return secret === undefined ? { given: 0, needed: threshold } : { sealId, secret }
  }

  #keep(): void {
    clearTimeout(this.#forgetting)
    this.#forgetting = setTimeout(() => this.forget(), KEPT_MS)
    this.#forgetting.unref()
  }

  /** Forgets every share. */
  forget(): void {
    clearTimeout(this.#forgetting)
    this.#given.clear()
  }
}
