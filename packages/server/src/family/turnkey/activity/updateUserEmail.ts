// UPDATE_USER_EMAIL: changes or removes the e-mail address of a user.
import { z } from 'zod'
import { defineActivity } from '../../../operation/operation.ts'
import { email, uuid } from '../../../operation/schemas.ts'
import { verificationToken } from '../parameters.ts'
import { changesUser, prepareUserChange } from '../userChange.ts'

export const updateUserEmail = defineActivity({
  name: 'updateUserEmail',
  path: '/public/v1/submit/update_user_email',
  type: 'ACTIVITY_TYPE_UPDATE_USER_EMAIL',
  intentKey: 'updateUserEmailIntent',
  resultKey: 'updateUserEmailResult',
  summary: 'Change or remove the e-mail address of a user',
  ...changesUser,
  params: z.strictObject({
    userId: uuid,
    userEmail: email.describe('Empty: none.'),
    verificationToken,
  }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: { userId: '019a0000-0000-7000-8000-000000000002', userEmail: 'ada@example.com' },
    result: { userId: '019a0000-0000-7000-8000-000000000002' },
  },
  prepare: (ctx, { userId, userEmail: email }) => prepareUserChange(ctx, { userId, email }),
})
