// UPDATE_USER: changes the name, contacts or tags of a user.
import { z } from 'zod'
import { defineActivity } from '../../../operation/operation.ts'
import { email, label, list, phoneNumber, uuid } from '../../../operation/schemas.ts'
import { changesUser, prepareUserChange } from '../userChange.ts'

export const updateUser = defineActivity({
  name: 'updateUser',
  path: '/public/v1/submit/update_user',
  type: 'ACTIVITY_TYPE_UPDATE_USER',
  intentKey: 'updateUserIntent',
  resultKey: 'updateUserResult',
  summary: 'Change the name, contacts or tags of a user',
  ...changesUser,
  params: z.strictObject({
    userId: uuid,
    userName: label.optional(),
    userEmail: email.optional().describe('Empty: none.'),
    userPhoneNumber: phoneNumber.optional().describe('In E.164 format; empty: none.'),
    userTagIds: list(uuid, 100).describe('All tags that the user then has; empty: as they were.'),
  }),
  errors: ['USER_NOT_FOUND', 'USER_TAG_NOT_FOUND'],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      userName: 'Ada',
      userEmail: 'ada@example.com',
      userTagIds: [],
    },
    result: { userId: '019a0000-0000-7000-8000-000000000002' },
  },
  prepare: (ctx, params) =>
    prepareUserChange(ctx, {
      userId: params.userId,
      name: params.userName,
      email: params.userEmail,
      phone: params.userPhoneNumber,
      tagIds: params.userTagIds.length === 0 ? undefined : params.userTagIds,
    }),
})
