// The answer of the dry run: what would be decided, by what, and why.
import { z } from 'zod'
import type { Explained } from '../../domain/authority/explain.ts'
import type { DryRun } from '../../operation/context.ts'
import { wireError, wireOutcome } from './errors.ts'
import { limit, wireLimit } from './limitWire.ts'
import { time, wireTime } from './time.ts'

const requestOutcomes = [
  'OUTCOME_ALLOW',
  'OUTCOME_DENY_EXPLICIT',
  'OUTCOME_DENY_IMPLICIT',
  'OUTCOME_REQUIRES_CONSENSUS',
] as const

/** What one policy can come to. */
export const policyOutcomes = [...requestOutcomes, 'OUTCOME_ERROR'] as const

const reasons = ['rootQuorum', 'policy', 'ownUser', 'parentUser', 'nothing'] as const

const states = ['applies', 'conditionFalse', 'consensusFalse', 'notApplicable', 'error'] as const

const ids = z.array(z.uuid())
const position = z
  .object({ start: z.int(), end: z.int() })
  .describe('UTF-16 units of the expression, from 0; the end is exclusive.')

const explanation = z.object({
  ok: z.boolean().describe('False: it ended without a value, for the reason in `error`.'),
  value: z.boolean().optional(),
  error: z.object({ code: z.string(), message: z.string(), position }).optional(),
  steps: z.array(
    z.object({
      text: z.string(),
      position,
      type: z.string(),
      values: z
        .array(z.object({ items: z.array(z.int()), value: z.unknown() }))
        .describe('Integers are decimal text. `items`: of which items of lists, from outside.'),
    }),
  ),
  isComplete: z.boolean().describe('False: there are more values than are told.'),
  changes: z
    .array(
      z.object({
        subject: z.string(),
        value: z.unknown(),
        relation: z.string(),
        bound: z.unknown(),
        position,
        text: z.string(),
      }),
    )
    .describe('Each of them alone would turn the value around.'),
})

const policy = z.object({
  policyId: z.uuid(),
  policyName: z.string(),
  effect: z.enum(['EFFECT_ALLOW', 'EFFECT_DENY']),
  outcome: z.enum(policyOutcomes),
  state: z.enum(states).describe('Whether it applies, and if not, what it is for.'),
  condition: explanation.nullable().describe('Null: the policy has none, or it is not explained.'),
  consensus: explanation.nullable(),
  missingApprovals: z
    .object({ userIds: z.array(ids), isComplete: z.boolean() })
    .nullable()
    .describe('Sets of users; the approvals of all of one set would make the policy apply.'),
})

const amount = z.string().describe('An integer as decimal text.')

const usage = z.object({
  policyId: z.uuid(),
  limit,
  scope: z.string().describe('What the limit keeps apart, such as the id of a wallet.'),
  amount: amount.describe('What the request adds.'),
  used: amount.describe('What counts now, without the request.'),
  left: amount.describe('What a request could still add.'),
  exceeded: z.boolean().describe('Whether the request would go beyond the maximum.'),
  freesAt: time.nullable().describe('When some of what counts now no longer does.'),
})

export const dryRunResult = z.object({
  outcome: z.enum(requestOutcomes),
  decidedBy: z.enum(reasons),
  decidingPolicyIds: ids,
  rootQuorum: z
    .object({
      threshold: z.int(),
      missing: z.int().describe('How many more root users would have to approve.'),
      userIds: ids.describe('Root users who have not approved.'),
    })
    .describe('With enough of them, policies are not asked.'),
  policies: z.array(policy),
  limits: z.array(usage).describe('The limits that count the request, as they stand now.'),
  unexplainedPolicyIds: ids.describe('Left out of the explanation, which is bounded.'),
  failure: z
    .object({ code: z.int(), message: z.string(), details: z.array(z.unknown()) })
    .nullable()
    .describe('What it would end with although it is not denied, where that is known already.'),
})

export const exampleDryRun: z.input<typeof dryRunResult> = {
  outcome: 'OUTCOME_REQUIRES_CONSENSUS',
  decidedBy: 'rootQuorum',
  decidingPolicyIds: [],
  rootQuorum: {
    threshold: 2,
    missing: 1,
    userIds: ['019a0000-0000-7000-8000-000000000002'],
  },
  policies: [],
  limits: [],
  unexplainedPolicyIds: [],
  failure: null,
}

export function wireDryRun(dryRun: DryRun): z.input<typeof dryRunResult> {
  const { outcome, decidedBy, rootQuorum, failure } = dryRun
  const { threshold, approved, others } = rootQuorum
  return {
    outcome: wireOutcome(outcome),
    decidedBy,
    decidingPolicyIds: [...dryRun.decidingPolicyIds],
    rootQuorum: {
      threshold,
      missing: Math.max(0, threshold - approved.length),
      userIds: [...others],
    },
    policies: dryRun.policies.map(wirePolicy),
    limits: dryRun.limits.map(wireUsage),
    unexplainedPolicyIds: [...dryRun.unexplained],
    failure: failure && wireError(failure),
  }
}

function wirePolicy(explained: Explained['policies'][number]): z.input<typeof policy> {
  const { evaluation, name, outcome, condition, consensus, missing } = explained
  return {
    policyId: evaluation.id,
    policyName: name,
    effect: evaluation.effect === 'allow' ? 'EFFECT_ALLOW' : 'EFFECT_DENY',
    outcome: wireOutcome(outcome),
    state: evaluation.state,
    condition: condition as z.input<typeof explanation> | null,
    consensus: consensus as z.input<typeof explanation> | null,
    missingApprovals: missing && {
      userIds: missing.sets.map((set) => [...set]),
      isComplete: missing.isComplete,
    },
  }
}

function wireUsage(standing: Explained['limits'][number]): z.input<typeof usage> {
  const { charge, used, left, exceeded, freesAtMs } = standing
  return {
    policyId: charge.policyId,
    limit: wireLimit(charge.limit),
    scope: charge.scope,
    amount: String(charge.amount),
    used: String(used),
    left: String(left),
    exceeded,
    freesAt: freesAtMs === null ? null : wireTime(freesAtMs),
  }
}
