// The operation record: one record says everything about one endpoint; every layer reads it.
import type { z } from 'zod'
import type { EffectTx } from '../commit/unit.ts'
import type { VoteSelection } from '../domain/activity/activity.ts'
import type { Subject } from '../domain/policy/subject.ts'
import type { AppError, ErrorCode } from '../errors.ts'
import type { ActionContext, Context, QueryContext } from './context.ts'
import type { Tag } from './tags.ts'

/** Users, by their credentials; or somebody who was invited, by the key of the invitation. */
type CallerKind = 'user' | 'invitee'

/** Named classes of rate limits; the numbers are configuration. */
type LimitClass = 'read' | 'write' | 'crypto' | 'auth'

interface Described {
  /** camelCase; the operationId. */
  name: string
  path: string
  /** One sentence for the reference. */
  summary: string
  /** The page of the upstream documents that it implements. */
  spec: string
  /** What it is about; the reference groups by it. */
  tags: readonly [Tag, ...Tag[]]
  limit: LimitClass
}

/** What the policy engine calls this action; or why it is not subject to policies. */
type PolicySubject = { resource: string; action: string } | { exempt: string }

/** One thing that policies look at, or several, of which each must be allowed. */
type Subjects = Subject | readonly Subject[]

/** A version of an activity: its type on the wire, and the keys of its intent and result. */
export interface Version {
  type: string
  intentKey: string
  resultKey: string
  params: z.ZodType
  /** A pure upgrade to the newest version's parameters. */
  upgrade(params: unknown): unknown
  /** The newest version's result as this version had it. */
  downgrade(result: unknown): unknown
}

/** An older version: pure functions take its parameters up and, where needed, the result down. */
export function older<S extends z.ZodType, N>(
  version: Pick<Version, 'type' | 'intentKey' | 'resultKey'> & {
    params: S
    upgrade(params: z.output<S>): N
    /** Only where this version's result differs. */
    downgrade?: (result: unknown) => unknown
  },
): Version & { upgrade(params: unknown): N } {
  return {
    ...version,
    upgrade: (params) => version.upgrade(params as z.output<S>),
    downgrade: version.downgrade ?? ((result) => result),
  }
}

/** What `prepare` returns: the result that the caller will see, and what `effects` needs. */
export interface Prepared<R> {
  result: R
}

/**
 * Yes, no, or a condition on the request, asked only when the parent's quorum would allow it. The
 * condition may throw a declared error instead, which ends the activity.
 */
type ParentMayAct<P = unknown> = boolean | ((ctx: Context, params: P) => Promise<boolean>)

/** Fields that security depends on are required: leaving one out does not compile. */
export interface ActivitySpec<
  S extends z.ZodType,
  R extends z.ZodType,
  E extends ErrorCode,
  X extends Prepared<z.input<R>>,
> extends Described {
  type: string
  intentKey: string
  resultKey: string
  params: S
  result: R
  older: readonly (Version & { upgrade(params: unknown): z.output<S> })[]
  policy: PolicySubject
  /** Whether only the root quorum may do this, whatever policies say. */
  rootQuorumOnly: boolean
  /** Whether users of the parent organization may do this in a sub-organization. */
  parentMayAct: ParentMayAct<z.output<S>>
  /** The user whose own credentials this manages: that user needs no policy. Null: nobody's. */
  ownUser: (params: z.output<S>) => string | null
  /** What policies see of it beside the activity itself. It never throws: what is not there is absent. */
  concerns: (ctx: Context, params: z.output<S>) => Promise<Subjects> | Subjects
  /** How many signatures it makes, for quotas. Exactly operations whose policy action is `SIGN`. */
  signs?: (params: z.output<S>) => number
  errors: readonly E[]
  example: { params: z.input<S>; result: z.input<R> }
  /** What `effects` writes: `snapshot` when any row that decisions read. */
  changes: 'nothing' | 'rows' | 'snapshot'
  /** What `prepare` begins with, where that tells errors cheaply: a dry run asks it too. */
  foresee?: (ctx: Context<E>, params: z.output<S>) => Promise<unknown>
  /** Reads and computes, before any transaction. All cryptography happens here. */
  prepare(ctx: ActionContext<E>, params: z.output<S>): Promise<X> | X
  /** Writes rows under the organization's lock; null when `changes` is `nothing`. */
  effects: ((tx: EffectTx, prepared: X) => Promise<void>) | null
}

/**
 * What `prepare` throws when the request fails and yet changes something: that a key which was
 * tried is used up. What `effects` then writes may be no row that decisions read.
 */
export class Refusal extends Error {
  readonly error: AppError
  readonly effects: (tx: EffectTx) => Promise<void>

  constructor(error: AppError, effects: (tx: EffectTx) => Promise<void>) {
    super(error.message, { cause: error })
    this.name = 'Refusal'
    this.error = error
    this.effects = effects
  }
}

