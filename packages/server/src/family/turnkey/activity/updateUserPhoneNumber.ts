// UPDATE_USER_PHONE_NUMBER: changes or removes the phone number of a user.
import { z } from 'zod'
import { defineActivity } from '../../../operation/operation.ts'
import { phoneNumber, uuid } from '../../../operation/schemas.ts'
import { verificationToken } from '../parameters.ts'
import { changesUser, prepareUserChange } from '../userChange.ts'

export const updateUserPhoneNumber = defineActivity({
  name: 'updateUserPhoneNumber',
  path: '/public/v1/submit/update_user_phone_number',
  type: 'ACTIVITY_TYPE_UPDATE_USER_PHONE_NUMBER',
  intentKey: 'updateUserPhoneNumberIntent',
  resultKey: 'updateUserPhoneNumberResult',
  summary: 'Change or remove the phone number of a user',
  ...changesUser,
  params: z.strictObject({
    userId: uuid,
    userPhoneNumber: phoneNumber.describe('In E.164 format; empty: none.'),
    verificationToken,
  }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: { userId: '019a0000-0000-7000-8000-000000000002', userPhoneNumber: '+15555550100' },
    result: { userId: '019a0000-0000-7000-8000-000000000002' },
  },
  prepare: (ctx, { userId, userPhoneNumber: phone }) => prepareUserChange(ctx, { userId, phone }),
})
