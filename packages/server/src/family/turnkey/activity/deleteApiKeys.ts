// DELETE_API_KEYS: removes API keys from a user.
import { z } from 'zod'
import { deleteCredentials } from '../../../domain/credential/credential.store.ts'
import { planCredentialDeletion } from '../../../domain/credential/deletion.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deleteApiKeys = defineActivity({
  name: 'deleteApiKeys',
  path: '/public/v1/submit/delete_api_keys',
  type: 'ACTIVITY_TYPE_DELETE_API_KEYS',
  intentKey: 'deleteApiKeysIntent',
  resultKey: 'deleteApiKeysResult',
  summary: 'Remove API keys from a user',
  spec: 'api-reference/activities/delete-api-keys',
  tags: ['api-keys'],
  policy: { resource: 'CREDENTIAL', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: ({ userId }) => userId,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ userId: uuid, apiKeyIds: z.array(uuid).min(1).max(100) }),
  older: [],
  result: z.object({ apiKeyIds: z.array(z.uuid()) }),
  errors: ['USER_NOT_FOUND', 'API_KEY_NOT_FOUND', 'QUORUM_WITHOUT_CREDENTIALS'],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      apiKeyIds: ['019a0000-0000-7000-8000-000000000003'],
    },
    result: { apiKeyIds: ['019a0000-0000-7000-8000-000000000003'] },
  },
  changes: 'snapshot',
  prepare(ctx, { userId, apiKeyIds }) {
    const plan = planCredentialDeletion({ ...ctx, kind: 'apiKey', userId, ids: apiKeyIds })
    return { result: { apiKeyIds: plan.ids }, plan }
  },
  effects: (tx, { plan }) => deleteCredentials(tx, 'apiKey', plan),
})
