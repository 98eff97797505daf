// The decision: may this run now, must it wait for more votes, or is it refused?
import type { Actor } from '../activity/activity.ts'
import type { Snapshot } from '../organization/model.ts'

/** A vote that may count: by whom, with which credential. */
export interface Ballot {
  voter: Actor
  /** The id of the credential that signed it. */
  credentialId: string
}

export interface DecisionInput {
  /** The organization whose quorum decides. */
  organization: Snapshot
  /** The organization that the request acts on. */
  targetId: string
  submitter: Actor
  approvals: readonly Ballot[]
  rootQuorumOnly: boolean
  parentMayAct: boolean
  /** The user whose own credentials are managed, if that is what the request does. */
  ownUserId: string | null
}

/** By what something was allowed: enough root users, or the user whose own credentials it is about. */
export type DecidedBy = 'rootQuorum' | 'ownUser'

/** `hold`: the root users' votes are below their threshold, and more of them could reach it. */
export type Verdict = { kind: 'allow'; by: DecidedBy } | { kind: 'hold' } | { kind: 'deny' }

/** Pure: the same snapshot and votes always give the same verdict. */
export function decide(input: DecisionInput): Verdict {
  const { organization, submitter } = input
  const foreign = submitter.organizationId !== input.targetId
  if (foreign && !input.parentMayAct) return { kind: 'deny' }
  const rootVotes = countRootVotes(organization, input.approvals)
  if (rootVotes >= organization.rootThreshold) return { kind: 'allow', by: 'rootQuorum' }
  const own = input.ownUserId === submitter.userId && !foreign
  if (own && !input.rootQuorumOnly) return { kind: 'allow', by: 'ownUser' }
  return { kind: rootVotes > 0 ? 'hold' : 'deny' }
}

/** Whether a vote of `voter` could ever count for what waits in `organization`. */
export function mayVote(organization: Snapshot, voter: Actor): boolean {
  return (
    voter.organizationId === organization.organizationId &&
    organization.users.get(voter.userId)?.isRoot === true
  )
}

function countRootVotes(organization: Snapshot, approvals: readonly Ballot[]): number {
  const voters = new Set<string>()
  for (const { voter, credentialId } of approvals) {
    // A vote whose credential was deleted does not count; one whose key only expired does.
    const holds = organization.credentialOwners.get(credentialId) === voter.userId
    if (holds && mayVote(organization, voter)) voters.add(voter.userId)
  }
  return voters.size
}

/** The organization whose quorum decides on what `submitter` asked of `organization`: its own. */
export function decidingOrganization(
  submitter: Pick<Actor, 'organizationId'>,
  { organization, parent }: { organization: Snapshot; parent: Snapshot | null },
): Snapshot {
  const foreign = submitter.organizationId !== organization.organizationId
  return foreign && parent !== null ? parent : organization
}
