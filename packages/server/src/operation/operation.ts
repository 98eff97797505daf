// The operation record: one record says everything about one endpoint; every layer reads it.
import type { z } from 'zod'
import type { EffectTx } from '../commit/unit.ts'
import type { VoteSelection } from '../domain/activity/activity.ts'
import type { ErrorCode } from '../errors.ts'
import type { Context } from './context.ts'
import type { Tag } from './tags.ts'

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
  parentMayAct: boolean
  /** The user whose own credentials this manages: that user needs no policy. Null: nobody's. */
  ownUser: (params: z.output<S>) => string | null
  /** How many signatures it makes, for quotas. Exactly operations whose policy action is `SIGN`. */
  signs?: (params: z.output<S>) => number
  errors: readonly E[]
  example: { params: z.input<S>; result: z.input<R> }
  /** What `effects` writes: `snapshot` when any row that decisions read. */
  changes: 'nothing' | 'rows' | 'snapshot'
  /** Reads and computes, before any transaction. All cryptography happens here. */
  prepare(ctx: Context<E>, params: z.output<S>): Promise<X> | X
  /** Writes rows under the organization's lock; null when `changes` is `nothing`. */
  effects: ((tx: EffectTx, prepared: X) => Promise<void>) | null
}

export interface ActivityOperation extends Described {
  kind: 'activity'
  versions: readonly Version[]
  result: z.ZodType
  policy: PolicySubject
  rootQuorumOnly: boolean
  parentMayAct: boolean
  ownUser(params: unknown): string | null
  signs: ((params: unknown) => number) | null
  errors: readonly ErrorCode[]
  example: { params: unknown; result: unknown }
  changes: 'nothing' | 'rows' | 'snapshot'
  run(ctx: Context, params: unknown): Promise<RunResult>
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
  const { type, intentKey, resultKey, params, older: olderVersions, signs } = spec
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
    versions: [newest, ...olderVersions],
    ownUser: (value) => spec.ownUser(value as z.output<S>),
    signs: signs === undefined ? null : (value) => signs(value as z.output<S>),
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
  /** Reads on one snapshot of the database: `ctx.reader`. */
  run(ctx: Context<E>, params: z.output<S>): Promise<z.input<R>> | z.input<R>
}

export interface QueryOperation extends Described {
  kind: 'query'
  params: z.ZodType
  result: z.ZodType
  findsCaller: boolean
  errors: readonly ErrorCode[]
  example: { params: unknown; result: unknown }
  run(ctx: Context, params: unknown): Promise<unknown>
}

export function defineQuery<S extends z.ZodType, R extends z.ZodType, const E extends ErrorCode>(
  spec: QuerySpec<S, R, E>,
): QueryOperation {
  return {
    ...spec,
    kind: 'query',
    run: async (ctx, params) => spec.run(ctx, params as z.output<S>),
  }
}

/** An approval or a rejection of another activity: never an activity of its own. */
export interface VoteOperation extends Described {
  kind: 'vote'
  type: string
  selection: VoteSelection
  params: z.ZodType<{ fingerprint: string }>
  errors: readonly ErrorCode[]
  example: { params: unknown; result: unknown }
}

export function defineVote(spec: Omit<VoteOperation, 'kind'>): VoteOperation {
  return { ...spec, kind: 'vote' }
}

export type Operation = ActivityOperation | QueryOperation | VoteOperation
