// UPDATE_USER_NAME: renames a user.
import { z } from 'zod'
import { updateUser as storeUser } from '../../../domain/user/user.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, uuid } from '../../../operation/schemas.ts'
import { prepareUserChange } from '../userChange.ts'

export const updateUserName = defineActivity({
  name: 'updateUserName',
  path: '/public/v1/submit/update_user_name',
  type: 'ACTIVITY_TYPE_UPDATE_USER_NAME',
  intentKey: 'updateUserNameIntent',
  resultKey: 'updateUserNameResult',
  summary: 'Rename a user',
  spec: 'api-reference/activities/update-user',
  tags: ['users'],
  policy: { resource: 'USER', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  limit: 'write',
  params: z.strictObject({ userId: uuid, userName: label }),
  older: [],
  result: z.object({ userId: z.uuid() }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: { userId: '019a0000-0000-7000-8000-000000000002', userName: 'Ada' },
    result: { userId: '019a0000-0000-7000-8000-000000000002' },
  },
  changes: 'snapshot',
  prepare: (ctx, { userId, userName: name }) => prepareUserChange(ctx, { userId, name }),
  effects: (tx, change) => storeUser(tx, change),
})
