// The verdict of an organization's policies on one request.
import type { Context, User } from './context.ts'
import type { CheckErrorCode, EvaluationErrorCode, ParseErrorCode, PolicyError } from './error.ts'
import { type Compiled, compile, evaluate } from './evaluation/compile.ts'
import type { Outcome } from './evaluation/frame.ts'
import { parse } from './syntax/parser.ts'
import { check } from './typing/check.ts'
import type { Keyword, PolicyPart } from './typing/schema.ts'

/** A policy as it is stored. An absent or empty part does not constrain it. */
export type PolicySource = Readonly<{
  id: string
  effect: 'allow' | 'deny'
  condition: string | null
  consensus: string | null
}>

/** A policy ready to be decided with. */
export type Policy = Readonly<{
  id: string
  effect: 'allow' | 'deny'
  condition: Compiled | null
  consensus: Compiled | null
}>

/** What is wrong with one part of a policy. */
export type PartError<Code extends string> = Readonly<{
  part: PolicyPart
  error: PolicyError<Code>
}>

/** Parses, checks and compiles the parts of a policy. */
export function preparePolicy(
  source: PolicySource,
):
  | Readonly<{ ok: true; policy: Policy }>
  | (Readonly<{ ok: false }> & PartError<ParseErrorCode | CheckErrorCode>) {
  const { id, effect } = source
  const consensus = preparePart(source.consensus, 'consensus')
  if (!consensus.ok) return { ok: false, part: 'consensus', error: consensus.error }
  const condition = preparePart(source.condition, 'condition')
  if (!condition.ok) return { ok: false, part: 'condition', error: condition.error }
  const policy = { id, effect, condition: condition.compiled, consensus: consensus.compiled }
  return { ok: true, policy }
}

function preparePart(text: string | null, part: PolicyPart) {
  if (text === null || text === '') return { ok: true, compiled: null } as const
  const parsed = parse(text)
  if (!parsed.ok) return parsed
  const checked = check(parsed.expression, part)
  return checked.ok ? ({ ok: true, compiled: compile(checked.checked) } as const) : checked
}

/** One request, at the time of the decision. */
export type Request = Readonly<{
  /** Without approvers. */
  context: Context
  /** Whose approvals count now. */
  approvers: readonly User[]
  /** Every user who could approve: the current ones of the organization. */
  users: readonly User[]
}>

/** What became of one policy. */
export type PolicyEvaluation = Readonly<{ id: string; effect: 'allow' | 'deny' }> &
  (
    | Readonly<{ state: 'applies' | 'conditionFalse' | 'consensusFalse' }>
    | Readonly<{ state: 'notApplicable'; keyword: Keyword }>
    | (Readonly<{ state: 'error' }> & PartError<EvaluationErrorCode>)
  ) &
  Readonly<{
    /** Of an allow policy whose condition alone is true: would every user's approval make it apply? */
    reachable: boolean
  }>

/** Lists hold ids of policies, in their order. */
export type Decision = Readonly<{
  outcome: 'denyExplicit' | 'allow' | 'requiresConsensus' | 'denyImplicit'
  /** Deny policies that apply, or ended in an error. */
  denies: readonly string[]
  /** Allow policies that apply. */
  allows: readonly string[]
  /** Allow policies that more approvals could make apply. */
  awaits: readonly string[]
  evaluations: readonly PolicyEvaluation[]
}>

/**
 * Evaluates every policy. Any that denies decides; else any that allows; else any that more
 * approvals could make allow; else the request is denied implicitly. What the policies do not see
 * (root quorum, features, rules about a user's own things, limits) is the caller's.
 *
 * A policy applies when its condition and its consensus are true. One that is false settles that it
 * does not, whatever the other is; a keyword that the request does not have makes the policy not
 * applicable; any other error makes a deny policy deny, and an allow policy not allow.
 */
export function decide(policies: readonly Policy[], request: Request): Decision {
  const evaluations = policies.map((policy) => evaluatePolicy(policy, request))
  const ids = (holds: (evaluation: PolicyEvaluation) => boolean) =>
    evaluations.filter(holds).map(({ id }) => id)
  const denies = ids(
    ({ effect, state }) => effect === 'deny' && (state === 'applies' || state === 'error'),
  )
  const allows = ids(({ effect, state }) => effect === 'allow' && state === 'applies')
  const awaits = ids(({ reachable }) => reachable)
  return { outcome: outcomeOf({ denies, allows, awaits }), denies, allows, awaits, evaluations }
}

type Lists = Pick<Decision, 'denies' | 'allows' | 'awaits'>

function outcomeOf({ denies, allows, awaits }: Lists): Decision['outcome'] {
  if (denies.length > 0) return 'denyExplicit'
  if (allows.length > 0) return 'allow'
  return awaits.length > 0 ? 'requiresConsensus' : 'denyImplicit'
}

const unconstrained: Outcome = { outcome: 'true' }

function evaluatePolicy(policy: Policy, request: Request): PolicyEvaluation {
  const { id, effect } = policy
  const condition = policy.condition ? evaluate(policy.condition, request.context) : unconstrained
  if (condition.outcome === 'notApplicable') {
    const { keyword } = condition
    return { id, effect, state: 'notApplicable', keyword, reachable: false }
  }
  if (condition.outcome === 'false') {
    return { id, effect, state: 'conditionFalse', reachable: false }
  }
  const consensus = consensusOf(policy, request.approvers)
  const reachable =
    effect === 'allow' &&
    condition.outcome === 'true' &&
    consensus.outcome !== 'true' &&
    consensusOf(policy, request.users).outcome === 'true'
  if (consensus.outcome === 'false') return { id, effect, state: 'consensusFalse', reachable }
  if (condition.outcome === 'error') {
    return { id, effect, state: 'error', part: 'condition', error: condition.error, reachable }
  }
  if (consensus.outcome === 'error') {
    return { id, effect, state: 'error', part: 'consensus', error: consensus.error, reachable }
  }
  return { id, effect, state: 'applies', reachable }
}

function consensusOf({ consensus }: Policy, approvers: readonly User[]): Outcome {
  return consensus ? evaluate(consensus, { approvers }) : unconstrained
}
