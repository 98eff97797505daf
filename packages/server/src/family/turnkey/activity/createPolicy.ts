// CREATE_POLICY: makes a rule that allows or denies requests.
import { z } from 'zod'
import { insertPolicies } from '../../../domain/policy/policy.store.ts'
import { planPolicies } from '../../../domain/policy/policy.ts'
import { policyWarnings } from '../../../domain/policy/warnings.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import {
  examplePolicyParams,
  expressionErrors,
  policyParams,
  policyParamsV1,
  policyParamsV2,
  toPolicyParams,
  warnings,
  wireWarnings,
} from '../policyWire.ts'

export const createPolicy = defineActivity({
  name: 'createPolicy',
  path: '/public/v1/submit/create_policy',
  type: 'ACTIVITY_TYPE_CREATE_POLICY_V3',
  intentKey: 'createPolicyIntentV3',
  resultKey: 'createPolicyResult',
  summary: 'Create a policy: a rule that allows or denies requests',
  spec: 'api-reference/activities/create-policy',
  tags: ['policies'],
  policy: { resource: 'POLICY', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: policyParams,
  older: [
    older({
      type: 'ACTIVITY_TYPE_CREATE_POLICY_V2',
      intentKey: 'createPolicyIntentV2',
      resultKey: 'createPolicyResult',
      params: policyParamsV2,
      upgrade: (same) => same,
    }),
    older({
      type: 'ACTIVITY_TYPE_CREATE_POLICY',
      intentKey: 'createPolicyIntent',
      resultKey: 'createPolicyResult',
      params: policyParamsV1,
      upgrade: (same) => same,
    }),
  ],
  result: z.object({ policyId: z.uuid(), warnings }),
  errors: ['POLICY_LIMIT', 'POLICY_LABEL_NOT_UNIQUE', ...expressionErrors],
  example: {
    params: examplePolicyParams,
    result: { policyId: '019a0000-0000-7000-8000-000000000010' },
  },
  changes: 'snapshot',
  prepare(ctx, params) {
    const policies = [toPolicyParams(params)]
    const { policyIds, rows } = planPolicies({ ...ctx, policies })
    const said = policyWarnings(policies, [...ctx.organization.policies.values(), ...policies])
    const policyId = policyIds.join()
    return { result: { policyId, ...wireWarnings(said) }, rows }
  },
  effects: (tx, { rows }) => insertPolicies(tx, rows),
})
