// get_oauth_providers: the identities at OpenID providers of a user, or of every user.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { oauthProviderResult, wireOauthProvider } from '../credentialWire.ts'

export const getOauthProviders = defineQuery({
  name: 'getOauthProviders',
  path: '/public/v1/query/get_oauth_providers',
  summary: 'List the OAuth providers of a user, or of the organization',
  spec: 'api-reference/queries/get-oauth-providers',
  tags: ['user-auth'],
  findsCaller: false,
  limit: 'read',
  params: z.object({
    organizationId: uuid,
    userId: uuid.optional().describe('Absent: every user.'),
  }),
  result: z.object({ oauthProviders: z.array(oauthProviderResult) }),
  errors: ['USER_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      userId: '019a0000-0000-7000-8000-000000000002',
    },
    result: {
      oauthProviders: [
        {
          providerId: '019a0000-0000-7000-8000-00000000000e',
          providerName: 'Google',
          issuer: 'https://accounts.google.com',
          audience: '1234987819200.apps.googleusercontent.com',
          subject: '110169484474386276334',
          createdAt: { seconds: '1793000000', nanos: '0' },
          updatedAt: { seconds: '1793000000', nanos: '0' },
        },
      ],
    },
  },
  run(ctx, { userId }) {
    const { users } = ctx.organization
    if (userId !== undefined && !users.has(userId)) return ctx.fail('USER_NOT_FOUND')
    const shown = [...users.values()].filter(({ id }) => userId === undefined || id === userId)
    const identities = shown.flatMap(({ oidcIdentities }) => oidcIdentities)
    return { oauthProviders: identities.map(wireOauthProvider) }
  },
})
