// SQL of what the host decides about organizations: their limits, and whether they are frozen.
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { Reader, Tx } from '../../store/engine.ts'
import type { SetLimits } from './limits.ts'

/** By whom an organization is frozen, as bits of its column: for itself, or with the instance. */
export const FROZEN = { alone: 1, everywhere: 2 } as const
const ALL_BITS = FROZEN.alone | FROZEN.everywhere

/** Sets or clears one reason for an organization to be frozen. */
export async function setFrozen(
  tx: Tx,
  organizationId: string,
  change: { reason: keyof typeof FROZEN; frozen: boolean },
): Promise<void> {
  const bit = FROZEN[change.reason]
  await tx.run(
    'update organization set frozen = (coalesce(frozen, 0) & ?) | ? where organization_id = ?u',
    ALL_BITS & ~bit,
    change.frozen ? bit : 0,
    organizationId,
  )
}

/**
 * What a new root organization begins with: frozen while the instance is. The row is held until the
 * transaction ends, so that freezing the instance either comes before or sees the new organization.
 */
export async function inheritedFreeze(tx: Tx): Promise<number | null> {
  const lock = tx.engine === 'postgres' ? 'for share' : ''
  const row = await tx.one<{ frozen: number | null }>(
    `select frozen from organization where organization_id = ?u ${lock}`,
    INSTANCE_ID,
  )
  return row?.frozen ?? null
}

export interface OrganizationLimits {
  parentId: string | null
  /** What was set for it alone. */
  set: SetLimits
}

/** Undefined when there is no such organization. */
export async function findLimits(
  reader: Reader,
  organizationId: string,
): Promise<OrganizationLimits | undefined> {
  const row = await reader.one<{ parent_id: string | null; limits: string | null }>(
    'select parent_id, limits from organization where organization_id = ?u and deleted_ms is null',
    organizationId,
  )
  if (row === undefined || organizationId === INSTANCE_ID) return undefined
  return { parentId: row.parent_id, set: JSON.parse(row.limits ?? '{}') as SetLimits }
}

export async function updateLimits(tx: Tx, organizationId: string, set: SetLimits): Promise<void> {
  await tx.run(
    'update organization set limits = ? where organization_id = ?u',
    JSON.stringify(set),
    organizationId,
  )
}
