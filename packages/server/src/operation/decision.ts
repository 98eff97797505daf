// What is decided about a submission, as the decision takes it.
import type { Actor } from '../domain/activity/activity.ts'
import {
  type Ballot,
  type DecisionInput,
  decidingOrganization,
} from '../domain/authority/decide.ts'
import type { Context } from './context.ts'
import type { Submission } from './family.ts'
import { policyContexts } from './policyContext.ts'

/** The submission that is decided about: `ctx.actor` is who submitted it. */
export function decisionInput(
  ctx: Context,
  submission: Pick<Submission, 'operation' | 'version' | 'params' | 'submitted'>,
  approvals: readonly Ballot[],
): DecisionInput {
  const { operation, params } = submission
  const submitter: Actor = ctx.actor
  return {
    organization: decidingOrganization(submitter, ctx),
    targetId: ctx.organization.organizationId,
    submitter,
    approvals,
    rootQuorumOnly: operation.rootQuorumOnly,
    parentMayAct: operation.parentMayAct !== false,
    ownUserId: operation.ownUser(params),
    contexts: () => policyContexts(ctx, submission),
  }
}
