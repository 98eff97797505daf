// The root quorum's rules: known members, at least one vote, and no more than there are members.
import { AppError } from '../../errors.ts'
import type { Snapshot } from './model.ts'

/** @throws AppError `QUORUM_THRESHOLD_ZERO`, `QUORUM_USERS_MISSING`, `QUORUM_THRESHOLD_TOO_HIGH` */
export function refuseBadQuorum(threshold: number, members: number): void {
  if (threshold < 1) throw new AppError('QUORUM_THRESHOLD_ZERO')
  if (members === 0) throw new AppError('QUORUM_USERS_MISSING')
  if (threshold > members) throw new AppError('QUORUM_THRESHOLD_TOO_HIGH')
}

/**
 * The members of a new root quorum, each once.
 * @throws AppError `QUORUM_USERS_MISSING` also for a user that is unknown, `QUORUM_THRESHOLD_ZERO`,
 *   `QUORUM_THRESHOLD_TOO_HIGH`
 */
export function planRootQuorum(
  { organizationId, users }: Snapshot,
  { threshold, userIds }: { threshold: number; userIds: readonly string[] },
) {
  const members = [...new Set(userIds)]
  refuseBadQuorum(threshold, members.length)
  if (!members.every((id) => users.has(id))) throw new AppError('QUORUM_USERS_MISSING')
  return { organizationId, threshold, userIds: members }
}
