// What policies came to, as an activity and its votes keep it.
import type { PolicyEvaluation } from '@keystead/policy'

export type PolicyOutcome =
  | 'ALLOW'
  | 'DENY_EXPLICIT'
  | 'DENY_IMPLICIT'
  | 'REQUIRES_CONSENSUS'
  | 'ERROR'

/** One policy's part in a decision. */
export interface KeptEvaluation {
  policyId: string
  outcome: PolicyOutcome
}

/** What one policy came to; `DENY_IMPLICIT` when it has no say in the decision. */
export function outcomeOf({ effect, state, reachable }: PolicyEvaluation): PolicyOutcome {
  if (state === 'applies') return effect === 'allow' ? 'ALLOW' : 'DENY_EXPLICIT'
  if (state === 'error') return 'ERROR'
  return reachable ? 'REQUIRES_CONSENSUS' : 'DENY_IMPLICIT'
}

/** What of a decision says what is kept of it. */
type Decided = { evaluations: readonly PolicyEvaluation[] } & (
  | { kind: 'allow' | 'hold' }
  | { kind: 'deny'; explicit: boolean }
)

/**
 * The policies that had a say: of a hundred there are few, and they are kept with every request. Of
 * a denial in which none had one, all are: that is what it says.
 */
function keptEvaluations(decided: Decided): KeptEvaluation[] {
  const all = decided.evaluations.map((evaluation) => ({
    policyId: evaluation.id,
    outcome: outcomeOf(evaluation),
  }))
  const isImplicit = decided.kind === 'deny' && !decided.explicit
  return isImplicit ? all : all.filter(({ outcome }) => outcome !== 'DENY_IMPLICIT')
}

/** As the rows of activities and votes have it; null when there is nothing to keep. */
export function evaluationsText(decided: Decided): string | null {
  const kept = keptEvaluations(decided)
  return kept.length === 0 ? null : JSON.stringify(kept)
}

/** What a row of an activity or a vote keeps. */
export function readEvaluations(text: string | null): KeptEvaluation[] {
  return text === null ? [] : (JSON.parse(text) as KeptEvaluation[])
}
