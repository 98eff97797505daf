// What operations that change one user share.
import type { Snapshot } from '../../domain/organization/model.ts'
import { planUserChange, type UserChange } from '../../domain/user/change.ts'

/**
 * Their `prepare`.
 * @throws AppError what `planUserChange` throws
 */
export function prepareUserChange(
  { organization }: { organization: Snapshot },
  change: UserChange,
) {
  const user = planUserChange(organization, change)
  return { result: { userId: user.id }, organizationId: organization.organizationId, user }
}
