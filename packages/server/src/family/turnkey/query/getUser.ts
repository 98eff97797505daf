// get_user: one user with credentials.
import { z } from 'zod'
import { exampleUser, userResult, wireUser } from '../wire.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const getUser = defineQuery({
  name: 'getUser',
  path: '/public/v1/query/get_user',
  summary: 'Get a user with credentials and tags',
  spec: 'api-reference/queries/get-user',
  tags: ['users'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, userId: uuid }),
  result: z.object({ user: userResult }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      userId: '019a0000-0000-7000-8000-000000000002',
    },
    result: { user: exampleUser },
  },
  run(ctx, { userId }) {
    const user = ctx.organization.users.get(userId)
    return user === undefined ? ctx.fail('USER_NOT_FOUND') : { user: wireUser(user, ctx.nowMs) }
  },
})
