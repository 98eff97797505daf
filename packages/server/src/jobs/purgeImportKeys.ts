// Removes keys of imports that have expired: what was encrypted to them can then be read by nobody.
import { entryOnly, type Unit } from '../commit/unit.ts'
import {
  deleteExpiredImportKeys,
  type ExpiredImportKey,
  listExpiredImportKeys,
} from '../domain/keyvault/importKey.store.ts'
import { newUuid } from '../platform/ids.ts'
import { Sweep, type SweepDependencies } from './sweep.ts'

export class ImportKeyPurge extends Sweep<ExpiredImportKey> {
  constructor(deps: SweepDependencies) {
    const { store, clock } = deps
    super(deps, {
      lease: 'purge-import-keys',
      list: (nowMs, page) => listExpiredImportKeys(store.reader, nowMs, page),
      unit: (organizationId, keys) => purgeOf(organizationId, keys, clock.now()),
    })
  }
}

function purgeOf(organizationId: string, keys: readonly ExpiredImportKey[], nowMs: number): Unit {
  const userIds = [...new Set(keys.map(({ user_id }) => user_id))]
  return {
    ...entryOnly({ id: newUuid(nowMs), organizationId, audit: facts(userIds) }),
    changes: 'rows',
    effects: (tx) => deleteExpiredImportKeys(tx, organizationId),
  }
}

function facts(userIds: readonly string[]) {
  return {
    actor: 'system',
    credential: '',
    action: 'import-keys.purge',
    resource: 'USER',
    outcome: 'accepted' as const,
    activityId: null,
    bodyHash: null,
    payload: { userIds },
  }
}
