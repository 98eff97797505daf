// SQL of policies.
import type { Row, Tx } from '../../store/engine.ts'
import { policyTable } from '../organization/covered.store.ts'
import type { CountingTx } from '../spending/spending.store.ts'
import type { ChangedPolicy } from './policy.ts'

export async function insertPolicies(tx: Tx, rows: readonly Row[]): Promise<void> {
  await tx.insert(policyTable, rows)
}

/** Sets everything that a policy says. */
export async function updatePolicy(
  tx: Tx,
  organizationId: string,
  { id, columns, nowMs }: Pick<ChangedPolicy, 'id' | 'columns'> & { nowMs: number },
): Promise<void> {
  await tx.run(
    `update policy set name = ?, effect = ?, consensus = ?, condition = ?, notes = ?, limits = ?,
       updated_ms = ?
     where organization_id = ?u and id = ?u`,
    columns.name,
    columns.effect,
    columns.consensus,
    columns.condition,
    columns.notes,
    columns.limits,
    nowMs,
    organizationId,
    id,
  )
}

/** Deletes them, and what their limits have counted. */
export async function deletePolicies(
  tx: CountingTx,
  organizationId: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    await tx.run('delete from policy where organization_id = ?u and id = ?u', organizationId, id)
  }
  tx.forgetSpending((policyId) => ids.includes(policyId))
}
