// CREATE_USERS: adds users with their API keys to an organization.
import { z } from 'zod'
import { insertUsers } from '../../../domain/user/user.store.ts'
import { planUsers, type UserParams, verifyUsers } from '../../../domain/user/user.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { credentialErrors, credentialVerifier } from '../credentials.ts'
import { userParams, userParamsV1, userParamsV2 } from '../parameters.ts'

const usersOf = <U extends z.ZodType<UserParams>>(user: U) =>
  z.strictObject({ users: z.array(user).min(1).max(100) })

const params = usersOf(userParams)

export const createUsers = defineActivity({
  name: 'createUsers',
  path: '/public/v1/submit/create_users',
  type: 'ACTIVITY_TYPE_CREATE_USERS_V4',
  intentKey: 'createUsersIntentV4',
  resultKey: 'createUsersResult',
  summary: 'Create users in an organization',
  spec: 'api-reference/activities/create-users',
  tags: ['users'],
  policy: { resource: 'USER', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params,
  older: [
    older({
      type: 'ACTIVITY_TYPE_CREATE_USERS_V3',
      intentKey: 'createUsersIntentV3',
      resultKey: 'createUsersResult',
      params,
      upgrade: (same) => same,
    }),
    older({
      type: 'ACTIVITY_TYPE_CREATE_USERS_V2',
      intentKey: 'createUsersIntentV2',
      resultKey: 'createUsersResult',
      params: usersOf(userParamsV2),
      upgrade: (same) => same,
    }),
    older({
      type: 'ACTIVITY_TYPE_CREATE_USERS',
      intentKey: 'createUsersIntent',
      resultKey: 'createUsersResult',
      params: usersOf(userParamsV1),
      upgrade: (same) => same,
    }),
  ],
  result: z.object({ userIds: z.array(z.uuid()) }),
  errors: ['USER_LIMIT', 'USER_TAG_NOT_FOUND', ...credentialErrors],
  example: {
    params: {
      users: [
        {
          userName: 'Signing service',
          apiKeys: [
            {
              apiKeyName: 'production',
              publicKey: '020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed',
              curveType: 'API_KEY_CURVE_P256',
            },
          ],
        },
      ],
    },
    result: { userIds: ['019a0000-0000-7000-8000-000000000002'] },
  },
  changes: 'snapshot',
  async prepare(ctx, { users: claimed }) {
    const { organizationId } = ctx.organization
    const users = await verifyUsers(credentialVerifier(ctx), claimed)
    const plan = planUsers({ ...ctx, organizationId, users, isRoot: false })
    return { result: { userIds: plan.userIds }, plan }
  },
  effects: (tx, { plan }) => insertUsers(tx, plan),
})
