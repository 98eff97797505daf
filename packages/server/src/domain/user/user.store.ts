// SQL of users and their API keys.
import type { Tx } from '../../store/engine.ts'
import { apiKeyTable, userTable } from '../organization/covered.store.ts'
import type { UserPlan } from './user.ts'

export async function insertUsers(
  tx: Tx,
  plan: Pick<UserPlan, 'users' | 'apiKeys'>,
): Promise<void> {
  await tx.insert(userTable, plan.users)
  await tx.insert(apiKeyTable, plan.apiKeys)
}

export async function deleteApiKeys(
  tx: Tx,
  organizationId: string,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    await tx.run('delete from api_key where organization_id = ?u and id = ?u', organizationId, id)
  }
}

/** Makes exactly `userIds` the members of the root quorum. */
export async function updateRootQuorum(
  tx: Tx,
  quorum: { organizationId: string; threshold: number; userIds: readonly string[]; nowMs: number },
): Promise<void> {
  const { organizationId, threshold, userIds, nowMs } = quorum
  await tx.run(
    'update organization set root_threshold = ?, updated_ms = ? where organization_id = ?u',
    threshold,
    nowMs,
    organizationId,
  )
  await tx.run('update org_user set is_root = 0 where organization_id = ?u', organizationId)
  for (const id of userIds) {
    await tx.run(
      'update org_user set is_root = 1 where organization_id = ?u and id = ?u',
      organizationId,
      id,
    )
  }
}
