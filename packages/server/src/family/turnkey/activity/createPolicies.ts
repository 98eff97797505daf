// CREATE_POLICIES: makes several rules, all or none.
import { z } from 'zod'
import { insertPolicies } from '../../../domain/policy/policy.store.ts'
import { planPolicies } from '../../../domain/policy/policy.ts'
import { policyWarnings } from '../../../domain/policy/warnings.ts'
import { defineActivity } from '../../../operation/operation.ts'
import {
  examplePolicyParams,
  expressionErrors,
  policyParams,
  toPolicyParams,
  warnings,
  wireWarnings,
} from '../policyWire.ts'

export const createPolicies = defineActivity({
  name: 'createPolicies',
  path: '/public/v1/submit/create_policies',
  type: 'ACTIVITY_TYPE_CREATE_POLICIES',
  intentKey: 'createPoliciesIntent',
  resultKey: 'createPoliciesResult',
  summary: 'Create several policies, all or none',
  spec: 'api-reference/activities/create-policies',
  tags: ['policies'],
  policy: { resource: 'POLICY', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ policies: z.array(policyParams).min(1).max(100) }),
  older: [],
  result: z.object({ policyIds: z.array(z.uuid()), warnings }),
  errors: ['POLICY_LIMIT', 'POLICY_LABEL_NOT_UNIQUE', ...expressionErrors],
  example: {
    params: { policies: [{ ...examplePolicyParams, policyName: 'Payments of the team' }] },
    result: { policyIds: ['019a0000-0000-7000-8000-000000000010'] },
  },
  changes: 'snapshot',
  prepare(ctx, params) {
    const policies = params.policies.map(toPolicyParams)
    const { policyIds, rows } = planPolicies({ ...ctx, policies })
    const said = policyWarnings(policies, [...ctx.organization.policies.values(), ...policies])
    return { result: { policyIds, ...wireWarnings(said) }, rows }
  },
  effects: (tx, { rows }) => insertPolicies(tx, rows),
})
