// REJECT_ACTIVITY: votes on an activity that waits for consensus.
import { defineVote } from '../../../operation/operation.ts'
import { voteExample, voteParams } from '../vote.ts'

export const rejectActivity = defineVote({
  name: 'rejectActivity',
  path: '/public/v1/submit/reject_activity',
  type: 'ACTIVITY_TYPE_REJECT_ACTIVITY',
  selection: 'REJECTED',
  summary: 'Reject an activity that waits for consensus, by its fingerprint',
  spec: 'developer-reference/api-overview/errors',
  tags: ['activities'],
  limit: 'write',
  params: voteParams,
  errors: ['FINGERPRINT_NOT_FOUND', 'ALREADY_VOTED', 'NOT_AUTHORIZED', 'ORGANIZATION_MISMATCH'],
  example: voteExample,
})
