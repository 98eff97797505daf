// Policies with limits: they deny what they cannot measure or do not admit, and are charged otherwise.
import { setImmediate } from 'node:timers/promises'
import { decide as decidePolicies, type PolicyEvaluation, type User } from '@keystead/policy'
import { amountsOf, type Signing } from '../policy/charging.ts'
import type { LimitPolicies } from '../policy/compiled.ts'
import type { PolicySubject } from '../policy/subject.ts'
import type { Charge } from '../spending/counter.ts'
import type { Policy, Snapshot } from '../organization/model.ts'

interface Limited extends Signing {
  organization: Snapshot
  subjects: readonly PolicySubject[]
  approvers: readonly User[]
  /** Policies whose limits are known not to admit the request. */
  exceeded: ReadonlySet<string>
}

/** `denials`: of policies that deny already; `charges`: what the others have to admit. */
export async function askLimits(
  { policies, limits }: LimitPolicies,
  request: Limited,
): Promise<{ denials: PolicyEvaluation[]; charges: Charge[] }> {
  const denials: PolicyEvaluation[] = []
  const charges: Charge[] = []
  const { approvers, subjects } = request
  const asked: (readonly PolicyEvaluation[])[] = []
  for (const context of subjects) {
    // As with other policies: many payloads must not keep everybody else waiting.
    if (asked.length > 0) await setImmediate()
    asked.push(decidePolicies(policies, { context, approvers, users: [] }).evaluations)
  }
  for (const [at, { id: policyId }] of policies.entries()) {
    const evaluations = asked.flatMap((each) => each[at] ?? [])
    const concerned = evaluations.filter(({ state }) => state === 'applies' || state === 'error')
    const [first] = concerned
    if (first === undefined) continue
    const erring = concerned.find(({ state }) => state === 'error')
    const due = chargesOf({ id: policyId, limits: limits.get(policyId) ?? [] }, request)
    if (erring !== undefined || due === undefined || request.exceeded.has(policyId)) {
      denials.push(erring ?? first)
    } else charges.push(...due)
  }
  return { denials, charges }
}

/** Undefined when one of the limits cannot be measured. */
function chargesOf(
  { id: policyId, limits }: Pick<Policy, 'id' | 'limits'>,
  request: Limited,
): Charge[] | undefined {
  const { organizationId } = request.organization
  const charges: Charge[] = []
  for (const limit of limits) {
    const amounts = amountsOf(limit, request)
    if (amounts === undefined) return undefined
    for (const [scope, amount] of amounts) {
      charges.push({ organizationId, policyId, limit, scope, amount })
    }
  }
  return charges
}
