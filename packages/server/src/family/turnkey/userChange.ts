// What operations that change one user share.
import { z } from 'zod'
import type { Snapshot } from '../../domain/organization/model.ts'
import { planUserChange, type UserChange } from '../../domain/user/change.ts'
import { updateUser } from '../../domain/user/user.store.ts'

type UserTx = Parameters<typeof updateUser>[0]

/** Their records, but for name, parameters and `prepare`. */
export const changesUser = {
  spec: 'api-reference/activities/update-user',
  tags: ['users'],
  policy: { resource: 'USER', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  older: [],
  result: z.object({ userId: z.uuid() }),
  changes: 'snapshot',
  effects: (tx: UserTx, change: ReturnType<typeof prepareUserChange>) => updateUser(tx, change),
} as const

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
