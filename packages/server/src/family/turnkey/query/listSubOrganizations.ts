// list_suborgs: the sub-organizations of an organization, by what is in them, in pages.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { filterParams, filters, listBelow, verifyFilter } from '../subOrganizationFilter.ts'

export const listSubOrganizations = defineQuery({
  name: 'getSubOrgIds',
  path: '/public/v1/query/list_suborgs',
  summary: 'List the sub-organizations of an organization, all or by what is in them',
  spec: 'api-reference/queries/get-suborgs',
  tags: ['organizations'],
  findsCaller: false,
  limit: 'read',
  params: filterParams(filters, { by: 'any', values: [] }),
  result: z.object({ organizationIds: z.array(z.uuid()) }),
  errors: ['INVALID_OIDC_TOKEN'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      filterType: 'EMAIL',
      filterValue: 'someone@example.com',
      paginationOptions: { limit: '100' },
    },
    result: { organizationIds: ['019a0000-0000-7000-8000-000000000004'] },
  },
  resolve: verifyFilter,
  run: listBelow,
})
