// Policies in the wire form of the Turnkey API: what requests say of them, and what answers do.
import { type PolicyPart, type Selector, upgradeSelectors } from '@keystead/policy'
import { z } from 'zod'
import type { Policy } from '../../domain/organization/model.ts'
import { limitsFault } from '../../domain/policy/limitRules.ts'
import { expressionFault, type PolicyParams } from '../../domain/policy/policy.ts'
import type { ErrorCode } from '../../errors.ts'
import { label, lines, list, text } from '../../operation/schemas.ts'
import { limits, toLimits, wireLimits } from './limitWire.ts'
import { wireName } from './parameters.ts'
import { time, wireTime } from './time.ts'

const EXPRESSION_MAX = 16_384
const NOTES_MAX = 4096
const EFFECT = { EFFECT_ALLOW: 'allow', EFFECT_DENY: 'deny' } as const

const effect = z.enum(['EFFECT_ALLOW', 'EFFECT_DENY'])

const FAULTS = {
  condition: 'INVALID_POLICY_CONDITION',
  consensus: 'INVALID_POLICY_CONSENSUS',
} as const satisfies Record<PolicyPart, ErrorCode>

/** What is wrong in the expressions of a policy. */
export const expressionErrors = Object.values(FAULTS)

const expression = (part: PolicyPart) =>
  lines(EXPRESSION_MAX).superRefine((written, ctx) => {
    const fault = expressionFault(part, written)
    if (fault !== null) ctx.addIssue(refusal(part, fault))
  })

/** @param path from where the issue is added */
function refusal(part: PolicyPart, message: string, path: (string | number)[] = []) {
  return { code: 'custom' as const, message, path, params: { errorCode: FAULTS[part] } }
}

const optionally = <S extends z.ZodType<string>>(schema: S) =>
  schema.optional().transform((written) => written ?? '')

const notes = lines(NOTES_MAX)

/** What the newest clients send: when a policy is in force. Without it, always. */
const noTime = text(EXPRESSION_MAX)
  .refine((written) => written === '', 'is not supported: policies here are always in force')
  .optional()
  .describe('Empty, if at all: policies are always in force.')

/** Parameters of CREATE_POLICY_V3, and `policies[]` of CREATE_POLICIES. */
export const policyParams = z
  .strictObject({
    policyName: label,
    effect,
    condition: optionally(expression('condition')).describe('Empty: it applies to every request.'),
    consensus: optionally(expression('consensus')).describe('Empty: it applies to whoever asks.'),
    notes: optionally(notes),
    time: noTime,
    limits,
  })
  .superRefine((written, ctx) => {
    const fault = limitsFault(toPolicyParams(written))
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault, path: ['limits'] })
  })

type WirePolicy = z.output<typeof policyParams>

export function toPolicyParams({
  policyName: name,
  effect: wireEffect,
  condition,
  consensus,
  notes: written,
  limits: asked = [],
}: WirePolicy): PolicyParams {
  const said = { condition, consensus, notes: written, limits: toLimits(asked) }
  return { name, effect: EFFECT[wireEffect], ...said }
}

/** Parameters of UPDATE_POLICY. */
export const policyChange = {
  policyName: label.optional(),
  policyEffect: effect.optional(),
  policyCondition: expression('condition').optional(),
  policyConsensus: expression('consensus').optional(),
  policyNotes: notes.optional(),
  time: noTime,
}

/** Parameters of UPDATE_POLICY_V2. */
export const policyChangeV2 = { ...policyChange, policyLimits: limits }

type WireChange = z.output<z.ZodObject<typeof policyChangeV2>>

/** What changes; an absent member stays as it is. */
export function toPolicyChange(change: WireChange): Partial<PolicyParams> {
  const { policyEffect, policyLimits } = change
  const said = {
    name: change.policyName,
    effect: policyEffect && EFFECT[policyEffect],
    condition: change.policyCondition,
    consensus: change.policyConsensus,
    notes: change.policyNotes,
    limits: policyLimits && toLimits(policyLimits),
  }
  return said as Partial<PolicyParams>
}

