// What those who make a policy should be told: it is made all the same.
import { evaluate, type Keyword, keywordsOf, type Policy, preparePolicy } from '@keystead/policy'
import type { PolicyParams } from './policy.ts'

/** What only requests have that sign a transaction, or typed data, as such. */
const TRANSACTIONS: ReadonlySet<Keyword> = new Set<Keyword>([
  'eth.tx',
  'eth.eip_712',
  'solana.tx',
  'tron.tx',
  'bitcoin.tx',
])

const RAW_PAYLOADS = [
  'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD',
  'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2',
  'ACTIVITY_TYPE_SIGN_RAW_PAYLOADS',
] as const

/**
 * What to tell about `made`, policies that were just made or changed: each that allows everything,
 * and each that denies by what a transaction says, unless deny policies are about every kind of raw
 * payload, too.
 * @param all the policies of the organization, `made` included
 */
export function policyWarnings(
  made: readonly PolicyParams[],
  all: readonly PolicyParams[],
): string[] {
  return [...boundless(made), ...unseenPayloads(made, all)]
}

function boundless(made: readonly PolicyParams[]): string[] {
  const open = made.filter(
    (params) => !isDeny(params) && params.condition === '' && params.consensus === '',
  )
  return open.map(
    ({ name }) =>
      `policy "${name}" allows every user everything: it has no condition, no consensus`,
  )
}

function unseenPayloads(made: readonly PolicyParams[], all: readonly PolicyParams[]): string[] {
  const blind = made.filter((params) => isDeny(params) && seesTransactions(prepared(params)))
  if (blind.length === 0) return []
  // A limit lets pass what it has room for.
  const denying = all.filter((each) => isDeny(each) && each.limits.length === 0).map(prepared)
  const open = RAW_PAYLOADS.filter((type) => !denying.some((policy) => isAbout(policy, type)))
  if (open.length === 0) return []
  const message = `denies by what a transaction says, and no policy denies ${open.join(', ')}, by which the same bytes can be signed unseen`
  return blind.map(({ name }) => `policy "${name}" ${message}`)
}

function isDeny({ effect }: PolicyParams): boolean {
  return effect === 'deny'
}

function prepared({ effect, condition, consensus }: PolicyParams): Policy | null {
  const policy = preparePolicy({ id: '', effect, condition, consensus })
  return policy.ok ? policy.policy : null
}

function seesTransactions(policy: Policy | null): boolean {
  const checked = policy?.condition?.checked
  return checked !== undefined && keywordsOf(checked).some((keyword) => TRANSACTIONS.has(keyword))
}

/** Whether the policy can deny such a request: what depends on its key or parameters can. */
function isAbout(policy: Policy | null, type: (typeof RAW_PAYLOADS)[number]): boolean {
  if (policy === null || seesTransactions(policy)) return false
  if (policy.condition === null) return true
  const activity = { type, resource: 'PRIVATE_KEY', action: 'SIGN', params: undefined }
  return evaluate(policy.condition, { activity }).outcome !== 'false'
}
