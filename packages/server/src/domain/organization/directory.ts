// Finds organizations by id: cached snapshots, refreshed when their revision has moved.
import { BoundedCache } from '../../platform/boundedCache.ts'
import type { Reader, Store } from '../../store/engine.ts'
import { findHead } from '../audit/audit.store.ts'
import type { HeadWatch } from '../audit/headWatch.ts'
import type { Keyvault } from '../keyvault/keyvault.ts'
import type { Snapshot } from './model.ts'
import { loadSnapshot } from './snapshot.ts'

const CACHE_BYTES_MAX = 64 * 1024 * 1024

export class Directory {
  readonly cache = new BoundedCache<Snapshot>(CACHE_BYTES_MAX)
  readonly #store: Pick<Store, 'reader' | 'read'>
  readonly #keyvault: Keyvault
  readonly #watch: HeadWatch

  constructor(store: Pick<Store, 'reader' | 'read'>, keyvault: Keyvault, watch: HeadWatch) {
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

  /** The same directory as one open transaction sees it, with nothing cached. */
  within(reader: Reader): Directory {
    const store = { reader, read: <T>(work: (r: Reader) => Promise<T>) => work(reader) }
    return new Directory(store, this.#keyvault, this.#watch)
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
    const loaded = await this.#store.read((reader) =>
      loadSnapshot(reader, this.#keyvault, organizationId),
    )
    if (loaded === undefined || loaded.snapshot.deletedMs !== null) {
      this.cache.delete(organizationId)
      return undefined
    }
    this.#watch.note(loaded.head, seqMin)
    this.cache.set(organizationId, loaded.snapshot, loaded.snapshot.sizeBytes)
    return loaded.snapshot
  }
}
