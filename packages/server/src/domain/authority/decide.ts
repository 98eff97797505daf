// The decision: may this run now, must it wait for more votes, or is it refused?
import { setImmediate } from 'node:timers/promises'
import {
  couldCount,
  decide as decidePolicies,
  type Decision,
  type PolicyEvaluation,
} from '@keystead/policy'
import type { Actor } from '../activity/activity.ts'
import type { Snapshot } from '../organization/model.ts'
import { compiled } from '../policy/compiled.ts'
import type { PolicySubject } from '../policy/subject.ts'
import type { Charge } from '../spending/counter.ts'
import { askLimits } from './limits.ts'

/** A vote that may count: by whom, with which credential. */
export interface Ballot {
  voter: Actor
  /** The id of the credential that signed it. */
  credentialId: string
}

export interface DecisionInput {
  /** The organization whose quorum and policies decide. */
  organization: Snapshot
  /** The organization that the request acts on. */
  targetId: string
  submitter: Actor
  approvals: readonly Ballot[]
  rootQuorumOnly: boolean
  parentMayAct: boolean
  /** The user whose own credentials are managed, if that is what the request does. */
  ownUserId: string | null
  /** What policies see of the request, each of which must be allowed; asked only when they decide. */
  contexts(): Promise<readonly PolicySubject[]>
  /** How many signatures it makes; limits are asked only when there are any. */
  signatures: number
  /** Policies of which it is known that their limits do not admit the request now. */
  exceeded: ReadonlySet<string>
}

/** By what something was allowed; `ownUser`: it is about the submitter's own credentials. */
export type DecidedBy = 'rootQuorum' | 'policy' | 'ownUser'

/**
 * `hold`: it waits for more votes, of root users or of those whom an allow policy asks for. A denial
 * is `explicit` when a policy denied. `evaluations`: what each policy came to, in `context`; none
 * were asked when the root quorum decided. `charges`: what running it by a policy adds to limits,
 * which admit it or not when it is committed.
 */
export type Verdict = Asked &
  ({ kind: 'allow'; by: DecidedBy } | { kind: 'hold' } | { kind: 'deny'; explicit: boolean })

interface Asked {
  evaluations: readonly PolicyEvaluation[]
  /** Of what policies saw, that which decided; null when none were asked. */
  context: PolicySubject | null
  charges: readonly Charge[]
}

const UNASKED = { evaluations: [], context: null, charges: [] } as const

/** The same snapshot, votes and request always give the same verdict. */
export async function decide(input: DecisionInput): Promise<Verdict> {
  const { organization, submitter } = input
  const foreign = submitter.organizationId !== input.targetId
  if (foreign && !input.parentMayAct) return { ...UNASKED, kind: 'deny', explicit: false }
  const voters = votersOf(organization, input.approvals)
  const rootVotes = voters.filter((id) => organization.users.get(id)?.isRoot === true).length
  if (rootVotes >= organization.rootThreshold) {
    return { ...UNASKED, kind: 'allow', by: 'rootQuorum' }
  }
  const waits = rootVotes > 0
  const refusal = waits ? ({ kind: 'hold' } as const) : ({ kind: 'deny', explicit: false } as const)
  if (input.rootQuorumOnly) return { ...UNASKED, ...refusal }
  const { outcome, ...asked } = await askPolicies(organization, voters, input)
  // Denied by a policy: only the root quorum can still let it pass.
  if (outcome === 'denyExplicit') {
    return waits ? { ...asked, kind: 'hold' } : { ...asked, kind: 'deny', explicit: true }
  }
  if (outcome === 'allow') return { ...asked, kind: 'allow', by: 'policy' }
  const own = input.ownUserId === submitter.userId && !foreign
  if (own) return { ...asked, kind: 'allow', by: 'ownUser' }
  if (outcome === 'requiresConsensus') return { ...asked, kind: 'hold' }
  return { ...asked, ...refusal }
}

/**
 * Whether a vote of `voter` could count for what waits: a root user's always, another user's when
 * no policy denies, and the consensus of an allow policy that is about the request asks for it.
 */
export async function mayVote(input: DecisionInput, voter: Actor): Promise<boolean> {
  const { organization } = input
  if (voter.organizationId !== organization.organizationId) return false
  const user = organization.users.get(voter.userId)
  if (user === undefined) return false
  if (user.isRoot) return true
  const { policies, users } = compiled(organization)
  const approver = users.get(user.id)
  if (input.rootQuorumOnly || policies.length === 0 || approver === undefined) return false
  const voters = votersOf(organization, input.approvals)
  const { denies, evaluations } = await askPolicies(organization, voters, input)
  if (denies.length > 0) return false
  return policies.some((policy, at) => {
    const state = evaluations[at]?.state
    const concerned = state === 'consensusFalse' || state === 'applies'
    return policy.effect === 'allow' && concerned && couldCount(policy, approver)
  })
}

const NO_POLICIES = { ...UNASKED, outcome: 'denyImplicit', denies: [] } as const

/** From the best to the worst: of several contexts the worst decides. */
const OUTCOMES = ['allow', 'requiresConsensus', 'denyImplicit', 'denyExplicit'] as const

async function askPolicies(
  organization: Snapshot,
  voters: readonly string[],
  input: DecisionInput,
): Promise<Asked & Pick<Decision, 'outcome' | 'denies'>> {
  const { policies, limited, users } = compiled(organization)
  if (policies.length === 0 && limited.policies.length === 0) return NO_POLICIES
  const approvers = voters.flatMap((id) => users.get(id) ?? [])
  const contexts = await input.contexts()
  const decisions: (Decision & { context: PolicySubject })[] = []
  for (const context of contexts) {
    // Many payloads under many policies take seconds: others get their turn meanwhile.
    if (decisions.length > 0) await setImmediate()
    const request = { context, approvers, users: [...users.values()] }
    decisions.push({ ...decidePolicies(policies, request), context })
  }
  const rank = ({ outcome }: Decision) => OUTCOMES.indexOf(outcome)
  const { outcome, denies, evaluations, context } = decisions.reduce((worst, one) =>
    rank(one) > rank(worst) ? one : worst,
  )
  if (limited.policies.length === 0 || input.signatures === 0) {
    return { outcome, denies, evaluations, context, charges: [] }
  }
  const limits = await askLimits(limited, { ...input, subjects: contexts, approvers })
  if (limits.denials.length === 0) {
    return { outcome, denies, evaluations, context, charges: limits.charges }
  }
  return {
    outcome: 'denyExplicit',
    denies: [...denies, ...limits.denials.map(({ id }) => id)],
    evaluations: [...evaluations, ...limits.denials],
    context,
    charges: limits.charges,
  }
}

/** The users of `organization` whose approvals count, each once. */
export function votersOf(organization: Snapshot, approvals: readonly Ballot[]): string[] {
  const voters = new Set<string>()
  for (const { voter, credentialId } of approvals) {
    const here = voter.organizationId === organization.organizationId
    // A vote whose credential was deleted does not count; one whose key only expired does.
    const holds = organization.credentialOwners.get(credentialId) === voter.userId
    if (here && holds) voters.add(voter.userId)
  }
  return [...voters]
}

/** The organization whose quorum decides on what `submitter` asked of `organization`: its own. */
export function decidingOrganization(
  submitter: Pick<Actor, 'organizationId'>,
  { organization, parent }: { organization: Snapshot; parent: Snapshot | null },
): Snapshot {
  const foreign = submitter.organizationId !== organization.organizationId
  return foreign && parent !== null ? parent : organization
}
