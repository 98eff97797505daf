// Removes API keys that expired a week ago: until then their use is answered as that of a known key.
import type { CommitQueue } from '../commit/queue.ts'
import { entryOnly, type Outcome } from '../commit/unit.ts'
import { acquireLease, holdsLease } from '../domain/lease/lease.store.ts'
import {
  deleteExpiredKeys,
  type ExpiredKey,
  listExpiredKeys,
} from '../domain/credential/credential.store.ts'
import { AppError } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import { newUuid } from '../platform/ids.ts'
import { log } from '../platform/log.ts'
import type { Store } from '../store/engine.ts'

const KEPT_MS = 7 * 24 * 60 * 60 * 1000
const KEYS_MAX = 500
const LEASE = 'purge-expired-keys'
const LEASE_MS = 120_000

export interface PurgeDependencies {
  store: Store
  queue: Pick<CommitQueue, 'submit'>
  clock: Clock
  /** Names this process. */
  holder: string
}

/** Who may purge at the moment: this process, while the lease has this epoch. */
interface Term {
  holder: string
  epoch: number
}

/** The job of one process; of all processes, the holder of the lease does the work. */
export class ExpiredKeyPurge {
  readonly #deps: PurgeDependencies
  /** Where the last run ended, so that an organization that fails does not stop the others. */
  #after: ExpiredKey | null = null

  constructor(deps: PurgeDependencies) {
    this.#deps = deps
  }

  /** Removes at most 500 keys. */
  async run(): Promise<void> {
    const { store, clock } = this.#deps
    const untilMs = clock.now() - KEPT_MS
    const page = { after: this.#after, limit: KEYS_MAX }
    const due = await listExpiredKeys(store.reader, untilMs, page)
    this.#after = due.length < KEYS_MAX ? null : (due.at(-1) ?? null)
    if (due.length === 0) return
    const term = await this.#acquire()
    if (term === undefined) return
    for (const [organizationId, keys] of Map.groupBy(due, (key) => key.organization_id)) {
      const ids = keys.map(({ id }) => id)
      await this.#purge(organizationId, { ids, untilMs, term }).catch((cause: unknown) => {
        log('error', 'the expired keys of an organization stay', { organizationId, cause })
      })
    }
  }

  async #acquire(): Promise<Term | undefined> {
    const { store, clock, holder } = this.#deps
    const nowMs = clock.now()
    const lease = { name: LEASE, holder, nowMs, untilMs: nowMs + LEASE_MS }
    const { value: epoch } = await store.write('alone', (tx) => acquireLease(tx, lease))
    return epoch === undefined ? undefined : { holder, epoch }
  }

  #purge(organizationId: string, expired: Expired): Promise<Outcome> {
    const { queue, clock } = this.#deps
    const { ids, untilMs, term } = expired
    const unit = entryOnly({ id: newUuid(clock.now()), organizationId, audit: facts(ids) })
    return queue.submit({
      ...unit,
      changes: 'snapshot',
      async effects(tx) {
        if (!(await holdsLease(tx, { name: LEASE, ...term }))) throw new AppError('UNAVAILABLE')
        // A key that is alive by the database's clock is never removed, whatever this process' says.
        const expiredMs = Math.min(untilMs, tx.nowMs)
        await deleteExpiredKeys(tx, organizationId, { ids, untilMs: expiredMs })
      },
    })
  }
}

interface Expired {
  ids: readonly string[]
  untilMs: number
  term: Term
}

function facts(apiKeyIds: readonly string[]) {
  return {
    actor: 'system',
    credential: '',
    action: 'api-keys.purge',
    resource: 'CREDENTIAL',
    outcome: 'accepted' as const,
    activityId: null,
    bodyHash: null,
    payload: { apiKeyIds },
  }
}
