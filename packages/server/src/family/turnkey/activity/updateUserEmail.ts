// UPDATE_USER_EMAIL: changes or removes the e-mail address of a user.
import { z } from 'zod'
import { updateUser as storeUser } from '../../../domain/user/user.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { email, uuid } from '../../../operation/schemas.ts'
import { verificationToken } from '../parameters.ts'
import { prepareUserChange } from '../userChange.ts'

export const updateUserEmail = defineActivity({
  name: 'updateUserEmail',
  path: '/public/v1/submit/update_user_email',
  type: 'ACTIVITY_TYPE_UPDATE_USER_EMAIL',
  intentKey: 'updateUserEmailIntent',
  resultKey: 'updateUserEmailResult',
  summary: 'Change or remove the e-mail address of a user',
  spec: 'api-reference/activities/update-user',
  tags: ['users'],
  policy: { resource: 'USER', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  limit: 'write',
  params: z.strictObject({
    userId: uuid,
    userEmail: email.describe('Empty: none.'),
    verificationToken,
  }),
  older: [],
  result: z.object({ userId: z.uuid() }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: { userId: '019a0000-0000-7000-8000-000000000002', userEmail: 'ada@example.com' },
    result: { userId: '019a0000-0000-7000-8000-000000000002' },
  },
  changes: 'snapshot',
  prepare: (ctx, { userId, userEmail: email }) => prepareUserChange(ctx, { userId, email }),
  effects: (tx, change) => storeUser(tx, change),
})
