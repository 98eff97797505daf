// Removes API keys that expired a week ago: until then their use is answered as that of a known key.
import { entryOnly, type Unit } from '../commit/unit.ts'
import {
  deleteExpiredKeys,
  type ExpiredKey,
  listExpiredKeys,
} from '../domain/credential/credential.store.ts'
import { newUuid } from '../platform/ids.ts'
import { Sweep, type SweepDependencies } from './sweep.ts'

const KEPT_MS = 7 * 24 * 60 * 60 * 1000

export class ExpiredKeyPurge extends Sweep<ExpiredKey> {
  constructor(deps: SweepDependencies) {
    const { store, clock } = deps
    super(deps, {
      lease: 'purge-expired-keys',
      list: (nowMs, page) => listExpiredKeys(store.reader, nowMs - KEPT_MS, page),
      unit: (organizationId, keys) => purgeOf(organizationId, keys, clock.now()),
    })
  }
}

function purgeOf(organizationId: string, keys: readonly ExpiredKey[], nowMs: number): Unit {
  const ids = keys.map(({ id }) => id)
  return {
    ...entryOnly({ id: newUuid(nowMs), organizationId, audit: facts(ids) }),
    changes: 'snapshot',
    async effects(tx) {
      // A key that is alive by the database's clock is never removed, whatever this process' says.
      const untilMs = Math.min(nowMs - KEPT_MS, tx.nowMs)
      await deleteExpiredKeys(tx, organizationId, { ids, untilMs })
    },
  }
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
