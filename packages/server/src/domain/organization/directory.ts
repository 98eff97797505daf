// Finds organizations by id: cached snapshots, refreshed when their revision has moved.
import { BoundedCache } from '../../platform/boundedCache.ts'
import type { Reader, Store } from '../../store/engine.ts'
import { findHead } from '../audit/audit.store.ts'
import type { HeadWatch } from '../audit/headWatch.ts'
import type { Keyvault } from '../keyvault/keyvault.ts'
import type { Snapshot } from './model.ts'
import { loadSnapshot } from './snapshot.ts'

const CACHE_BYTES_MAX = 64 * 1024 * 1024

interface Source extends Pick<Store, 'reader' | 'read'> {
  /** The organization whose head the transaction of `reader` holds. */
  lockedId?: string
}

export class Directory {
  readonly cache = new BoundedCache<Snapshot>(CACHE_BYTES_MAX)
  readonly #store: Source
  readonly #keyvault: Keyvault
  readonly #watch: HeadWatch

  constructor(store: Source, keyvault: Keyvault, watch: HeadWatch) {
    this.#store = store
    this.#keyvault = keyvault
    this.#watch = watch
  }

  /** The organization as this process last saw it: safe to decide on, since the flush checks. */
  async find(organizationId: string): Promise<Snapshot | undefined> {
    return this.cache.get(organizationId) ?? (await this.#load(organizationId))
  }

  /** The organization as it is now; for before a refusal, and after a decision was overtaken. */
  async refresh(organizationId: string): Promise<Snapshot | undefined> {
    const cached = this.cache.get(organizationId)
    if (cached !== undefined && (await this.isCurrent(this.#store.reader, cached))) return cached
    return this.#load(organizationId)
  }

  /** The same directory for a transaction that holds the head of `lockedId`, with nothing cached. */
  within(reader: Reader, lockedId: string): Directory {
    const read: Store['read'] = (work) => this.#store.read(work)
    return new Directory({ reader, read, lockedId }, this.#keyvault, this.#watch)
  }

  /** Single statements, for look-ups across organizations. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    return work(this.#store.reader)
  }

  /** Whether `snapshot` is still the newest, as `reader` sees it. */
  async isCurrent(reader: Reader, snapshot: Snapshot): Promise<boolean> {
    const head = await findHead(reader, this.#keyvault.auditKey, snapshot.organizationId)
    return head?.revision === snapshot.revision
  }

  async #load(organizationId: string): Promise<Snapshot | undefined> {
    const seqMin = this.#watch.newest(organizationId)
    const { reader, lockedId } = this.#store
    const load = (from: Reader) => loadSnapshot(from, this.#keyvault, organizationId)
    // Under a lock every other organization, the parent too, may still change between two statements
    // of the transaction: it is read on a snapshot of its own, and the flush checks its revision.
    const loaded = organizationId === lockedId ? await load(reader) : await this.#store.read(load)
    if (loaded === undefined || loaded.snapshot.deletedMs !== null) {
      this.cache.delete(organizationId)
      return undefined
    }
    this.#watch.note(loaded.head, seqMin)
    this.cache.set(organizationId, loaded.snapshot, loaded.snapshot.sizeBytes)
    return loaded.snapshot
  }
}
