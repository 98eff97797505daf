// SQL of users and the root quorum.
import type { Tx } from '../../store/engine.ts'
import { deleteCredentialsOf, insertCredentials } from '../credential/credential.store.ts'
import { deleteImportKeysOf } from '../keyvault/importKey.store.ts'
import { userTable } from '../organization/covered.store.ts'
import type { User } from '../organization/model.ts'
import { tagColumn } from '../tag/tag.ts'
import type { UserPlan } from './user.ts'

export async function insertUsers(tx: Tx, plan: Omit<UserPlan, 'userIds'>): Promise<void> {
  await tx.insert(userTable, plan.users)
  await insertCredentials(tx, plan)
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

/** Stores name, contacts and tags of a user. */
export async function updateUser(
  tx: Tx & { readonly nowMs: number },
  { organizationId, user }: { organizationId: string; user: User },
): Promise<void> {
  await tx.run(
    `update org_user set name = ?, email = ?, email_verified = ?, phone = ?, phone_verified = ?,
       tags = ?, updated_ms = ? where organization_id = ?u and id = ?u`,
    user.name,
    user.email,
    user.emailVerified ? 1 : null,
    user.phone,
    user.phoneVerified ? 1 : null,
    tagColumn(user.tagIds),
    tx.nowMs,
    organizationId,
    user.id,
  )
}

/** Removes users with all their credentials, and the keys of imports that they began. */
export async function deleteUsers(
  tx: Tx,
  organizationId: string,
  users: readonly User[],
): Promise<void> {
  await deleteCredentialsOf(tx, organizationId, users)
  await deleteImportKeysOf(tx, organizationId, users)
  for (const { id } of users) {
    await tx.run('delete from org_user where organization_id = ?u and id = ?u', organizationId, id)
  }
}
/** Notes that a user's e-mail address is known to be the user's own. */
export async function markEmailVerified(
  tx: Tx,
  user: { organizationId: string; userId: string; nowMs: number },
): Promise<void> {
  await tx.run(
    'update org_user set email_verified = 1, updated_ms = ? where organization_id = ?u and id = ?u',
    user.nowMs,
    user.organizationId,
    user.userId,
  )
}
