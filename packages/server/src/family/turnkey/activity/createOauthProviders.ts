// CREATE_OAUTH_PROVIDERS: adds identities at OpenID providers to a user of a sub-organization.
import { z } from 'zod'
import { insertCredentials } from '../../../domain/credential/credential.store.ts'
import {
  allProveEmail,
  planIdentities,
  refuseRoot,
  verifyIdentity,
} from '../../../domain/credential/oidcIdentity.ts'
import { markEmailVerified } from '../../../domain/user/user.store.ts'
import { isEmailVerified } from '../../../domain/user/user.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { oauthProviderParamsV1, oauthProviderParamsV2 } from '../credentialParameters.ts'

export const createOauthProviders = defineActivity({
  name: 'createOauthProviders',
  path: '/public/v1/submit/create_oauth_providers',
  type: 'ACTIVITY_TYPE_CREATE_OAUTH_PROVIDERS_V2',
  intentKey: 'createOauthProvidersIntentV2',
  resultKey: 'createOauthProvidersResultV2',
  summary: 'Add OAuth providers to a user of a sub-organization',
  spec: 'api-reference/activities/create-oauth-providers',
  tags: ['user-auth'],
  policy: { resource: 'CREDENTIAL', action: 'CREATE' },
  rootQuorumOnly: false,
  // Social linking: the parent may, where the provider vouches for the user's own e-mail address.
  async parentMayAct({ organization, oidc }, { userId, oauthProviders }) {
    const email = organization.users.get(userId)?.email ?? null
    return email !== null && allProveEmail(oidc, email, oauthProviders)
  },
  ownUser: ({ userId }) => userId,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({
    userId: uuid,
    oauthProviders: z.array(oauthProviderParamsV2).min(1).max(10),
  }),
  older: [
    older({
      type: 'ACTIVITY_TYPE_CREATE_OAUTH_PROVIDERS',
      intentKey: 'createOauthProvidersIntent',
      resultKey: 'createOauthProvidersResult',
      params: z.strictObject({
        userId: uuid,
        oauthProviders: z.array(oauthProviderParamsV1).min(1).max(10),
      }),
      upgrade: (same) => same,
    }),
  ],
  result: z.object({ providerIds: z.array(z.uuid()) }),
  errors: [
    'USER_NOT_FOUND',
    'INVALID_OIDC_TOKEN',
    'OAUTH_PROVIDERS_BELOW_ONLY',
    'OAUTH_PROVIDER_EXISTS',
    'OAUTH_PROVIDER_LIMIT',
  ],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      oauthProviders: [
        {
          providerName: 'Google',
          oidcClaims: {
            iss: 'https://accounts.google.com',
            sub: '110169484474386276334',
            aud: '1234987819200.apps.googleusercontent.com',
          },
        },
      ],
    },
    result: { providerIds: ['019a0000-0000-7000-8000-00000000000e'] },
  },
  changes: 'snapshot',
  async prepare(ctx, { userId, oauthProviders }) {
    const { organization } = ctx
    const { organizationId } = organization
    const user = organization.users.get(userId)
    if (user === undefined) return ctx.fail('USER_NOT_FOUND')
    refuseRoot(organization)
    const identities = await Promise.all(
      oauthProviders.map((claimed) => verifyIdentity(ctx.oidc, claimed)),
    )
    const rows = planIdentities({ ...ctx, organizationId, userId, identities })
    const verifies = isEmailVerified(user.email, identities)
    const providerIds = rows.map((row) => row['id'] as string)
    return { result: { providerIds }, organizationId, userId, rows, verifies }
  },
  async effects(tx, { organizationId, userId, rows, verifies }) {
    await insertCredentials(tx, { apiKeys: [], passkeys: [], oidcIdentities: rows })
    if (verifies) await markEmailVerified(tx, { organizationId, userId, nowMs: tx.nowMs })
  },
})
