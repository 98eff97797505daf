// Policies: rules for making, changing and deleting them.
import { check, parse, type PolicyPart } from '@keystead/policy'
import { AppError, invalidField } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import type { Policy, Snapshot } from '../organization/model.ts'
import { limitsFault } from './limitRules.ts'

/** What a policy says. An expression that is empty constrains nothing. */
export type PolicyParams = Pick<
  Policy,
  'name' | 'effect' | 'consensus' | 'condition' | 'notes' | 'limits'
>

/** The first thing that is wrong with an expression, with its place; null when it has its type. */
export function expressionFault(part: PolicyPart, text: string): string | null {
  if (text === '') return null
  const parsed = parse(text)
  const checked = parsed.ok ? check(parsed.expression, part) : parsed
  if (checked.ok) return null
  const { message, position } = checked.error
  return `${place(text, position.start)}: ${message}`
}

/** Lines and columns from 1, as editors count; the offset in UTF-16 units from 0. */
function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n')
  const column = (lines.at(-1)?.length ?? 0) + 1
  return `line ${lines.length}, column ${column} (offset ${offset})`
}

interface NewPolicies {
  organization: Snapshot
  policies: readonly PolicyParams[]
  nowMs: number
  newId(): string
}

/**
 * The rows of new policies. Their expressions have been checked.
 * @throws AppError `POLICY_LIMIT`, `POLICY_LABEL_NOT_UNIQUE`
 */
export function planPolicies(plan: NewPolicies): { policyIds: string[]; rows: Row[] } {
  const { organization, policies, nowMs } = plan
  const present = [...organization.policies.values()]
  if (present.length + policies.length > organization.limits.policies) {
    throw new AppError('POLICY_LIMIT')
  }
  refuseSameNames([...present, ...policies])
  const rows = policies.map((params) => ({
    organization_id: organization.organizationId,
    id: plan.newId(),
    ...columnsOf(params),
    created_ms: nowMs,
    updated_ms: nowMs,
  }))
  return { policyIds: rows.map(({ id }) => id), rows }
}

export type PolicyChange = { id: string } & Partial<PolicyParams>

/** A policy as it is to be, in the columns of its row. */
export interface ChangedPolicy {
  id: string
  params: PolicyParams
  columns: ReturnType<typeof columnsOf>
}

/**
 * A policy as `change` leaves it: what is absent stays.
 * @throws AppError `POLICY_NOT_FOUND`, `POLICY_LABEL_NOT_UNIQUE`, `BAD_REQUEST_BODY` when its limits
 *   do not go with the rest of it
 */
export function planPolicyChange(organization: Snapshot, change: PolicyChange): ChangedPolicy {
  const { id } = change
  const policy = organization.policies.get(id)
  if (policy === undefined) throw new AppError('POLICY_NOT_FOUND')
  const params = {
    name: change.name ?? policy.name,
    effect: change.effect ?? policy.effect,
    consensus: change.consensus ?? policy.consensus,
    condition: change.condition ?? policy.condition,
    notes: change.notes ?? policy.notes,
    limits: change.limits ?? policy.limits,
  }
  const fault = limitsFault(params)
  if (fault !== null) throw invalidField('policyLimits', fault)
  const others = [...organization.policies.values()].filter((other) => other.id !== id)
  refuseSameNames([...others, params])
  return { id, params, columns: columnsOf(params) }
}

/**
 * The policies to delete, each once.
 * @throws AppError `POLICY_NOT_FOUND`
 */
export function planPolicyDeletion({ policies }: Snapshot, ids: readonly string[]): string[] {
  if (!ids.every((id) => policies.has(id))) throw new AppError('POLICY_NOT_FOUND')
  return [...new Set(ids)]
}

/** What a policy says, in the columns of its row. */
function columnsOf({ limits, ...said }: PolicyParams) {
  return { ...said, limits: limits.length === 0 ? null : JSON.stringify(limits) }
}

function refuseSameNames(policies: readonly Pick<Policy, 'name'>[]): void {
  const names = new Set(policies.map(({ name }) => name))
  if (names.size < policies.length) throw new AppError('POLICY_LABEL_NOT_UNIQUE')
}
