// UPDATE_POLICY: changes what a policy says.
import { z } from 'zod'
import { updatePolicy as storePolicy } from '../../../domain/policy/policy.store.ts'
import { planPolicyChange } from '../../../domain/policy/policy.ts'
import { policyWarnings } from '../../../domain/policy/warnings.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import {
  expressionErrors,
  policyChange,
  policyChangeV2,
  toPolicyChange,
  warnings,
  wireWarnings,
} from '../policyWire.ts'

const ABSENT = 'What is absent stays as it is.'

export const updatePolicy = defineActivity({
  name: 'updatePolicy',
  path: '/public/v1/submit/update_policy',
  type: 'ACTIVITY_TYPE_UPDATE_POLICY_V2',
  intentKey: 'updatePolicyIntentV2',
  resultKey: 'updatePolicyResultV2',
  summary: 'Change a policy',
  spec: 'api-reference/activities/update-policy',
  tags: ['policies'],
  policy: { resource: 'POLICY', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ policyId: uuid, ...policyChangeV2 }).describe(ABSENT),
  older: [
    older({
      type: 'ACTIVITY_TYPE_UPDATE_POLICY',
      intentKey: 'updatePolicyIntent',
      resultKey: 'updatePolicyResult',
      params: z.strictObject({ policyId: uuid, ...policyChange }).describe(ABSENT),
      upgrade: (same) => same,
    }),
  ],
  result: z.object({ policyId: z.uuid(), warnings }),
  errors: ['POLICY_NOT_FOUND', 'POLICY_LABEL_NOT_UNIQUE', ...expressionErrors],
  example: {
    params: {
      policyId: '019a0000-0000-7000-8000-000000000010',
      policyCondition: 'eth.tx.value <= 2000000000000000000',
    },
    result: { policyId: '019a0000-0000-7000-8000-000000000010' },
  },
  changes: 'snapshot',
  prepare({ organization }, { policyId: id, ...change }) {
    const { organizationId, policies } = organization
    const policy = planPolicyChange(organization, { id, ...toPolicyChange(change) })
    const others = [...policies.values()].filter((other) => other.id !== id)
    const said = policyWarnings([policy.params], [...others, policy.params])
    return { result: { policyId: id, ...wireWarnings(said) }, organizationId, policy }
  },
  effects: (tx, { organizationId, policy }) =>
    storePolicy(tx, organizationId, { ...policy, nowMs: tx.nowMs }),
})
