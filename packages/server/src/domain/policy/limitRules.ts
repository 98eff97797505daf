// What policies with limits must keep to.
import { type Keyword, keywordsOf, preparePolicy } from '@keystead/policy'
import type { Policy } from '../organization/model.ts'

/** What every request has that signs, also one that signs a raw payload: a limit must see them all. */
const KEYWORDS: ReadonlySet<Keyword> = new Set<Keyword>([
  'activity',
  'wallet',
  'wallet_account',
  'private_key',
])

/**
 * What is wrong with the limits of a policy; null when nothing is. Without limits nothing is; its
 * expressions have been checked.
 */
export function limitsFault(
  policy: Pick<Policy, 'effect' | 'condition' | 'limits'>,
): string | null {
  const { effect, condition, limits } = policy
  if (limits.length === 0) return null
  if (effect !== 'deny') return 'only a policy that denies can have limits'
  const counters = limits.map((limit) => JSON.stringify({ ...limit, max: '' }))
  if (new Set(counters).size < counters.length) {
    return 'two limits differ in nothing but their maximum'
  }
  const unseen = keywordsIn(condition).find((keyword) => !KEYWORDS.has(keyword))
  if (unseen === undefined) return null
  return `the condition of a policy with limits cannot use ${unseen}: not every request that signs has it`
}

function keywordsIn(condition: string): readonly Keyword[] {
  const prepared = preparePolicy({ id: '', effect: 'deny', condition, consensus: null })
  const checked = prepared.ok ? prepared.policy.condition?.checked : undefined
  return checked === undefined ? [] : keywordsOf(checked)
}
