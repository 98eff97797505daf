// What policies came to, as an activity and its votes keep it.
import type { PolicyEvaluation } from '@keystead/policy'

type PolicyOutcome = 'ALLOW' | 'DENY_EXPLICIT' | 'DENY_IMPLICIT' | 'REQUIRES_CONSENSUS' | 'ERROR'

/** One policy's part in a decision. */
interface KeptEvaluation {
  policyId: string
  outcome: PolicyOutcome
}

/** What one policy came to; `DENY_IMPLICIT` when it has no say in the decision. */
function outcomeOf({ effect, state, reachable }: PolicyEvaluation): PolicyOutcome {
  if (state === 'applies') return effect === 'allow' ? 'ALLOW' : 'DENY_EXPLICIT'
  if (state === 'error') return 'ERROR'
  return reachable ? 'REQUIRES_CONSENSUS' : 'DENY_IMPLICIT'
}

/** The policies that had a say: of a hundred there are few, and they are kept with every request. */
function keptEvaluations(evaluations: readonly PolicyEvaluation[]): KeptEvaluation[] {
  return evaluations
    .map((evaluation) => ({ policyId: evaluation.id, outcome: outcomeOf(evaluation) }))
    .filter(({ outcome }) => outcome !== 'DENY_IMPLICIT')
}

/** As the rows of activities and votes have it; null when no policy had a say. */
export function evaluationsText(evaluations: readonly PolicyEvaluation[]): string | null {
  const kept = keptEvaluations(evaluations)
  return kept.length === 0 ? null : JSON.stringify(kept)
}
