// SQL of what root organizations use in a month: charged signatures, and counters for people.
import type { Reader, Tx } from '../../store/engine.ts'

/** What a root organization used in a month. */
export interface UsageRow {
  organization_id: string
  month: number
  activities: number
  signatures: number
}

/** Locks the month's charges of a root organization until the transaction ends, and returns them. */
export async function lockCharged(tx: Tx, organizationId: string, month: number): Promise<number> {
  const row = await tx.one<{ signatures: number }>(
    `insert into signing_quota (organization_id, month, signatures) values (?u, ?, 0)
     on conflict (organization_id, month) do update set signatures = signing_quota.signatures
     returning signatures`,
    organizationId,
    month,
  )
  return row?.signatures ?? 0
}

/** Writes the charges that `lockCharged` locked. */
export async function updateCharged(tx: Tx, row: Omit<UsageRow, 'activities'>): Promise<void> {
  await tx.run(
    'update signing_quota set signatures = ? where organization_id = ?u and month = ?',
    row.signatures,
    row.organization_id,
    row.month,
  )
}

/** Adds to the counters of a month. */
export async function addUsage(tx: Tx, row: UsageRow): Promise<void> {
  await tx.run(
    `insert into usage_month (organization_id, month, activities, signatures) values (?u, ?, ?, ?)
     on conflict (organization_id, month) do update set
       activities = usage_month.activities + excluded.activities,
       signatures = usage_month.signatures + excluded.signatures`,
    row.organization_id,
    row.month,
    row.activities,
    row.signatures,
  )
}

/** What a root organization used, newest month first, and what of it its quota counts. */
export function listUsage(
  reader: Reader,
  organizationId: string,
): Promise<(Omit<UsageRow, 'organization_id'> & { charged: number })[]> {
  return reader.all(
    `select u.month, u.activities, u.signatures, coalesce(q.signatures, 0) as charged
     from usage_month u left join signing_quota q
       on q.organization_id = u.organization_id and q.month = u.month
     where u.organization_id = ?u order by u.month desc`,
    organizationId,
  )
}
