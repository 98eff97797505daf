// list_policies: all policies.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { examplePolicy, policyResult, wirePolicy } from '../policyWire.ts'

export const listPolicies = defineQuery({
  name: 'getPolicies',
  path: '/public/v1/query/list_policies',
  summary: 'List all policies',
  spec: 'api-reference/queries/list-policies',
  tags: ['policies'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({ policies: z.array(policyResult) }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: { policies: [examplePolicy] },
  },
  run: ({ organization }) => ({ policies: [...organization.policies.values()].map(wirePolicy) }),
})
