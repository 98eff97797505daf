// get_api_key: one API key.
import { z } from 'zod'
import { isLive } from '../../../domain/credential/apiKey.ts'
import { apiKeyResult, exampleApiKey, wireApiKey } from '../credentialWire.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const getApiKey = defineQuery({
  name: 'getApiKey',
  path: '/public/v1/query/get_api_key',
  summary: 'Get an API key that has not expired',
  spec: 'api-reference/queries/get-api-key',
  tags: ['api-keys'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, apiKeyId: uuid }),
  result: z.object({ apiKey: apiKeyResult }),
  errors: ['API_KEY_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      apiKeyId: '019a0000-0000-7000-8000-000000000003',
    },
    result: { apiKey: exampleApiKey },
  },
  run(ctx, { apiKeyId }) {
    const { credentialOwners, users } = ctx.organization
    const owner = users.get(credentialOwners.get(apiKeyId) ?? '')
    const found = owner?.apiKeys.find(({ id }) => id === apiKeyId)
    return found !== undefined && isLive(found, ctx.nowMs)
      ? { apiKey: wireApiKey(found) }
      : ctx.fail('API_KEY_NOT_FOUND')
  },
})
