// Key rotation at the hands of the person at the host's shell: data keys, and the root key.
import type { App } from '../app.ts'
import { type Effects, entryOnly } from '../commit/unit.ts'
import { followRootKeys, succeedRootKey } from '../domain/keyvault/handover.ts'
import { insertSealWraps, updateSealDetails } from '../domain/keyvault/keyvault.store.ts'
import {
  findLeftToRotate,
  insertRootKey,
  listRootKeys,
  requestRotation,
} from '../domain/keyvault/rotation.store.ts'
import { OlderSeal, wrapForAllSeals } from '../domain/keyvault/seals.ts'
import { AppError } from '../errors.ts'
import { rotationOf } from '../jobs/rotateDataKeys.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import type { Reader } from '../store/engine.ts'
import { HostError, hostFacts } from './instance.ts'

/** How often a rotation that was overtaken by another change is tried. */
const ROUNDS_MAX = 16

/** @param organizationId null: every organization, and the instance itself */
export interface RotateOptions {
  organizationId: string | null
}

/**
 * Gives an organization's data key a new version, which seals once this has returned. With all of
 * them it is asked for: a running server does it.
 */
export async function rotateDataKeys(app: App, { organizationId }: RotateOptions): Promise<void> {
  if (organizationId === null) {
    const effects: Effects = (tx) => requestRotation(tx, tx.nowMs)
    await recordForInstance(app, { action: 'data-keys.rotate', payload: {}, effects })
    return
  }
  const { deps } = app
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const organization = await deps.directory.refresh(organizationId)
    if (organization === undefined) {
      throw new HostError(`there is no organization ${organizationId}`)
    }
    const outcome = await deps.queue.submit(await rotationOf(deps, organization, 'host'))
    if (outcome.kind === 'committed') return
  }
  throw new AppError('UNAVAILABLE')
}

/**
 * Makes a new root key and wraps it for every seal, in one transaction. Data keys are rewrapped by a
 * running server, and then the old root key goes.
 * @returns the version of the new one
 * @throws HostError when one is being replaced already, or a seal has to be opened first
 */
export async function rekey(app: App): Promise<number> {
  const { rootKeys } = app.deps.keyvault
  await followRootKeys(app.store.reader, rootKeys)
  await assertReplaceable(app.store.reader, rootKeys.newest.version)
  const { next, handover } = succeedRootKey(rootKeys.newest)
  await explained(wrapForAllSeals(app.store.reader, rootKeys, next))
  await recordForInstance(app, {
    action: 'root-key.replace',
    payload: { version: next.version },
    async effects(tx) {
      // Anew: a seal may have come or gone since.
      await assertReplaceable(tx, rootKeys.newest.version)
      const { seals, wraps } = await wrapForAllSeals(tx, rootKeys, next)
      for (const seal of seals) await updateSealDetails(tx, seal)
      await insertSealWraps(tx, wraps)
      await insertRootKey(tx, { version: next.version, handover, created_ms: tx.nowMs })
    },
  })
  await followRootKeys(app.store.reader, rootKeys)
  return next.version
}

/** @throws HostError unless `version` is the only root key */
async function assertReplaceable(reader: Reader, version: number): Promise<void> {
  const rows = await listRootKeys(reader)
  if (rows.length === 1 && rows[0]?.version === version) return
  throw new HostError(
    'the root key is being replaced already: see `npx keystead keys rotation`, and start the server if none runs',
  )
}

async function explained<T>(work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    if (cause instanceof OlderSeal) throw new HostError(cause.message, { cause })
    throw cause
  })
}

async function recordForInstance(
  { deps }: App,
  event: { action: string; payload: Record<string, unknown>; effects: Effects },
): Promise<void> {
  const { action, payload, effects } = event
  const audit = hostFacts({ action, resource: '', payload })
  const outcome = await deps.queue.submit({
    ...entryOnly({ id: newUuid(deps.clock.now()), organizationId: INSTANCE_ID, audit }),
    changes: 'rows',
    effects,
  })
  if (outcome.kind !== 'committed') throw new AppError('UNAVAILABLE')
}

/** How far rotation is. All zero: it is complete. */
export interface RotationProgress {
  rootKey: {
    version: number
    /** Data keys that are still under the one before it. */
    dataKeysLeft: number
    /** Whether the one before it can still open something. */
    replacing: boolean
  }
  dataKeys: {
    /** Organizations whose turn is to come. */
    toRotate: number
    /** Organizations that still have an older version, since something may be sealed under it. */
    toRewrap: number
  }
}

export async function readProgress(reader: Reader): Promise<RotationProgress> {
  const rootKeys = await listRootKeys(reader)
  const version = rootKeys.at(-1)?.version ?? 0
  const { under_older, to_rotate, to_rewrap } = await findLeftToRotate(reader, version)
  return {
    rootKey: { version, dataKeysLeft: under_older, replacing: rootKeys.length > 1 },
    dataKeys: { toRotate: to_rotate, toRewrap: to_rewrap },
  }
}
