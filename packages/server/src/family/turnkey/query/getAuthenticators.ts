// get_authenticators: the passkeys of a user.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { authenticatorResult, exampleAuthenticator, wireAuthenticator } from '../credentialWire.ts'

export const getAuthenticators = defineQuery({
  name: 'getAuthenticators',
  path: '/public/v1/query/get_authenticators',
  summary: 'Get the passkeys of a user',
  spec: 'api-reference/queries/get-authenticators',
  tags: ['authenticators'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, userId: uuid }),
  result: z.object({ authenticators: z.array(authenticatorResult) }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      userId: '019a0000-0000-7000-8000-000000000002',
    },
    result: { authenticators: [exampleAuthenticator] },
  },
  run(ctx, { userId }) {
    const user = ctx.organization.users.get(userId)
    if (user === undefined) return ctx.fail('USER_NOT_FOUND')
    return { authenticators: user.passkeys.map(wireAuthenticator) }
  },
})
