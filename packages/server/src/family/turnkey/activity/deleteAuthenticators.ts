// DELETE_AUTHENTICATORS: removes passkeys from a user.
import { z } from 'zod'
import { deleteCredentials } from '../../../domain/credential/credential.store.ts'
import { planCredentialDeletion } from '../../../domain/credential/deletion.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deleteAuthenticators = defineActivity({
  name: 'deleteAuthenticators',
  path: '/public/v1/submit/delete_authenticators',
  type: 'ACTIVITY_TYPE_DELETE_AUTHENTICATORS',
  intentKey: 'deleteAuthenticatorsIntent',
  resultKey: 'deleteAuthenticatorsResult',
  summary: 'Remove passkeys from a user',
  spec: 'api-reference/activities/delete-authenticators',
  tags: ['authenticators'],
  policy: { resource: 'CREDENTIAL', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: ({ userId }) => userId,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ userId: uuid, authenticatorIds: z.array(uuid).min(1).max(20) }),
  older: [],
  result: z.object({ authenticatorIds: z.array(z.uuid()) }),
  errors: ['USER_NOT_FOUND', 'AUTHENTICATOR_NOT_FOUND', 'QUORUM_WITHOUT_CREDENTIALS'],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      authenticatorIds: ['019a0000-0000-7000-8000-00000000000b'],
    },
    result: { authenticatorIds: ['019a0000-0000-7000-8000-00000000000b'] },
  },
  changes: 'snapshot',
  prepare(ctx, { userId, authenticatorIds }) {
    const plan = planCredentialDeletion({ ...ctx, kind: 'passkey', userId, ids: authenticatorIds })
    return { result: { authenticatorIds: plan.ids }, plan }
  },
  effects: (tx, { plan }) => deleteCredentials(tx, 'passkey', plan),
})
