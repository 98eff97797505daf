// The root quorum's rule: at least one vote, and no more than there are members.
import { AppError } from '../../errors.ts'

/** @throws AppError `QUORUM_THRESHOLD_ZERO`, `QUORUM_USERS_MISSING`, `QUORUM_THRESHOLD_TOO_HIGH` */
export function refuseBadQuorum(threshold: number, members: number): void {
  if (threshold < 1) throw new AppError('QUORUM_THRESHOLD_ZERO')
  if (members === 0) throw new AppError('QUORUM_USERS_MISSING')
  if (threshold > members) throw new AppError('QUORUM_THRESHOLD_TOO_HIGH')
}
