// The counters of one organization, read and authenticated as far as somebody asks for them.
import { equalBytes } from '@keystead/crypto/node'
import type { Reader, Tx } from '../../store/engine.ts'
import { type Head, Tampered } from '../audit/head.ts'
import type { Counter } from './counter.ts'
import { digestOfAll, Page, pageDigest, pageOf } from './page.ts'
import {
  deletePage,
  findPageContent,
  insertPages,
  listPageDigests,
  type PageRow,
  updatePage,
} from './spending.store.ts'

type Place = Pick<Head, 'organizationId' | 'spendingDigest'>

/** Use it within one transaction or read snapshot, with the head as it is there. */
export class Ledger {
  readonly #reader: Reader
  readonly #organizationId: string
  readonly #digests: Map<number, Buffer>
  readonly #pages = new Map<number, Page>()
  readonly #changed = new Set<number>()

  private constructor(reader: Reader, organizationId: string, digests: Map<number, Buffer>) {
    this.#reader = reader
    this.#organizationId = organizationId
    this.#digests = digests
  }

  /** @throws Tampered when there are not exactly the pages that the head speaks of */
  static async open(reader: Reader, { organizationId, spendingDigest }: Place): Promise<Ledger> {
    const rows = await listPageDigests(reader, organizationId)
    const digests = new Map(rows.map(({ page, digest }) => [page, digest]))
    if (!equalDigests(digestOfAll(digests), spendingDigest)) throw changedOutside(organizationId)
    return new Ledger(reader, organizationId, digests)
  }

  /** @throws Tampered when its page is not what this server wrote */
  async counter(name: string): Promise<Counter> {
    return (await this.#page(pageOf(name))).counter(name)
  }

  /** Whether there is room for `next`, once what no longer counts has made way. */
  async hasRoom(name: string, next: Counter, atMs: number): Promise<boolean> {
    const page = await this.#page(pageOf(name))
    if (page.hasRoom(name, next)) return true
    page.prune(atMs)
    return page.hasRoom(name, next)
  }

  async set(name: string, next: Counter): Promise<void> {
    const number = pageOf(name)
    const page = await this.#page(number)
    page.set(name, next)
    this.#changed.add(number)
  }

  /** Drops the counters of policies. */
  async forget(isGone: (policyId: string) => boolean): Promise<void> {
    for (const number of this.#digests.keys()) {
      const page = await this.#page(number)
      if (page.forget(isGone)) this.#changed.add(number)
    }
  }

  /**
   * Writes the pages that changed, without what no longer counts at `atMs`.
   * @returns what the head has to say of them now
   */
  async write(tx: Tx, atMs: number): Promise<Buffer | null> {
    const fresh: PageRow[] = []
    for (const number of this.#changed) {
      const page = await this.#page(number)
      page.prune(atMs)
      const exists = this.#digests.has(number)
      if (page.isEmpty) {
        if (exists) await deletePage(tx, this.#organizationId, number)
        this.#digests.delete(number)
        continue
      }
      const content = page.text()
      const digest = pageDigest(content)
      this.#digests.set(number, digest)
      const row = { organization_id: this.#organizationId, page: number, digest, content }
      if (exists) await updatePage(tx, row)
      else fresh.push(row)
    }
    await insertPages(tx, fresh)
    return digestOfAll(this.#digests)
  }

  async #page(number: number): Promise<Page> {
    const known = this.#pages.get(number)
    if (known !== undefined) return known
    const content = await this.#content(number)
    const page = new Page(content)
    this.#pages.set(number, page)
    return page
  }

  async #content(number: number): Promise<string | null> {
    const digest = this.#digests.get(number)
    if (digest === undefined) return null
    const content = await findPageContent(this.#reader, this.#organizationId, number)
    // SECURITY: before it is parsed: nothing is decided on what somebody else wrote.
    if (content === undefined || !equalBytes(pageDigest(content), digest)) {
      throw changedOutside(this.#organizationId)
    }
    return content
  }
}

function equalDigests(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b)
}

function changedOutside(organizationId: string): Tampered {
  return new Tampered(`the counters of organization ${organizationId} were changed from outside`)
}
