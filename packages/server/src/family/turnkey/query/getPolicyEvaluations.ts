// get_policy_evaluations: what the policies came to when an activity and its votes were decided.
import { z } from 'zod'
import { findActivity, listVotes } from '../../../domain/activity/activity.store.ts'
import { evaluationsFor } from '../../../domain/activity/activity.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { derivedId, firstVoteId } from '../activityWire.ts'
import { wireEvaluation } from '../errors.ts'
import { policyOutcomes } from '../explanationWire.ts'
import { time, wireTime } from '../time.ts'

const evaluation = z.object({
  id: z.uuid(),
  activityId: z.uuid(),
  organizationId: z.uuid(),
  voteId: z.uuid(),
  policyEvaluations: z
    .array(z.object({ policyId: z.uuid(), outcome: z.string() }))
    .describe(`The policies that had a say, each with one of ${policyOutcomes.join(', ')}.`),
  createdAt: time,
})

export const getPolicyEvaluations = defineQuery({
  name: 'getPolicyEvaluations',
  path: '/public/v1/query/get_policy_evaluations',
  summary: 'Get what policies came to for an activity: at its submission, and at each approval',
  spec: 'api-reference/queries/get-policy-evaluations',
  tags: ['policies'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, activityId: uuid }),
  result: z.object({ policyEvaluations: z.array(evaluation) }),
  errors: ['ACTIVITY_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      activityId: '019a0000-0000-7000-8000-000000000006',
    },
    result: {
      policyEvaluations: [
        {
          id: '019a0000-0000-7000-8000-000000000011',
          activityId: '019a0000-0000-7000-8000-000000000006',
          organizationId: '019a0000-0000-7000-8000-000000000000',
          voteId: '019a0000-0000-7000-8000-000000000012',
          policyEvaluations: [
            { policyId: '019a0000-0000-7000-8000-000000000010', outcome: 'OUTCOME_ALLOW' },
          ],
          createdAt: { seconds: '1793000000', nanos: '0' },
        },
      ],
    },
  },
  async run(ctx, { activityId }) {
    const { organizationId } = ctx.organization
    const activity = await findActivity(ctx.reader, organizationId, activityId)
    if (activity === undefined) return ctx.fail('ACTIVITY_NOT_FOUND')
    const votes = await listVotes(ctx.reader, organizationId, activityId)
    // Nothing is decided when somebody rejects.
    const decided = [
      { ...activity, id: firstVoteId(activity) },
      ...votes.filter(({ selection }) => selection === 'APPROVED'),
    ]
    const policyEvaluations = decided.map((vote) => ({
      id: derivedId('evaluation', vote.id),
      activityId,
      organizationId,
      voteId: vote.id,
      policyEvaluations: evaluationsFor(ctx.actor, activity, vote).map(wireEvaluation),
      createdAt: wireTime(vote.created_ms),
    }))
    return { policyEvaluations }
  },
})
