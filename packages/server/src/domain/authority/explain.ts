// Why a request would run, would wait, or would be denied.
import { setImmediate } from 'node:timers/promises'
import {
  explain,
  type Context as PolicyContext,
  type ExplanationJson,
  explanationToJson,
  type MissingApprovals,
  missingApprovals,
  type Policy,
  type PolicyEvaluation,
  type User,
} from '@keystead/policy'
import { compiled } from '../policy/compiled.ts'
import { outcomeOf, type PolicyOutcome } from '../policy/evaluations.ts'
import type { Charge } from '../spending/counter.ts'
import type { LimitUsage } from '../spending/usage.ts'
import { decide, type DecidedBy, type DecisionInput, type Verdict, votersOf } from './decide.ts'

/**
 * By what it came out as it did: for what waits, whose approvals are awaited. `parentUser`: the
 * submitter belongs to the parent, whose users may not do this. `nothing`: nothing allows it.
 */
type Reason = DecidedBy | 'parentUser' | 'nothing'

/** Why a policy applies, or does not. */
interface ExplainedPolicy {
  evaluation: PolicyEvaluation
  name: string
  outcome: PolicyOutcome
  /** Null where the policy has no such part, or in `unexplained`. */
  condition: ExplanationJson | null
  consensus: ExplanationJson | null
  /** Whose approvals would make it apply; null unless approvals would. */
  missing: MissingApprovals | null
}

export interface Explained {
  outcome: 'ALLOW' | 'DENY_EXPLICIT' | 'DENY_IMPLICIT' | 'REQUIRES_CONSENSUS'
  decidedBy: Reason
  /** The policies that allow, deny, or wait for approvals. */
  decidingPolicyIds: readonly string[]
  rootQuorum: {
    threshold: number
    /** Root users whose approval counts now. */
    approved: readonly string[]
    /** The other ones. */
    others: readonly string[]
  }
  /** Empty where policies were not asked, because the root quorum suffices or they have no say. */
  policies: readonly ExplainedPolicy[]
  /** The limits that count the request, as they stand now. */
  limits: readonly LimitUsage[]
  /** Policies that were evaluated, but not explained, because it would have taken too much. */
  unexplained: readonly string[]
}

/** What is known beside the decision. */
interface Foresight {
  /** Whether it would run once it is allowed: what fails is not charged to limits. */
  runs: boolean
  /** Tells how limits stand. */
  usageOf: (charges: readonly Charge[]) => Promise<readonly LimitUsage[]>
}

/** What would be decided, and why; of what a budget does not cover, only what it came to. */
export async function explainDecision(
  input: DecisionInput,
  foresight: Foresight,
): Promise<Explained> {
  const { organization, approvals } = input
  const { verdict, limits } = await decideWithin(input, foresight)
  const voters = votersOf(organization, approvals)
  const roots = [...organization.users.values()].filter(({ isRoot }) => isRoot)
  const [approved, others] = [true, false].map((has) =>
    roots.filter(({ id }) => voters.includes(id) === has).map(({ id }) => id),
  ) as [string[], string[]]
  const deciding = decidingPolicies(verdict)
  return {
    outcome: outcomeOfVerdict(verdict),
    decidedBy: reasonOf(verdict, input, { hasRootVotes: approved.length > 0 }),
    decidingPolicyIds: deciding,
    rootQuorum: { threshold: organization.rootThreshold, approved, others },
    limits,
    ...(await explainPolicies(input, verdict, { voters, deciding })),
  }
}

/** As a commit has it: what is allowed, but goes beyond a limit, is decided anew with that known. */
async function decideWithin(input: DecisionInput, { runs, usageOf }: Foresight) {
  const verdict = await decide(input)
  const limits = verdict.charges.length === 0 ? [] : await usageOf(verdict.charges)
  const beyond = limits.filter(({ exceeded }) => exceeded).map(({ charge }) => charge.policyId)
  const isCharged = verdict.kind === 'allow' && runs
  if (!isCharged || beyond.length === 0) return { verdict, limits }
  return { verdict: await decide({ ...input, exceeded: new Set(beyond) }), limits }
}

function outcomeOfVerdict(verdict: Verdict): Explained['outcome'] {
  if (verdict.kind === 'allow') return 'ALLOW'
  if (verdict.kind === 'hold') return 'REQUIRES_CONSENSUS'
  return verdict.explicit ? 'DENY_EXPLICIT' : 'DENY_IMPLICIT'
}

