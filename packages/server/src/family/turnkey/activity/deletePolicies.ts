// DELETE_POLICIES: deletes several policies, all or none.
import { z } from 'zod'
import { deletePolicies as removePolicies } from '../../../domain/policy/policy.store.ts'
import { planPolicyDeletion } from '../../../domain/policy/policy.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deletePolicies = defineActivity({
  name: 'deletePolicies',
  path: '/public/v1/submit/delete_policies',
  type: 'ACTIVITY_TYPE_DELETE_POLICIES',
  intentKey: 'deletePoliciesIntent',
  resultKey: 'deletePoliciesResult',
  summary: 'Delete several policies, all or none',
  spec: 'api-reference/activities/delete-policy',
  tags: ['policies'],
  policy: { resource: 'POLICY', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ policyIds: z.array(uuid).min(1).max(100) }),
  older: [],
  result: z.object({ policyIds: z.array(z.uuid()) }),
  errors: ['POLICY_NOT_FOUND'],
  example: {
    params: { policyIds: ['019a0000-0000-7000-8000-000000000010'] },
    result: { policyIds: ['019a0000-0000-7000-8000-000000000010'] },
  },
  changes: 'snapshot',
  prepare({ organization }, { policyIds }) {
    const ids = planPolicyDeletion(organization, policyIds)
    return { result: { policyIds: ids }, organizationId: organization.organizationId, ids }
  },
  effects: (tx, { organizationId, ids }) => removePolicies(tx, organizationId, ids),
})
