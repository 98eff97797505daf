// What is decided about a submission, as the decision takes it.
import type { Actor } from '../domain/activity/activity.ts'
import { type DecisionInput, decidingOrganization } from '../domain/authority/decide.ts'
import type { Context } from './context.ts'
import type { Submission } from './family.ts'
import { policyContexts } from './policyContext.ts'

/** What else decides: votes, and what limits of policies had to say. */
type Standing = Pick<DecisionInput, 'approvals' | 'exceeded'>

/** The submission that is decided about: `ctx.actor` is who submitted it. */
export function decisionInput(
  ctx: Context,
  submission: Pick<Submission, 'operation' | 'version' | 'params' | 'submitted'>,
  { approvals, exceeded }: Standing,
): DecisionInput {
  const { operation, params } = submission
  const submitter: Actor = ctx.actor
  return {
    organization: decidingOrganization(submitter, ctx),
    targetId: ctx.organization.organizationId,
    submitter,
    approvals,
    exceeded,
    rootQuorumOnly: operation.rootQuorumOnly,
    parentMayAct: operation.parentMayAct !== false,
    signatures: operation.signs?.(params) ?? 0,
    ownUserId: operation.ownUser(params),
    contexts: () => policyContexts(ctx, submission),
  }
}
