// CREATE_API_ONLY_USERS: adds users who have API keys and nothing else.
import { z } from 'zod'
import { insertUsers } from '../../../domain/user/user.store.ts'
import { planUsers, verifyUsers } from '../../../domain/user/user.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { credentialErrors, credentialVerifier } from '../credentials.ts'
import { apiOnlyUserParams } from '../parameters.ts'

export const createApiOnlyUsers = defineActivity({
  name: 'createApiOnlyUsers',
  path: '/public/v1/submit/create_api_only_users',
  type: 'ACTIVITY_TYPE_CREATE_API_ONLY_USERS',
  intentKey: 'createApiOnlyUsersIntent',
  resultKey: 'createApiOnlyUsersResult',
  summary: 'Create users that have API keys only',
  spec: 'api-reference/activities/create-users',
  tags: ['users'],
  policy: { resource: 'USER', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ apiOnlyUsers: z.array(apiOnlyUserParams).min(1).max(100) }),
  older: [],
  result: z.object({ userIds: z.array(z.uuid()) }),
  errors: ['USER_LIMIT', 'USER_TAG_NOT_FOUND', ...credentialErrors],
  example: {
    params: {
      apiOnlyUsers: [
        {
          userName: 'Signing service',
          apiKeys: [
            {
              apiKeyName: 'production',
              publicKey: '03d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf3',
            },
          ],
        },
      ],
    },
    result: { userIds: ['019a0000-0000-7000-8000-000000000002'] },
  },
  changes: 'snapshot',
  async prepare(ctx, { apiOnlyUsers }) {
    const { organizationId } = ctx.organization
    const users = await verifyUsers(credentialVerifier(ctx), apiOnlyUsers)
    const plan = planUsers({ ...ctx, organizationId, users, isRoot: false })
    return { result: { userIds: plan.userIds }, plan }
  },
  effects: (tx, { plan }) => insertUsers(tx, plan),
})
