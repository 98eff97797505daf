// How many of each resource an organization may have: defaults, and what its host has set.

const DEFAULTS = {
  privateKeys: 1000,
  wallets: 100,
  users: 100,
  policies: 100,
  invitations: 100,
  /** Of users and of private keys together. */
  tags: 100,
  authenticatorsPerUser: 10,
  longLivedApiKeysPerUser: 10,
  expiringApiKeysPerUser: 10,
  oauthProvidersPerUser: 10,
}

/** Greatest counts, by resource. */
export type ResourceLimits = Readonly<Record<keyof typeof DEFAULTS, number>>

/** What a root organization and all its sub-organizations may use together; null: without limit. */
export interface Allowances {
  /** Submissions and votes. */
  requestsPerMinute: number | null
  signaturesPerMonth: number | null
}

/** What was set for one organization; what was not is as for every other. */
export type SetLimits = Partial<ResourceLimits & Allowances>

const ALLOWANCES = ['requestsPerMinute', 'signaturesPerMonth'] as const

/** The names that can be set: everything, or what a sub-organization has of its own. */
export function limitNames(isSubOrganization: boolean): readonly (keyof SetLimits)[] {
  const resources = Object.keys(DEFAULTS) as (keyof ResourceLimits)[]
  return isSubOrganization ? resources : [...resources, ...ALLOWANCES]
}

/** Whether the limit of that name can be lifted, instead of only raised. */
export function canBeUnlimited(name: keyof SetLimits): name is keyof Allowances {
  return ALLOWANCES.some((known) => known === name)
}

const SUB_ORGANIZATION_TAGS = 10

/**
 * The limits of a root organization or a sub-organization (page `concepts/resource-limits`).
 * @param set what was set for this organization alone
 */
export function resourceLimits(isSubOrganization: boolean, set: SetLimits = {}): ResourceLimits {
  const tags = isSubOrganization ? SUB_ORGANIZATION_TAGS : DEFAULTS.tags
  const all = { ...DEFAULTS, tags, ...set }
  const names = Object.keys(DEFAULTS) as (keyof ResourceLimits)[]
  return Object.fromEntries(names.map((name) => [name, all[name]])) as ResourceLimits
}

/** The allowances of a root organization. @param usual those of every organization */
export function allowancesOf(set: SetLimits, usual: Allowances): Allowances {
  const { requestsPerMinute = usual.requestsPerMinute } = set
  const { signaturesPerMonth = usual.signaturesPerMonth } = set
  return { requestsPerMinute, signaturesPerMonth }
}
