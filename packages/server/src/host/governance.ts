// What the person at the host's shell decides about organizations: freezing them, and their limits.
import type { App } from '../app.ts'
import { type Effects, entryOnly } from '../commit/unit.ts'
import {
  findLimits,
  type OrganizationLimits,
  setFrozen,
  updateLimits,
} from '../domain/organization/governance.store.ts'
import { canBeUnlimited, limitNames, type SetLimits } from '../domain/organization/limits.ts'
import { listRootOrganizations } from '../domain/organization/lookup.store.ts'
import { AppError } from '../errors.ts'
import { INSTANCE_ID, isUuid, newUuid } from '../platform/ids.ts'
import { HostError, hostFacts } from './instance.ts'

/** Greatest numbers that are sensible: of any thing, and still exact in every sum. */
const LIMIT_MAX = 1_000_000_000

const PAGE = 100

/** @param organizationId null: every root organization, those still to come too */
export interface FreezeOptions {
  organizationId: string | null
  frozen: boolean
}

/**
 * Stops, or allows again, all activities of an organization and of what is below it. Once this has
 * returned no process begins one any more, and none that was begun is committed.
 * @returns how many organizations were changed
 */
export async function freeze(app: App, { organizationId, frozen }: FreezeOptions): Promise<number> {
  if (organizationId !== null) {
    await requireOrganization(app, organizationId)
    await setOne(app, organizationId, { reason: 'alone', frozen })
    return 1
  }
  // The instance first: whatever is created from now on begins as it says.
  await setOne(app, INSTANCE_ID, { reason: 'everywhere', frozen })
  let changed = 0
  let after: string | null = INSTANCE_ID
  while (after !== null) {
    const page: { organization_id: string }[] = await listRootOrganizations(app.store.reader, {
      after,
      limit: PAGE,
    })
    await Promise.all(
      page.map((row) => setOne(app, row.organization_id, { reason: 'everywhere', frozen })),
    )
    changed += page.length
    after = page.at(-1)?.organization_id ?? null
  }
  return changed
}

function setOne(
  app: App,
  organizationId: string,
  change: Parameters<typeof setFrozen>[2],
): Promise<void> {
  const action = change.frozen ? 'organization.freeze' : 'organization.unfreeze'
  return changeAsHost(app, {
    organizationId,
    action,
    payload: { reason: change.reason },
    effects: (tx) => setFrozen(tx, organizationId, change),
  })
}

/** A limit as it is to be: a count, `unlimited`, or as every organization has it. */
export type LimitValue = number | 'unlimited' | 'default'

export interface LimitsOptions {
  organizationId: string
  set: Record<string, LimitValue>
}

/**
 * Sets limits of an organization, for all requests that are decided from now on. What is there
 * already stays.
 * @throws HostError naming a limit that does not exist, or a value that it cannot have
 */
export async function setLimits(app: App, options: LimitsOptions): Promise<void> {
  const { organizationId, set } = options
  const { parentId } = await requireOrganization(app, organizationId)
  const names: readonly string[] = limitNames(parentId !== null)
  for (const [name, value] of Object.entries(set)) {
    if (!names.includes(name)) {
      throw new HostError(`there is no limit \`${name}\` here: the limits are ${names.join(', ')}`)
    }
    assertValue(name as keyof SetLimits, value)
  }
  await changeAsHost(app, {
    organizationId,
    action: 'organization.limits',
    payload: set,
    async effects(tx) {
      const present = (await findLimits(tx, organizationId))?.set ?? {}
      await updateLimits(tx, organizationId, changed(present, set))
    },
  })
}

function assertValue(name: keyof SetLimits, value: LimitValue): void {
  if (value === 'default' || (value === 'unlimited' && canBeUnlimited(name))) return
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LIMIT_MAX) {
    return
  }
  const others = canBeUnlimited(name) ? '`unlimited` or `default`' : 'or `default`'
  throw new HostError(`\`${name}\` must be an integer from 0 to ${LIMIT_MAX}, ${others}`)
}

function changed(present: SetLimits, set: Record<string, LimitValue>): SetLimits {
  const merged: Record<string, LimitValue | null> = { ...present, ...set }
  const entries = Object.entries(merged).filter(([, value]) => value !== 'default')
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === 'unlimited' ? null : value]),
  )
}

async function requireOrganization(
  { store }: App,
  organizationId: string,
): Promise<OrganizationLimits> {
  const found = isUuid(organizationId) ? await findLimits(store.reader, organizationId) : undefined
  if (found === undefined) throw new HostError(`there is no organization ${organizationId}`)
  return found
}

interface HostChange {
  organizationId: string
  action: string
  /** By default the organization itself. */
  resource?: string
  payload: Record<string, unknown>
  effects: Effects
}

/** Changes what decisions about an organization read; its chain records that the host did it. */
export async function changeAsHost({ deps }: App, change: HostChange): Promise<void> {
  const { organizationId, action, resource = organizationId, payload, effects } = change
  const outcome = await deps.queue.submit({
    ...entryOnly({
      id: newUuid(deps.clock.now()),
      organizationId,
      audit: hostFacts({ action, resource, payload }),
    }),
    changes: 'snapshot',
    effects,
  })
  if (outcome.kind === 'failed') throw outcome.error
  if (outcome.kind !== 'committed') throw new AppError('UNAVAILABLE')
}
