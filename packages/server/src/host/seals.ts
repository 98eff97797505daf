// What the person at the host's shell does to seals: adding, removing, and noting what became of them.
import type { App } from '../app.ts'
import type { EffectTx } from '../commit/unit.ts'
import {
  deleteSeal,
  findNewestRootVersion,
  insertSeal,
  listSeals,
  type Seal,
  updateSealDetails,
} from '../domain/keyvault/keyvault.store.ts'
import { detailsOf, type SealOffer } from '../domain/keyvault/seals.ts'
import { AppError } from '../errors.ts'
import { INSTANCE_ID, isUuid } from '../platform/ids.ts'
import { changeAsHost } from './governance.ts'
import { HostError } from './instance.ts'

/** A seal to be added, as it goes through the control socket. Bytes are hexadecimal. */
export type AddSealOptions = Omit<SealOffer, 'publicKey' | 'authKey'> & {
  publicKey: string
  authKey: string
}

export interface SealNote {
  sealId: string
  /** What happened now. `provedMs`: it was opened by its secret. `exportedMs`: its key was copied. */
  note: 'provedMs' | 'exportedMs'
}

/** Adds a seal; every other one stays. @throws HostError */
export function addSeal(app: App, options: AddSealOptions): Promise<void> {
  const offer: SealOffer = {
    ...options,
    publicKey: Buffer.from(options.publicKey, 'hex'),
    authKey: Buffer.from(options.authKey, 'hex'),
  }
  return changeSeals(app, {
    action: 'seal.add',
    sealId: offer.id,
    payload: { kind: offer.kind },
    async effects(tx) {
      const newest = await findNewestRootVersion(tx)
      const made = app.deps.keyvault.makeSeal(offer, tx.nowMs, newest)
      if (made === undefined) return 'the root key has just been changed: try again'
      await insertSeal(tx, made)
      return null
    },
  })
}

/** Removes a seal, if another one is known to open the instance. @throws HostError */
export function removeSeal(app: App, sealId: string): Promise<void> {
  return changeSeals(app, {
    action: 'seal.remove',
    sealId,
    payload: {},
    async effects(tx) {
      const seals = await listSeals(tx)
      const others = seals.filter(({ id }) => id !== sealId)
      if (others.length === seals.length) return `there is no seal ${sealId}`
      if (others.length === 0) return 'the last seal cannot be removed: nothing would open the keys'
      if (!others.some((seal) => isProved(app, seal))) {
        return 'no other seal is known to work: type `npx keystead seal test` for one of them first'
      }
      await deleteSeal(tx, sealId)
      return null
    },
  })
}

/** SECURITY: what a row says of itself counts only if an unsealed server wrote it. */
function isProved({ deps }: App, seal: Seal): boolean {
  return deps.keyvault.isTrustedSeal(seal) && 'provedMs' in detailsOf(seal)
}

/** Notes in a seal's row what happened to it now. @throws HostError */
export function noteSeal(app: App, { sealId, note }: SealNote): Promise<void> {
  return changeSeals(app, {
    action: note === 'provedMs' ? 'seal.test' : 'seal.export',
    sealId,
    payload: {},
    async effects(tx) {
      const seal = (await listSeals(tx)).find(({ id }) => id === sealId)
      if (seal === undefined) return `there is no seal ${sealId}`
      const { keyvault } = app.deps
      if (!keyvault.isTrustedSeal(seal)) return `seal ${sealId} was changed from outside`
      const details = { ...detailsOf(seal), [note]: tx.nowMs }
      await updateSealDetails(tx, keyvault.redescribeSeal(seal, details))
      return null
    },
  })
}

interface SealChange {
  action: string
  sealId: string
  payload: Record<string, unknown>
  /** @returns why it cannot be; null: it was done */
  effects: (tx: EffectTx) => Promise<string | null>
}

async function changeSeals(app: App, change: SealChange): Promise<void> {
  const { action, sealId, payload } = change
  if (!isUuid(sealId)) throw new HostError(`${sealId} is not the id of a seal`)
  let refusal: string | null = null
  const changed = changeAsHost(app, {
    organizationId: INSTANCE_ID,
    action,
    resource: sealId,
    payload,
    async effects(tx) {
      refusal = await change.effects(tx)
      if (refusal !== null) throw new AppError('UNAVAILABLE')
    },
  })
  await changed.catch((error: unknown) => {
    throw refusal === null ? error : new HostError(refusal)
  })
}
