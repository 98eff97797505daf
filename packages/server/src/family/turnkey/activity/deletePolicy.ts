// DELETE_POLICY: deletes a policy.
import { z } from 'zod'
import { deletePolicies } from '../../../domain/policy/policy.store.ts'
import { planPolicyDeletion } from '../../../domain/policy/policy.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deletePolicy = defineActivity({
  name: 'deletePolicy',
  path: '/public/v1/submit/delete_policy',
  type: 'ACTIVITY_TYPE_DELETE_POLICY',
  intentKey: 'deletePolicyIntent',
  resultKey: 'deletePolicyResult',
  summary: 'Delete a policy',
  spec: 'api-reference/activities/delete-policy',
  tags: ['policies'],
  policy: { resource: 'POLICY', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ policyId: uuid }),
  older: [],
  result: z.object({ policyId: z.uuid() }),
  errors: ['POLICY_NOT_FOUND'],
  example: {
    params: { policyId: '019a0000-0000-7000-8000-000000000010' },
    result: { policyId: '019a0000-0000-7000-8000-000000000010' },
  },
  changes: 'snapshot',
  prepare({ organization }, { policyId }) {
    const ids = planPolicyDeletion(organization, [policyId])
    return { result: { policyId }, organizationId: organization.organizationId, ids }
  },
  effects: (tx, { organizationId, ids }) => deletePolicies(tx, organizationId, ids),
})
