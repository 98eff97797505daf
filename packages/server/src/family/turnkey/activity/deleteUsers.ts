// DELETE_USERS: removes users with their credentials.
import { z } from 'zod'
import { planUserDeletion } from '../../../domain/user/change.ts'
import { deleteUsers as removeUsers } from '../../../domain/user/user.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deleteUsers = defineActivity({
  name: 'deleteUsers',
  path: '/public/v1/submit/delete_users',
  type: 'ACTIVITY_TYPE_DELETE_USERS',
  intentKey: 'deleteUsersIntent',
  resultKey: 'deleteUsersResult',
  summary: 'Delete users with their credentials',
  spec: 'api-reference/activities/delete-users',
  tags: ['users'],
  policy: { resource: 'USER', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ userIds: z.array(uuid).min(1).max(100) }),
  older: [],
  result: z.object({ userIds: z.array(z.uuid()) }),
  errors: ['USER_NOT_FOUND', 'QUORUM_USERS_MISSING'],
  example: {
    params: { userIds: ['019a0000-0000-7000-8000-000000000002'] },
    result: { userIds: ['019a0000-0000-7000-8000-000000000002'] },
  },
  changes: 'snapshot',
  prepare({ organization }, { userIds }) {
    const { organizationId } = organization
    const users = planUserDeletion(organization, userIds)
    return { result: { userIds: users.map(({ id }) => id) }, organizationId, users }
  },
  effects: (tx, { organizationId, users }) => removeUsers(tx, organizationId, users),
})