export interface ActivityOperation extends Described {
  kind: 'activity'
  caller: CallerKind
  versions: readonly Version[]
  result: z.ZodType
  policy: PolicySubject
  rootQuorumOnly: boolean
  parentMayAct: ParentMayAct
  ownUser(params: unknown): string | null
  concerns(ctx: Context, params: unknown): Promise<Subjects> | Subjects
  signs: ((params: unknown) => number) | null
  errors: readonly ErrorCode[]
  example: { params: unknown; result: unknown }
  changes: 'nothing' | 'rows' | 'snapshot'
  /** @throws AppError what running it would certainly end with */
  foresee(ctx: Context, params: unknown): Promise<unknown>
  run(ctx: ActionContext, params: unknown): Promise<RunResult>
}

/** A prepared activity: its result, and its effects bound to what was prepared. */
interface RunResult {
  result: unknown
  effects: ((tx: EffectTx) => Promise<void>) | null
}

export function defineActivity<
  S extends z.ZodType,
  R extends z.ZodType,
  const E extends ErrorCode,
  X extends Prepared<z.input<R>>,
>(spec: ActivitySpec<S, R, E, X>): ActivityOperation {
  const { type, intentKey, resultKey, params, older: olderVersions, parentMayAct, signs } = spec
  const newest: Version = {
    type,
    intentKey,
    resultKey,
    params,
    upgrade: (newestParams) => newestParams,
    downgrade: (result) => result,
  }
  return {
    ...spec,
    kind: 'activity',
    caller: 'user',
    versions: [newest, ...olderVersions],
    parentMayAct:
      typeof parentMayAct === 'boolean'
        ? parentMayAct
        : (ctx, value) => parentMayAct(ctx, value as z.output<S>),
    ownUser: (value) => spec.ownUser(value as z.output<S>),
    concerns: (ctx, value) => spec.concerns(ctx, value as z.output<S>),
    signs: signs === undefined ? null : (value) => signs(value as z.output<S>),
    foresee: async (ctx, value) => spec.foresee?.(ctx, value as z.output<S>),
    async run(ctx, value) {
      const { effects } = spec
      const prepared = await spec.prepare(ctx, value as z.output<S>)
      return {
        result: prepared.result,
        effects: effects === null ? null : (tx) => effects(tx, prepared),
      }
    },
  }
}

export interface QuerySpec<S extends z.ZodType, R extends z.ZodType, E extends ErrorCode>
  extends Described {
  params: S
  result: R
  /** Whether `organizationId` may be the parent's, and the caller's own is found by credential. */
  findsCaller: boolean
  errors: readonly E[]
  example: { params: z.input<S>; result: z.input<R> }
  /** Asks others over the network, before a snapshot of the database is held for `run`. */
  resolve?: (services: Outside, params: z.output<S>) => Promise<z.output<S>>
  /** Reads on one snapshot of the database: `ctx.reader`. */
  run(ctx: QueryContext<E>, params: z.output<S>): Promise<z.input<R>> | z.input<R>
}

/** What answers over the network. */
type Outside = Pick<Context, 'oidc'>

export interface QueryOperation extends Described {
  kind: 'query'
  caller: CallerKind
  params: z.ZodType
  result: z.ZodType
  findsCaller: boolean
  errors: readonly ErrorCode[]
  example: { params: unknown; result: unknown }
  resolve(services: Outside, params: unknown): Promise<unknown>
  run(ctx: QueryContext, params: unknown): Promise<unknown>
}

export function defineQuery<S extends z.ZodType, R extends z.ZodType, const E extends ErrorCode>(
  spec: QuerySpec<S, R, E>,
): QueryOperation {
  return {
    ...spec,
    kind: 'query',
    caller: 'user',
    resolve: async (services, params) =>
      spec.resolve === undefined ? params : spec.resolve(services, params as z.output<S>),
    run: async (ctx, params) => spec.run(ctx, params as z.output<S>),
  }
}

/** An approval or a rejection of another activity: never an activity of its own. */
export interface VoteOperation extends Described {
  kind: 'vote'
  caller: CallerKind
  type: string
  selection: VoteSelection
  params: z.ZodType<{ fingerprint: string }>
  errors: readonly ErrorCode[]
  example: { params: unknown; result: unknown }
}

export function defineVote(spec: Omit<VoteOperation, 'kind' | 'caller'>): VoteOperation {
  return { ...spec, kind: 'vote', caller: 'user' }
}

/** Opens an operation to those who were invited, and closes it to everybody else. */
export function forInvitee<O extends Operation>(operation: O): O {
  return { ...operation, caller: 'invitee' }
}

export type Operation = ActivityOperation | QueryOperation | VoteOperation
