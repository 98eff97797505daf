// CREATE_API_KEYS: adds API keys to a user.
import { z } from 'zod'
import { planApiKeys } from '../../../domain/credential/apiKey.ts'
import {
  deleteCredentials,
  insertCredentials,
} from '../../../domain/credential/credential.store.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { apiKeyParamsV1, apiKeyParamsV2 } from '../credentialParameters.ts'

export const createApiKeys = defineActivity({
  name: 'createApiKeys',
  path: '/public/v1/submit/create_api_keys',
  type: 'ACTIVITY_TYPE_CREATE_API_KEYS_V2',
  intentKey: 'createApiKeysIntentV2',
  resultKey: 'createApiKeysResult',
  summary: 'Add API keys to a user',
  spec: 'api-reference/activities/create-api-keys',
  tags: ['api-keys'],
  policy: { resource: 'CREDENTIAL', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: ({ userId }) => userId,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ userId: uuid, apiKeys: z.array(apiKeyParamsV2).min(1).max(20) }),
  older: [
    older({
      type: 'ACTIVITY_TYPE_CREATE_API_KEYS',
      intentKey: 'createApiKeysIntent',
      resultKey: 'createApiKeysResult',
      params: z.strictObject({ userId: uuid, apiKeys: z.array(apiKeyParamsV1).min(1).max(20) }),
      upgrade: (same) => same,
    }),
  ],
  result: z.object({ apiKeyIds: z.array(z.uuid()) }),
  errors: [
    'USER_NOT_FOUND',
    'INVALID_PUBLIC_KEY',
    'PUBLIC_KEY_IN_USE',
    'API_KEY_LABEL_NOT_UNIQUE',
    'INVALID_API_KEY_EXPIRATION',
    'API_KEY_LIMIT',
    'EXPIRING_API_KEY_LIMIT',
  ],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      apiKeys: [
        {
          apiKeyName: 'laptop',
          publicKey: '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed',
          curveType: 'API_KEY_CURVE_P256',
          expirationSeconds: '86400',
        },
      ],
    },
    result: { apiKeyIds: ['019a0000-0000-7000-8000-000000000003'] },
  },
  changes: 'snapshot',
  prepare(ctx, { userId, apiKeys }) {
    const { organizationId, users } = ctx.organization
    if (!users.has(userId)) return ctx.fail('USER_NOT_FOUND')
    const { rows, evicted } = planApiKeys({ ...ctx, organizationId, userId, keys: apiKeys })
    const apiKeyIds = rows.map((row) => row['id'] as string)
    return { result: { apiKeyIds }, organizationId, rows, evicted }
  },
  async effects(tx, { organizationId, rows, evicted }) {
    await deleteCredentials(tx, 'apiKey', { organizationId, ids: evicted })
    await insertCredentials(tx, { apiKeys: rows, passkeys: [], oidcIdentities: [] })
  },
})
