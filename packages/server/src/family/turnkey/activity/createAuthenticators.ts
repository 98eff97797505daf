// CREATE_AUTHENTICATORS: adds passkeys to a user.
import { z } from 'zod'
import { insertCredentials } from '../../../domain/credential/credential.store.ts'
import { planPasskeys } from '../../../domain/passkey/passkey.ts'
import { verifyRegistration } from '../../../domain/passkey/registration.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import {
  authenticatorParamsV1,
  authenticatorParamsV2,
  exampleRegistration,
} from '../credentialParameters.ts'
import { credentialVerifier, passkeyErrors } from '../credentials.ts'

export const createAuthenticators = defineActivity({
  name: 'createAuthenticators',
  path: '/public/v1/submit/create_authenticators',
  type: 'ACTIVITY_TYPE_CREATE_AUTHENTICATORS_V2',
  intentKey: 'createAuthenticatorsIntentV2',
  resultKey: 'createAuthenticatorsResult',
  summary: 'Add passkeys to a user',
  spec: 'api-reference/activities/create-authenticators',
  tags: ['authenticators'],
  policy: { resource: 'CREDENTIAL', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: ({ userId }) => userId,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({
    userId: uuid,
    authenticators: z.array(authenticatorParamsV2).min(1).max(20),
  }),
  older: [
    older({
      type: 'ACTIVITY_TYPE_CREATE_AUTHENTICATORS',
      intentKey: 'createAuthenticatorsIntent',
      resultKey: 'createAuthenticatorsResult',
      params: z.strictObject({
        userId: uuid,
        authenticators: z.array(authenticatorParamsV1).min(1).max(20),
      }),
      upgrade: (same) => same,
    }),
  ],
  result: z.object({ authenticatorIds: z.array(z.uuid()) }),
  errors: ['USER_NOT_FOUND', ...passkeyErrors],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      authenticators: [exampleRegistration],
    },
    result: { authenticatorIds: ['019a0000-0000-7000-8000-00000000000b'] },
  },
  changes: 'snapshot',
  prepare(ctx, { userId, authenticators }) {
    const { organizationId, users } = ctx.organization
    if (!users.has(userId)) return ctx.fail('USER_NOT_FOUND')
    const where = credentialVerifier(ctx)
    const passkeys = authenticators.map((made) => verifyRegistration(made, where))
    const rows = planPasskeys({ ...ctx, organizationId, userId, passkeys })
    return { result: { authenticatorIds: rows.map((row) => row['id'] as string) }, rows }
  },
  effects: (tx, { rows }) =>
    insertCredentials(tx, { apiKeys: [], passkeys: rows, oidcIdentities: [] }),
})
