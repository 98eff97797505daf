// UPDATE_USER_NAME: renames a user.
import { z } from 'zod'
import { defineActivity } from '../../../operation/operation.ts'
import { label, uuid } from '../../../operation/schemas.ts'
import { changesUser, prepareUserChange } from '../userChange.ts'

export const updateUserName = defineActivity({
  name: 'updateUserName',
  path: '/public/v1/submit/update_user_name',
  type: 'ACTIVITY_TYPE_UPDATE_USER_NAME',
  intentKey: 'updateUserNameIntent',
  resultKey: 'updateUserNameResult',
  summary: 'Rename a user',
  ...changesUser,
  params: z.strictObject({ userId: uuid, userName: label }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: { userId: '019a0000-0000-7000-8000-000000000002', userName: 'Ada' },
    result: { userId: '019a0000-0000-7000-8000-000000000002' },
  },
  prepare: (ctx, { userId, userName: name }) => prepareUserChange(ctx, { userId, name }),
})
