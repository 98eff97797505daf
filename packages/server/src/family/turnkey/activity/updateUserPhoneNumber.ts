// UPDATE_USER_PHONE_NUMBER: changes or removes the phone number of a user.
import { z } from 'zod'
import { updateUser as storeUser } from '../../../domain/user/user.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { phoneNumber, uuid } from '../../../operation/schemas.ts'
import { verificationToken } from '../parameters.ts'
import { prepareUserChange } from '../userChange.ts'

export const updateUserPhoneNumber = defineActivity({
  name: 'updateUserPhoneNumber',
  path: '/public/v1/submit/update_user_phone_number',
  type: 'ACTIVITY_TYPE_UPDATE_USER_PHONE_NUMBER',
  intentKey: 'updateUserPhoneNumberIntent',
  resultKey: 'updateUserPhoneNumberResult',
  summary: 'Change or remove the phone number of a user',
  spec: 'api-reference/activities/update-user',
  tags: ['users'],
  policy: { resource: 'USER', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  limit: 'write',
  params: z.strictObject({
    userId: uuid,
    userPhoneNumber: phoneNumber.describe('In E.164 format; empty: none.'),
    verificationToken,
  }),
  older: [],
  result: z.object({ userId: z.uuid() }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: { userId: '019a0000-0000-7000-8000-000000000002', userPhoneNumber: '+15555550100' },
    result: { userId: '019a0000-0000-7000-8000-000000000002' },
  },
  changes: 'snapshot',
  prepare: (ctx, { userId, userPhoneNumber: phone }) => prepareUserChange(ctx, { userId, phone }),
  effects: (tx, change) => storeUser(tx, change),
})
