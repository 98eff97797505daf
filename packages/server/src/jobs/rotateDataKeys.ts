// Gives data keys a new version: by a unit of the organization, which its snapshot changes with.
import { entryOnly, type Unit } from '../commit/unit.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import type { Directory } from '../domain/organization/directory.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import { resealInstanceKeys } from '../domain/keyvault/instanceKeys.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import { listInstanceKeys, replaceInstanceKey } from '../domain/keyvault/keyvault.store.ts'
import {
  type AgedKey,
  findRequestedRotation,
  insertDataKey,
  listAgedKeys,
} from '../domain/keyvault/rotation.store.ts'
import { assert } from '../errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Store, Tx } from '../store/engine.ts'
import { Sweep, type SweepDependencies } from './sweep.ts'

const DAY_MS = 24 * 60 * 60 * 1000

interface RotationDependencies {
  store: Pick<Store, 'reader'>
  clock: Clock
  keyvault: Keyvault
}

/**
 * The unit after which a new version of the organization's data key seals. What older ones have
 * sealed is rewrapped later.
 */
export async function rotationOf(
  { store, clock, keyvault }: RotationDependencies,
  organization: Snapshot,
  actor: 'host' | 'system',
): Promise<Unit> {
  const { organizationId } = organization
  const next = (await keyvault.dataKey(store.reader, organization)).next()
  const row = keyvault.wrapDataKey(next, organizationId)
  const keys = organizationId === INSTANCE_ID ? await listInstanceKeys(store.reader) : []
  const resealed = resealInstanceKeys(next, keys)
  const audit = {
    actor,
    credential: '',
    action: 'data-key.rotate',
    resource: organizationId,
    outcome: 'accepted' as const,
    activityId: null,
    bodyHash: null,
    payload: { version: next.version },
  }
  return {
    ...entryOnly({ id: newUuid(clock.now()), organizationId, audit }),
    reads: [organization],
    changes: 'snapshot',
    async effects(tx) {
      await insertDataKey(tx, row, tx.nowMs)
      for (const [n, key] of keys.entries()) await replaceKey(tx, key, resealed[n])
      tx.replaceDataKey(next)
    },
  }
}

type InstanceKey = Parameters<typeof replaceInstanceKey>[1]

async function replaceKey(tx: Tx, before: InstanceKey, after: InstanceKey | undefined) {
  const replaced = after !== undefined && (await replaceInstanceKey(tx, before, after))
  assert(replaced, 'instance keys change with the data key of the instance only')
}

/** Rotates the data keys whose time has come: because the host asked for it, or by their age. */
export class DataKeyRotation extends Sweep<AgedKey> {
  /** @param deps.rotationDays how old a version gets; null: any age */
  constructor(
    deps: SweepDependencies &
      RotationDependencies & { directory: Directory; rotationDays: number | null },
  ) {
    const { store, directory, rotationDays } = deps
    super(deps, {
      lease: 'rotate-data-keys',
      async list(nowMs, page) {
        const aged = rotationDays === null ? 0 : nowMs - rotationDays * DAY_MS
        const untilMs = Math.max(await findRequestedRotation(store.reader), aged)
        return untilMs === 0 ? [] : listAgedKeys(store.reader, untilMs, page)
      },
      async unit(organizationId) {
        const organization = await directory.refresh(organizationId)
        assert(organization !== undefined, 'only organizations that are there are listed')
        return rotationOf(deps, organization, 'system')
      },
    })
  }
}
