// Rewraps what older versions of data keys have sealed, and then removes those versions.
import type { CommitQueue } from '../commit/queue.ts'
import { entryOnly, type Unit } from '../commit/unit.ts'
import { type DataKey, keyVersionOf } from '../domain/keyvault/dataKeys.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import { type KeyedRow, listKeyed, replaceBytes } from '../domain/keyvault/rewrapping.store.ts'
import {
  deleteOlderKeys,
  listRewrapping,
  type SupersededKeys,
} from '../domain/keyvault/rotation.store.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { newUuid } from '../platform/ids.ts'
import { log } from '../platform/log.ts'
import { rewrapped } from '../platform/metrics.ts'
import type { Store } from '../store/engine.ts'
import { LeasedWork, LeaseTaken } from './leasedWork.ts'
import { type RenewedColumn, renewedColumns } from './rewrapping.ts'

const ORGANIZATIONS = 100
const ROWS = 100
const FIRST_ID = '00000000-0000-0000-0000-000000000000'

/**
 * How long a version stays after it was superseded: who has read what it sealed can still open that.
 * What keeps secrets readable is not this, but that nothing is sealed under it when it goes.
 */
export const SUPERSEDED_KEPT_MS = 60_000

/** What does not open now is unlikely to do so soon, and each time is an alarm. */
const BLOCKED_MS = 10 * 60_000

export interface RewrapDependencies {
  store: Store
  clock: Clock
  keyvault: Keyvault
  queue: Pick<CommitQueue, 'submit'>
  /** Names this process. */
  holder: string
}

/** A row's bytes under the newest version. */
interface Renewed {
  rowId: string
  before: Buffer
  after: Buffer
}

/** The job of one process; of all processes, the holder of the lease does the work. */
export class DataKeyRewrapping {
  readonly #deps: RewrapDependencies
  readonly #work: LeasedWork
  /** Which version everything of an organization is under: its older ones only wait to be removed. */
  readonly #done = new Map<string, number>()
  /** When an organization with a row that does not open is tried again. */
  readonly #blockedUntil = new Map<string, number>()
  #stopping = false

  constructor(deps: RewrapDependencies) {
    this.#deps = deps
    this.#work = new LeasedWork(deps, 'rewrap-data-keys')
  }

  /** Ends a run before its next transaction. */
  stop(): void {
    this.#stopping = true
  }

  /** Rewraps all that is to be rewrapped by now. Begun anew, it goes on where it was. */
  async run(): Promise<void> {
    let page: SupersededKeys[] = []
    do {
      const after = page.at(-1)?.organization_id ?? null
      page = await listRewrapping(this.#deps.store.reader, { after, limit: ORGANIZATIONS })
      for (const keys of page) {
        if (this.#stopping || !(await this.#attempt(keys))) return
      }
    } while (page.length === ORGANIZATIONS)
  }

  /** @returns whether another organization may follow */
  async #attempt(keys: SupersededKeys): Promise<boolean> {
    try {
      await this.#rewrap(keys)
      return true
    } catch (cause) {
      if (cause instanceof LeaseTaken) return false
      const { organization_id: organizationId } = keys
      log('error', 'an organization could not be rewrapped', { organizationId, cause })
      return true
    }
  }

  async #rewrap({ organization_id, version, superseded_ms }: SupersededKeys): Promise<void> {
    const { store, clock, keyvault, queue } = this.#deps
    if (clock.now() < (this.#blockedUntil.get(organization_id) ?? 0)) return
    const place = { organizationId: organization_id, keyVersion: version + 1 }
    const dataKey = await keyvault.dataKey(store.reader, place)
    if (this.#done.get(organization_id) !== dataKey.version) {
      // What is sealed from here on is under the newest version: who seals under another one has
      // committed before this version did, or must decide anew.
      let isWhole = true
      for (const column of renewedColumns) {
        isWhole = (await this.#renew(column, organization_id, dataKey)) && isWhole
      }
      // SECURITY: while a row does not open, the version that may have sealed it stays.
      if (!isWhole) this.#blockedUntil.set(organization_id, clock.now() + BLOCKED_MS)
      if (!isWhole || this.#stopping) return
      this.#done.set(organization_id, dataKey.version)
    }
    if (clock.now() < superseded_ms + SUPERSEDED_KEPT_MS) return
    await this.#work.renew()
    const outcome = await queue.submit(this.#removal(organization_id, dataKey.version))
    if (outcome.kind === 'committed') this.#done.delete(organization_id)
  }

  /** @returns whether nothing in the column is left under an older version */
  async #renew(column: RenewedColumn, organizationId: string, dataKey: DataKey): Promise<boolean> {
    const { reader } = this.#deps.store
    let isWhole = true
    let after = FIRST_ID
    let page: KeyedRow[]
    do {
      page = await listKeyed(reader, column, { organizationId, after, limit: ROWS })
      after = page.at(-1)?.row_id ?? after
      const older = page.filter(({ bytes }) => keyVersionOf(bytes) < dataKey.version)
      const changes = older.flatMap((row) => this.#renewRow(column, dataKey, row))
      isWhole &&= changes.length === older.length
      if (changes.length > 0) await this.#write(column, organizationId, changes)
    } while (page.length === ROWS && !this.#stopping)
    return isWhole
  }

  /** Nothing for a row that does not open. */
  #renewRow(column: RenewedColumn, dataKey: DataKey, row: KeyedRow): Renewed[] {
    try {
      return [{ rowId: row.row_id, before: row.bytes, after: column.renew(dataKey, row) }]
    } catch (cause) {
      log('alarm', 'a sealed row does not open', { table: column.table, id: row.row_id, cause })
      return []
    }
  }

  async #write(
    column: RenewedColumn,
    organizationId: string,
    changes: readonly Renewed[],
  ): Promise<void> {
    await this.#work.step(async (tx) => {
      for (const change of changes) await replaceBytes(tx, column, { ...change, organizationId })
    })
    rewrapped.inc({ table: column.table }, changes.length)
  }

  #removal(organizationId: string, version: number): Unit {
    const audit = {
      actor: 'system',
      credential: '',
      action: 'data-key.remove',
      resource: organizationId,
      outcome: 'accepted' as const,
      activityId: null,
      bodyHash: null,
      payload: { before: version },
    }
    return {
      ...entryOnly({ id: newUuid(this.#deps.clock.now()), organizationId, audit }),
      changes: 'rows',
      effects: async (tx) => {
        await this.#work.assertHeld(tx)
        const removed = await deleteOlderKeys(tx, organizationId, version)
        // A newer one seals by now: what this version has sealed is to be rewrapped first.
        if (removed === 0) throw new AppError('UNAVAILABLE')
      },
    }
  }
}
