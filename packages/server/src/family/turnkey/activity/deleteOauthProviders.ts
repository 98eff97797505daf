// DELETE_OAUTH_PROVIDERS: removes identities at OpenID providers from a user.
import { z } from 'zod'
import { deleteCredentials } from '../../../domain/credential/credential.store.ts'
import { planCredentialDeletion } from '../../../domain/credential/deletion.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deleteOauthProviders = defineActivity({
  name: 'deleteOauthProviders',
  path: '/public/v1/submit/delete_oauth_providers',
  type: 'ACTIVITY_TYPE_DELETE_OAUTH_PROVIDERS',
  intentKey: 'deleteOauthProvidersIntent',
  resultKey: 'deleteOauthProvidersResult',
  summary: 'Remove OAuth providers from a user',
  spec: 'api-reference/activities/delete-oauth-providers',
  tags: ['user-auth'],
  policy: { resource: 'CREDENTIAL', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: ({ userId }) => userId,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ userId: uuid, providerIds: z.array(uuid).min(1).max(100) }),
  older: [],
  result: z.object({ providerIds: z.array(z.uuid()) }),
  errors: ['USER_NOT_FOUND', 'OAUTH_PROVIDER_NOT_FOUND', 'QUORUM_WITHOUT_CREDENTIALS'],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      providerIds: ['019a0000-0000-7000-8000-00000000000e'],
    },
    result: { providerIds: ['019a0000-0000-7000-8000-00000000000e'] },
  },
  changes: 'snapshot',
  prepare(ctx, { userId, providerIds }) {
    const plan = planCredentialDeletion({ ...ctx, kind: 'oidcIdentity', userId, ids: providerIds })
    return { result: { providerIds: plan.ids }, plan }
  },
  effects: (tx, { plan }) => deleteCredentials(tx, 'oidcIdentity', plan),
})
