// APPROVE_ACTIVITY: votes on an activity that waits for consensus.
import { defineVote } from '../../../operation/operation.ts'
import { voteExample, voteParams } from '../vote.ts'

export const approveActivity = defineVote({
  name: 'approveActivity',
  path: '/public/v1/submit/approve_activity',
  type: 'ACTIVITY_TYPE_APPROVE_ACTIVITY',
  selection: 'APPROVED',
  summary: 'Approve an activity that waits for consensus, by its fingerprint',
  spec: 'developer-reference/api-overview/errors',
  tags: ['activities'],
  limit: 'write',
  params: voteParams,
  errors: ['FINGERPRINT_NOT_FOUND', 'ALREADY_VOTED', 'NOT_AUTHORIZED', 'ORGANIZATION_MISMATCH'],
  example: voteExample,
})
