// get_api_keys: the API keys of one user, or of all.
import { z } from 'zod'
import { isLive } from '../../../domain/credential/apiKey.ts'
import { apiKeyResult, exampleApiKey, wireApiKey } from '../credentialWire.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const getApiKeys = defineQuery({
  name: 'getApiKeys',
  path: '/public/v1/query/get_api_keys',
  summary: 'List the API keys of a user, or of all users, that have not expired',
  spec: 'api-reference/queries/get-api-keys',
  tags: ['api-keys'],
  findsCaller: false,
  limit: 'read',
  params: z.object({
    organizationId: uuid,
    userId: uuid.optional().describe('Absent: all users.'),
  }),
  result: z.object({ apiKeys: z.array(apiKeyResult) }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      userId: '019a0000-0000-7000-8000-000000000002',
    },
    result: { apiKeys: [exampleApiKey] },
  },
  run(ctx, { userId }) {
    const { users } = ctx.organization
    const user =
      userId === undefined ? undefined : (users.get(userId) ?? ctx.fail('USER_NOT_FOUND'))
    const apiKeys = [...(user === undefined ? users.values() : [user])].flatMap(
      (one) => one.apiKeys,
    )
    return { apiKeys: apiKeys.filter((key) => isLive(key, ctx.nowMs)).map(wireApiKey) }
  },
})
