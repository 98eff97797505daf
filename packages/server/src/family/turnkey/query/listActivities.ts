// list_activities: the activities of an organization, newest first, in pages.
import { activityTypes } from '@keystead/policy'
import { z } from 'zod'
import { listActivities as loadPage, listVotes } from '../../../domain/activity/activity.store.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { list, pagination, uuid } from '../../../operation/schemas.ts'
import { activityResult, activityStatuses, encodeActivity } from '../activityWire.ts'

export const listActivities = defineQuery({
  name: 'getActivities',
  path: '/public/v1/query/list_activities',
  summary: 'List the activities of an organization, newest first',
  spec: 'api-reference/queries/list-activities',
  tags: ['activities'],
  findsCaller: false,
  limit: 'read',
  params: z.object({
    organizationId: uuid,
    filterByStatus: list(z.enum(activityStatuses), 10),
    filterByType: list(z.enum(activityTypes), 200),
    paginationOptions: pagination,
  }),
  result: z.object({ activities: z.array(activityResult) }),
  errors: [],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      filterByStatus: ['ACTIVITY_STATUS_CONSENSUS_NEEDED'],
    },
    result: { activities: [] },
  },
  async run(ctx, { filterByStatus, filterByType, paginationOptions: page }) {
    const { organizationId } = ctx.organization
    const activities = await loadPage(ctx.reader, organizationId, {
      limit: Number(page?.limit ?? 10),
      before: page?.before ?? null,
      after: page?.after ?? null,
      statuses: filterByStatus.map((status) => status.replace('ACTIVITY_STATUS_', '')),
      types: filterByType,
    })
    const encoded = []
    for (const activity of activities) {
      const votes = await listVotes(ctx.reader, organizationId, activity.id)
      encoded.push(await encodeActivity(ctx, { activity, votes }))
    }
    return { activities: encoded }
  },
})
