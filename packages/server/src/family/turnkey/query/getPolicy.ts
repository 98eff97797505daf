// get_policy: one policy.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { examplePolicy, policyResult, wirePolicy } from '../policyWire.ts'

export const getPolicy = defineQuery({
  name: 'getPolicy',
  path: '/public/v1/query/get_policy',
  summary: 'Get a policy: its effect, condition and consensus',
  spec: 'api-reference/queries/get-policy',
  tags: ['policies'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, policyId: uuid }),
  result: z.object({ policy: policyResult }),
  errors: ['POLICY_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      policyId: '019a0000-0000-7000-8000-000000000010',
    },
    result: { policy: examplePolicy },
  },
  run(ctx, { policyId }) {
    const found = ctx.organization.policies.get(policyId)
    return found === undefined ? ctx.fail('POLICY_NOT_FOUND') : { policy: wirePolicy(found) }
  },
})
