// get_authenticator: one passkey.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { authenticatorResult, exampleAuthenticator, wireAuthenticator } from '../credentialWire.ts'

export const getAuthenticator = defineQuery({
  name: 'getAuthenticator',
  path: '/public/v1/query/get_authenticator',
  summary: 'Get a passkey',
  spec: 'api-reference/queries/get-authenticator',
  tags: ['authenticators'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, authenticatorId: uuid }),
  result: z.object({ authenticator: authenticatorResult }),
  errors: ['AUTHENTICATOR_NOT_FOUND', 'AUTHENTICATOR_NOT_FOUND_IN_EITHER'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      authenticatorId: '019a0000-0000-7000-8000-00000000000b',
    },
    result: { authenticator: exampleAuthenticator },
  },
  run(ctx, { authenticatorId }) {
    const { passkeysByCredentialId, parentId } = ctx.organization
    const found = [...passkeysByCredentialId.values()].find(({ id }) => id === authenticatorId)
    if (found !== undefined) return { authenticator: wireAuthenticator(found) }
    return ctx.fail(
      parentId === null ? 'AUTHENTICATOR_NOT_FOUND' : 'AUTHENTICATOR_NOT_FOUND_IN_EITHER',
    )
  },
})
