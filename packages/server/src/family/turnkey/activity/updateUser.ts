// UPDATE_USER: changes the name, contacts or tags of a user.
import { z } from 'zod'
import { updateUser as storeUser } from '../../../domain/user/user.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { email, label, list, phoneNumber, uuid } from '../../../operation/schemas.ts'
import { prepareUserChange } from '../userChange.ts'

export const updateUser = defineActivity({
  name: 'updateUser',
  path: '/public/v1/submit/update_user',
  type: 'ACTIVITY_TYPE_UPDATE_USER',
  intentKey: 'updateUserIntent',
  resultKey: 'updateUserResult',
  summary: 'Change the name, contacts or tags of a user',
  spec: 'api-reference/activities/update-user',
  tags: ['users'],
  policy: { resource: 'USER', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  limit: 'write',
  params: z.strictObject({
    userId: uuid,
    userName: label.optional(),
    userEmail: email.optional().describe('Empty: none.'),
    userPhoneNumber: phoneNumber.optional().describe('In E.164 format; empty: none.'),
    userTagIds: list(uuid, 100).describe('All tags that the user then has; empty: as they were.'),
  }),
  older: [],
  result: z.object({ userId: z.uuid() }),
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
  changes: 'snapshot',
  prepare: (ctx, params) =>
    prepareUserChange(ctx, {
      userId: params.userId,
      name: params.userName,
      email: params.userEmail,
      phone: params.userPhoneNumber,
      tagIds: params.userTagIds.length === 0 ? undefined : params.userTagIds,
    }),
  effects: (tx, change) => storeUser(tx, change),
})
