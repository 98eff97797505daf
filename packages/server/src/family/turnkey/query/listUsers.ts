// list_users: all users of an organization.
import { z } from 'zod'
import { exampleUser, userResult, wireUser } from '../wire.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const listUsers = defineQuery({
  name: 'getUsers',
  path: '/public/v1/query/list_users',
  summary: 'List all users of an organization',
  spec: 'api-reference/queries/list-users',
  tags: ['users'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({ users: z.array(userResult) }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: { users: [exampleUser] },
  },
  run: ({ organization, nowMs }) => ({
    users: [...organization.users.values()].map((user) => wireUser(user, nowMs)),
  }),
})