function reasonOf(
  verdict: Verdict,
  { submitter, targetId, parentMayAct, rootQuorumOnly }: DecisionInput,
  { hasRootVotes }: { hasRootVotes: boolean },
): Reason {
  if (verdict.kind === 'allow') return verdict.by
  if (verdict.kind === 'hold') return hasRootVotes ? 'rootQuorum' : 'policy'
  if (verdict.explicit) return 'policy'
  if (submitter.organizationId !== targetId && !parentMayAct) return 'parentUser'
  return rootQuorumOnly ? 'rootQuorum' : 'nothing'
}

/** The policies that made it what it is: one that denies goes before all that allow. */
function decidingPolicies(verdict: Verdict): string[] {
  const having = (...outcomes: PolicyOutcome[]) =>
    verdict.evaluations.filter((one) => outcomes.includes(outcomeOf(one))).map(({ id }) => id)
  const denying = verdict.evaluations
    .filter(({ effect, state }) => effect === 'deny' && (state === 'applies' || state === 'error'))
    .map(({ id }) => id)
  if (denying.length > 0) return denying
  if (verdict.kind === 'allow') return verdict.by === 'policy' ? having('ALLOW') : []
  return verdict.kind === 'hold' ? having('REQUIRES_CONSENSUS') : []
}

interface Scene {
  context: PolicyContext
  approvers: readonly User[]
  users: readonly User[]
}

/** The deciding policies are explained first: what comes after them may be left out. */
async function explainPolicies(
  { organization }: DecisionInput,
  { evaluations, context }: Verdict,
  { voters, deciding }: { voters: readonly string[]; deciding: readonly string[] },
): Promise<Pick<Explained, 'policies' | 'unexplained'>> {
  if (context === null) return { policies: [], unexplained: [] }
  const { policies, limited, users } = compiled(organization)
  const sources = new Map([...policies, ...limited.policies].map((policy) => [policy.id, policy]))
  const approvers = voters.flatMap((id) => users.get(id) ?? [])
  const scene = { context, approvers, users: [...users.values()] }
  const budget = new Budget()
  const whys = new Map<string, Why | null>()
  const rest = evaluations.map(({ id }) => id).filter((id) => !deciding.includes(id))
  const reachable = new Set(evaluations.filter((one) => one.reachable).map(({ id }) => id))
  for (const id of [...deciding, ...rest]) {
    // Others get their turn between heavy ones.
    if (whys.size > 0 && budget.mayBegin) await setImmediate()
    const policy = sources.get(id)
    const why = policy && explainPolicy(policy, { ...scene, awaits: reachable.has(id) }, budget)
    whys.set(id, why ?? null)
  }
  return {
    policies: evaluations.map((evaluation) => ({
      evaluation,
      name: organization.policies.get(evaluation.id)?.name ?? '',
      outcome: outcomeOf(evaluation),
      ...(whys.get(evaluation.id) ?? { condition: null, consensus: null, missing: null }),
    })),
    unexplained: evaluations.map(({ id }) => id).filter((id) => whys.get(id) === null),
  }
}

const WORK_MAX = 1_000_000
const TEXT_MAX = 1024 * 1024

// SECURITY: a hundred heavy policies must not keep the server busy, or fill its memory. The last
// one that begins may go beyond the work, which each bounds by itself; none beyond the text.
class Budget {
  #work = 0
  #text = 0

  spend({ work }: { work: number }, json: unknown): void {
    this.#work += work
    this.#text += JSON.stringify(json).length
  }

  get mayBegin(): boolean {
    return this.#work <= WORK_MAX && this.fits
  }

  get fits(): boolean {
    return this.#text <= TEXT_MAX
  }
}

type Why = Pick<ExplainedPolicy, 'condition' | 'consensus' | 'missing'>

/** Null when the budget does not allow it. */
function explainPolicy(
  policy: Policy,
  { context, approvers, users, awaits }: Scene & { awaits: boolean },
  budget: Budget,
): Why | null {
  if (!budget.mayBegin) return null
  const explained = (part: Policy['condition'], seen: PolicyContext) => {
    if (part === null) return null
    const explanation = explain(part.checked, seen)
    const json = explanationToJson(explanation)
    budget.spend(explanation, json)
    return json
  }
  const why = {
    condition: explained(policy.condition, context),
    consensus: explained(policy.consensus, { approvers }),
    missing: awaits ? missingApprovals(policy, { approvers, users }) : null,
  }
  if (why.missing !== null) budget.spend(why.missing, why.missing.sets)
  return budget.fits ? why : null
}
