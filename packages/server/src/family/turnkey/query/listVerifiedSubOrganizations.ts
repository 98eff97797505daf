// list_verified_suborgs: the sub-organizations with a user whose e-mail or phone was verified.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { filterParams, listBelow, verifiedFilters } from '../subOrganizationFilter.ts'

export const listVerifiedSubOrganizations = defineQuery({
  name: 'getVerifiedSubOrgIds',
  path: '/public/v1/query/list_verified_suborgs',
  summary: 'List the sub-organizations that have a user with a verified e-mail address or phone',
  spec: 'api-reference/queries/get-verified-suborgs',
  tags: ['organizations'],
  findsCaller: false,
  limit: 'read',
  params: filterParams(verifiedFilters, null),
  result: z.object({ organizationIds: z.array(z.uuid()) }),
  errors: [],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      filterType: 'EMAIL',
      filterValue: 'someone@example.com',
    },
    result: { organizationIds: ['019a0000-0000-7000-8000-000000000004'] },
  },
  run: listBelow,
})
