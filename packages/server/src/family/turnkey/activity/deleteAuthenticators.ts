// DELETE_AUTHENTICATORS: removes passkeys from a user.
import { z } from 'zod'
import { deleteCredentials } from '../../../domain/credential/credential.store.ts'
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
  limit: 'write',
  params: z.strictObject({ userId: uuid, authenticatorIds: z.array(uuid).min(1).max(20) }),
  older: [],
  result: z.object({ authenticatorIds: z.array(z.uuid()) }),
  errors: ['USER_NOT_FOUND', 'AUTHENTICATOR_NOT_FOUND'],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      authenticatorIds: ['019a0000-0000-7000-8000-000000000003'],
    },
    result: { authenticatorIds: ['019a0000-0000-7000-8000-000000000003'] },
  },
  changes: 'snapshot',
  prepare(ctx, { userId, authenticatorIds }) {
    const { organizationId, users } = ctx.organization
    const user = users.get(userId)
    if (user === undefined) return ctx.fail('USER_NOT_FOUND')
    const ids = [...new Set(authenticatorIds)]
    const owned = new Set(user.passkeys.map(({ id }) => id))
    if (!ids.every((id) => owned.has(id))) return ctx.fail('AUTHENTICATOR_NOT_FOUND')
    return { result: { authenticatorIds: ids }, organizationId, ids }
  },
  effects: (tx, { organizationId, ids }) =>
    deleteCredentials(tx, 'passkey', { organizationId, ids }),
})
