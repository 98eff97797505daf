// whoami: who the stamp belongs to.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const whoami = defineQuery({
  name: 'getWhoami',
  path: '/public/v1/query/whoami',
  summary: 'Get the user and the organization that a credential belongs to',
  spec: 'api-reference/queries/who-am-i',
  tags: ['sessions'],
  findsCaller: true,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({
    organizationId: z.uuid(),
    organizationName: z.string(),
    userId: z.uuid(),
    username: z.string(),
  }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      organizationName: 'Acme',
      userId: '019a0000-0000-7000-8000-000000000002',
      username: 'admin',
    },
  },
  run({ actor, organization, parent }) {
    const home = actor.organizationId === organization.organizationId ? organization : parent
    return {
      organizationId: actor.organizationId,
      organizationName: home?.name ?? '',
      userId: actor.userId,
      username: home?.users.get(actor.userId)?.name ?? '',
    }
  },
})
