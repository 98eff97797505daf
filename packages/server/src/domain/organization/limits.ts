// How many of each resource an organization may have: defaults, and what its host has set.

/** Greatest counts, by resource. */
export interface ResourceLimits {
  privateKeys: number
  wallets: number
  users: number
  policies: number
  invitations: number
  /** Of users and of private keys together. */
  tags: number
  authenticatorsPerUser: number
  longLivedApiKeysPerUser: number
  expiringApiKeysPerUser: number
  oauthProvidersPerUser: number
}

const DEFAULTS: ResourceLimits = {
  privateKeys: 1000,
  wallets: 100,
  users: 100,
  policies: 100,
  invitations: 100,
  tags: 100,
  authenticatorsPerUser: 10,
  longLivedApiKeysPerUser: 10,
  expiringApiKeysPerUser: 10,
  oauthProvidersPerUser: 10,
}

const SUB_ORGANIZATION_TAGS = 10

/**
 * The limits of a root organization or a sub-organization (page `concepts/resource-limits`).
 * @param set what was set for this organization alone
 */
export function resourceLimits(
  isSubOrganization: boolean,
  set: Partial<ResourceLimits> = {},
): ResourceLimits {
  const tags = isSubOrganization ? SUB_ORGANIZATION_TAGS : DEFAULTS.tags
  return { ...DEFAULTS, tags, ...set }
}
