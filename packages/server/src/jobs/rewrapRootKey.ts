// Rewraps data keys under the newest root key, and then removes the root keys before it.
import { entryOnly, type Unit } from '../commit/unit.ts'
import { type NewDataKey, rewrapDataKey } from '../domain/keyvault/dataKeys.ts'
import { followRootKeys } from '../domain/keyvault/handover.ts'
import {
  deleteOlderRootKeys,
  listKeysUnderOlder,
  listRootKeys,
  updateWrapped,
} from '../domain/keyvault/rotation.store.ts'
import { AppError } from '../errors.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import { log } from '../platform/log.ts'
import { rewrapped } from '../platform/metrics.ts'
import { LeasedWork, LeaseTaken } from './leasedWork.ts'
import { type RewrapDependencies, SUPERSEDED_KEPT_MS } from './rewrapDataKeys.ts'

const DATA_KEYS = 100

/** The job of one process; of all processes, the holder of the lease does the work. */
export class RootKeyRewrapping {
  readonly #deps: RewrapDependencies
  readonly #work: LeasedWork
  #stopping = false

  constructor(deps: RewrapDependencies) {
    this.#deps = deps
    this.#work = new LeasedWork(deps, 'rewrap-root-key')
  }

  /** Ends a run before its next transaction. */
  stop(): void {
    this.#stopping = true
  }

  /** Takes a new root key over, and rewraps what is under older ones. */
  async run(): Promise<void> {
    const { store, clock, keyvault, queue } = this.#deps
    const rows = await listRootKeys(store.reader)
    await followRootKeys(store.reader, keyvault.rootKeys)
    const newest = rows.at(-1)
    if (rows.length < 2 || newest === undefined) return
    try {
      const isWhole = await this.#rewrapAll(newest.version)
      // Until then every process has followed: they look for a new root key each second.
      if (!isWhole || clock.now() < newest.created_ms + SUPERSEDED_KEPT_MS) return
      await this.#work.renew()
      await queue.submit(this.#removal(newest.version))
    } catch (error) {
      if (!(error instanceof LeaseTaken)) throw error
    }
    await followRootKeys(store.reader, keyvault.rootKeys)
  }

  /** @returns whether nothing is left under an older root key */
  async #rewrapAll(rootVersion: number): Promise<boolean> {
    const { reader } = this.#deps.store
    let isWhole = true
    let after: NewDataKey | null = null
    for (;;) {
      const page: NewDataKey[] = await listKeysUnderOlder(reader, rootVersion, {
        after,
        limit: DATA_KEYS,
      })
      after = page.at(-1) ?? null
      if (after === null) return isWhole
      if (this.#stopping) return false
      const changes = page.flatMap((row) => this.#rewrap(row))
      isWhole &&= changes.length === page.length
      await this.#work.step(async (tx) => {
        for (const { from, to } of changes) await updateWrapped(tx, from, to)
      })
      rewrapped.inc({ table: 'organization_key' }, changes.length)
    }
  }

  /** Nothing for a row that does not open: it stays, and so does the root key that it names. */
  #rewrap(from: NewDataKey): { from: NewDataKey; to: NewDataKey }[] {
    try {
      return [{ from, to: rewrapDataKey(this.#deps.keyvault.rootKeys, from) }]
    } catch (cause) {
      const { organization_id: organizationId, version } = from
      log('alarm', 'a data key does not open', { organizationId, version, cause })
      return []
    }
  }

  #removal(version: number): Unit {
    const audit = {
      actor: 'system',
      credential: '',
      action: 'root-key.remove',
      resource: '',
      outcome: 'accepted' as const,
      activityId: null,
      bodyHash: null,
      payload: { before: version },
    }
    return {
      ...entryOnly({ id: newUuid(this.#deps.clock.now()), organizationId: INSTANCE_ID, audit }),
      changes: 'rows',
      effects: async (tx) => {
        await this.#work.assertHeld(tx)
        if (!(await deleteOlderRootKeys(tx, version))) throw new AppError('UNAVAILABLE')
      },
    }
  }
}
