// The dry run: what a submission would come to, by the same steps, without any that leaves a trace.
import { explainDecision } from '../domain/authority/explain.ts'
import { readUsage } from '../domain/spending/usage.ts'
import { AppError, invalidField } from '../errors.ts'
import type { Context, DryRun } from '../operation/context.ts'
import { decisionInput } from '../operation/decision.ts'
import type { Caller, Family, Submission } from '../operation/family.ts'
import type { JsonValue } from '../platform/strictJson.ts'
import { refuseFrozen } from './admit.ts'
import { conditionHolds, isTransient } from './execute.ts'

interface Turn {
  caller: Caller
  ctx: Context
}

/** What `body` would come to if `turn.caller` submitted it. @throws AppError as `submit` would */
export async function dryRun(family: Family, turn: Turn, body: JsonValue): Promise<DryRun> {
  const { caller, ctx } = turn
  refuseFrozen(caller)
  const submission = family.parseSubmission(body)
  if ('exempt' in submission.operation.policy) {
    throw invalidField('type', 'is decided neither by users nor by policies')
  }
  const standing = { approvals: [caller.ballot], exceeded: new Set<string>() }
  const failure = await foreseen(ctx, submission)
  const { auditKey } = ctx.keyvault
  const explained = await explainDecision(decisionInput(ctx, submission, standing), {
    runs: failure === null,
    usageOf: (charges) => readUsage(ctx.reader, { auditKey, charges, nowMs: ctx.nowMs }),
  })
  // What is denied ends with that.
  if (!['ALLOW', 'REQUIRES_CONSENSUS'].includes(explained.outcome)) {
    return { ...explained, failure: null }
  }
  if (failure?.code !== 'NOT_AUTHORIZED') return { ...explained, failure }
  return { ...explained, outcome: 'DENY_IMPLICIT', decidedBy: 'parentUser', failure: null }
}

async function foreseen(ctx: Context, submission: Submission): Promise<AppError | null> {
  const { operation, params } = submission
  try {
    if (!(await conditionHolds(ctx, submission))) return new AppError('NOT_AUTHORIZED')
    await operation.foresee(ctx, params)
    return null
  } catch (error) {
    if (!(error instanceof AppError) || isTransient(error)) throw error
    return error
  }
}
