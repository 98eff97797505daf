// UPDATE_ROOT_QUORUM: who the root users are, and how many of them must agree.
import { z } from 'zod'
import { planRootQuorum } from '../../../domain/organization/quorum.ts'
import { updateRootQuorum as storeRootQuorum } from '../../../domain/user/user.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const updateRootQuorum = defineActivity({
  name: 'updateRootQuorum',
  path: '/public/v1/submit/update_root_quorum',
  type: 'ACTIVITY_TYPE_UPDATE_ROOT_QUORUM',
  intentKey: 'updateRootQuorumIntent',
  resultKey: 'updateRootQuorumResult',
  summary: 'Set the members and the threshold of the root quorum',
  spec: 'api-reference/activities/update-root-quorum',
  tags: ['organizations'],
  policy: { resource: 'ORGANIZATION', action: 'UPDATE' },
  rootQuorumOnly: true,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({
    threshold: z.int32().describe('How many of them must agree.'),
    userIds: z.array(uuid).max(100).describe('The root users.'),
  }),
  older: [],
  result: z.object({}),
  errors: ['QUORUM_THRESHOLD_ZERO', 'QUORUM_THRESHOLD_TOO_HIGH', 'QUORUM_USERS_MISSING'],
  example: {
    params: { threshold: 1, userIds: ['019a0000-0000-7000-8000-000000000002'] },
    result: {},
  },
  changes: 'snapshot',
  prepare: ({ organization }, params) => ({
    result: {},
    quorum: planRootQuorum(organization, params),
  }),
  effects: (tx, { quorum }) => storeRootQuorum(tx, { ...quorum, nowMs: tx.nowMs }),
})
