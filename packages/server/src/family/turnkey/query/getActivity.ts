// get_activity: one activity with its votes.
import { z } from 'zod'
import { findActivity, listVotes } from '../../../domain/activity/activity.store.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { activityResult, encodeActivity, exampleActivity } from '../activityWire.ts'

export const getActivity = defineQuery({
  name: 'getActivity',
  path: '/public/v1/query/get_activity',
  summary: 'Get an activity',
  spec: 'api-reference/queries/get-activity',
  tags: ['activities'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, activityId: uuid }),
  result: z.object({ activity: activityResult }),
  errors: ['ACTIVITY_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      activityId: '019a0000-0000-7000-8000-000000000006',
    },
    result: { activity: exampleActivity },
  },
  async run(ctx, { activityId }) {
    const { organizationId } = ctx.organization
    const activity = await findActivity(ctx.reader, organizationId, activityId)
    if (activity === undefined) return ctx.fail('ACTIVITY_NOT_FOUND')
    const votes = await listVotes(ctx.reader, organizationId, activityId)
    return { activity: await encodeActivity(ctx, { activity, votes }) }
  },
})
