// Running an operation that was allowed: prepare, with declared errors kept as its outcome.
import type { Effects, Unit } from '../commit/unit.ts'
import { type ActivityRow, type Actor, keptFailure } from '../domain/activity/activity.ts'
import { type Ballot, decide, type Verdict } from '../domain/authority/decide.ts'
import { AppError, errorCategory } from '../errors.ts'
import type { ActionContext, Context } from '../operation/context.ts'
import { Refusal } from '../operation/operation.ts'
import { decisionInput } from '../operation/decision.ts'
import type { Call, Caller, Submission } from '../operation/family.ts'
import { contextOf } from './context.ts'
import type { Dependencies } from './dependencies.ts'

/** What became of a request: its status, its result or its error, and the rows still to write. */
export interface Execution {
  status: 'COMPLETED' | 'CONSENSUS_NEEDED' | 'FAILED'
  /** JSON of the result. */
  result: string | null
  error: AppError | null
  effects: Effects | null
  /** What the effects touch. */
  changes: Unit['changes']
  /** How many signatures it made. */
  signatures: number
  /** What it adds to limits of policies. */
  charges: Unit['charges']
}

/** A request that waits for more votes. */
export const held: Execution = {
  status: 'CONSENSUS_NEEDED',
  result: null,
  error: null,
  effects: null,
  changes: 'nothing',
  signatures: 0,
  charges: [],
}

/** A request that was denied, or failed while it ran. */
export function failedWith(error: AppError): Execution {
  return { ...held, status: 'FAILED', error }
}

/** What was decided, and what came of running it; null: it does not run. */
export interface Attempt {
  verdict: Verdict
  execution: Execution | null
}

export interface Run {
  call: Call
  caller: Caller
  submission: Pick<Submission, 'operation' | 'version' | 'params' | 'submitted'>
  submitter: Actor
  approvals: readonly Ballot[]
  /** Policies whose limits did not admit it a moment ago. */
  exceeded: ReadonlySet<string>
}

/**
 * Decides, and when the verdict is to run, prepares. Declared errors are its outcome; others are
 * thrown.
 */
export async function attempt(deps: Dependencies, run: Run): Promise<Attempt> {
  const { submission, submitter, call } = run
  const ctx = contextOf(deps, { ...run, actor: submitter, reader: deps.store.reader })
  const { approvals, exceeded } = run
  const verdict = await decide(decisionInput(ctx, submission, { approvals, exceeded }))
  call.watch.lap('decide')
  return { verdict, execution: await executeIf(verdict, ctx, submission) }
}

async function executeIf(
  verdict: Verdict,
  ctx: Context,
  submission: Run['submission'],
): Promise<Execution | null> {
  if (verdict.kind === 'deny') return null
  try {
    if (!(await conditionHolds(ctx, submission))) return failedWith(new AppError('NOT_AUTHORIZED'))
    if (verdict.kind === 'hold') return null
    const executed = await execute({ ...ctx, decidedBy: verdict.by }, submission)
    return { ...executed, charges: verdict.charges }
  } catch (error) {
    if (error instanceof Refusal) {
      return { ...failedWith(error.error), changes: 'rows', effects: error.effects }
    }
    if (!(error instanceof AppError) || isTransient(error)) throw error
    return failedWith(error)
  }
}

/** Whether what an operation demands of a parent's user is true. */
export async function conditionHolds(
  ctx: Context,
  { operation, params }: Run['submission'],
): Promise<boolean> {
  const { parentMayAct } = operation
  const foreign = ctx.actor.organizationId !== ctx.organization.organizationId
  return !foreign || typeof parentMayAct === 'boolean' || parentMayAct(ctx, params)
}

async function execute(
  ctx: ActionContext,
  { operation, version, params }: Run['submission'],
): Promise<Omit<Execution, 'charges'>> {
  const { result, effects } = await operation.run(ctx, params)
  const text = JSON.stringify(version.downgrade(result))
  const { changes } = operation
  const signatures = operation.signs?.(params) ?? 0
  return { status: 'COMPLETED', result: text, error: null, effects, changes, signatures }
}

/** Errors that say nothing about the request: they leave no activity, so that it can be sent again. */
export function isTransient(error: AppError): boolean {
  const category = errorCategory(error.code)
  return category === 'unavailable' || category === 'internal'
}

/** An error as `activity.failure` keeps it. */
export function failureText(error: AppError): string {
  return JSON.stringify({ code: error.code, details: error.details })
}

/**
 * The error that a failed activity keeps, with the activity's id, as `viewer` may see it; null when
 * it did not fail.
 */
export function storedFailure(activity: ActivityRow, viewer: Actor): AppError | null {
  const error = activity.status === 'FAILED' ? keptFailure(activity, viewer) : null
  return error && new AppError(error.code, { ...error.details, activityId: activity.id })
}