const OPERATORS = [
  'OPERATOR_EQUAL',
  'OPERATOR_MORE_THAN',
  'OPERATOR_MORE_THAN_OR_EQUAL',
  'OPERATOR_LESS_THAN',
  'OPERATOR_LESS_THAN_OR_EQUAL',
  'OPERATOR_CONTAINS',
  'OPERATOR_NOT_EQUAL',
  'OPERATOR_IN',
  'OPERATOR_NOT_IN',
  'OPERATOR_CONTAINS_ONE',
  'OPERATOR_CONTAINS_ALL',
] as const

const SELECTORS_MAX = 100
const target = text(1000)
const selector = { subject: text(100), operator: z.enum(OPERATORS) }

/** `selectors[]` of CREATE_POLICY: of one target each. */
const selectorV1 = z
  .strictObject({ ...selector, target })
  .transform(({ target: only, ...rest }) => ({ ...rest, targets: [only] }))

/** `selectors[]` of CREATE_POLICY_V2. */
const selectorV2 = z.strictObject({ ...selector, targets: list(target, 100) })

const ofSelectors = <S extends z.ZodType<Selector>>(one: S) =>
  z
    .strictObject({
      policyName: label,
      selectors: z.array(one).max(SELECTORS_MAX),
      effect,
      notes: optionally(notes),
    })
    .transform(
      ({ selectors, ...rest }, ctx): WirePolicy => ({
        ...rest,
        ...expressionsOf(selectors, ctx),
      }),
    )

export const policyParamsV1 = ofSelectors(selectorV1)
export const policyParamsV2 = ofSelectors(selectorV2)

function expressionsOf(
  selectors: readonly Selector[],
  ctx: Pick<z.RefinementCtx, 'addIssue'>,
): Pick<WirePolicy, PolicyPart> {
  const upgraded = upgradeSelectors(selectors)
  if (!upgraded.ok) {
    ctx.addIssue(refusal('condition', upgraded.message, ['selectors', upgraded.selector]))
    return z.NEVER
  }
  const expressions = {
    condition: upgraded.condition ?? '',
    consensus: upgraded.consensus ?? '',
  }
  // Each of them has a type; all of them may be too long together.
  for (const part of ['condition', 'consensus'] as const) {
    const fault = expressionFault(part, expressions[part])
    if (fault !== null) ctx.addIssue(refusal(part, fault, ['selectors']))
  }
  return expressions
}

/** Said beside the result when the request did what may surprise. */
export const warnings = z
  .array(z.string())
  .optional()
  .describe('What these policies do not cover; absent when there is nothing to say.')

/** `warnings`, where there are some. */
export function wireWarnings(said: string[]): { warnings?: string[] } {
  return said.length === 0 ? {} : { warnings: said }
}

export const policyResult = z.object({
  policyId: z.uuid(),
  policyName: z.string(),
  effect,
  createdAt: time,
  updatedAt: time,
  notes: z.string(),
  consensus: z.string(),
  condition: z.string(),
  limits,
})

export function wirePolicy(policy: Policy): z.input<typeof policyResult> {
  return {
    policyId: policy.id,
    policyName: policy.name,
    effect: wireName(EFFECT, policy.effect),
    createdAt: wireTime(policy.createdMs),
    updatedAt: wireTime(policy.updatedMs),
    notes: policy.notes,
    consensus: policy.consensus,
    condition: policy.condition,
    ...wireLimits(policy.limits),
  }
}

export const examplePolicyParams = {
  policyName: 'Small payments',
  effect: 'EFFECT_ALLOW',
  condition: 'eth.tx.value <= 1000000000000000000',
  consensus: 'approvers.count() >= 2',
  notes: '',
} as const

export const examplePolicy: z.input<typeof policyResult> = {
  policyId: '019a0000-0000-7000-8000-000000000010',
  ...examplePolicyParams,
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
}
