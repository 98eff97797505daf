// OIDC identities: verifying the token that proves one, and the rules for adding them to a user.
import { AppError } from '../../errors.ts'
import { canonicalEmail } from '../user/contact.ts'
import type { Row } from '../../store/engine.ts'
import { resourceLimits } from '../organization/limits.ts'
import type { Snapshot } from '../organization/model.ts'

/** The claims that name somebody. */
interface OidcClaims {
  issuer: string
  audience: string
  subject: string
}

/** What else a verified token says. */
export interface VerifiedToken extends OidcClaims {
  /** The e-mail address that an issuer whose word is taken has verified; null: none. */
  verifiedEmail: string | null
}

/** Verifies OIDC tokens against the keys that their issuers publish. */
export interface OidcVerifier {
  /** @throws AppError `INVALID_OIDC_TOKEN`; `UNAVAILABLE` when too many issuers are being asked */
  verify(token: string): Promise<VerifiedToken>
  /**
   * Verifies with the keys that are known already, without asking anybody.
   * @throws AppError `INVALID_OIDC_TOKEN`; `UNAVAILABLE` when the issuer's are not known
   */
  verifyOffline(token: string): Promise<VerifiedToken>
}

/** An identity as a request names it: by a token, or by claims that nothing proves. */
export interface ClaimedIdentity {
  name: string
  proof: { token: string } | { claims: OidcClaims }
}

export interface VerifiedIdentity extends OidcClaims {
  name: string
  /** Null also where there was no token. */
  verifiedEmail: string | null
}

/** @throws AppError `INVALID_OIDC_TOKEN` */
export async function verifyIdentity(
  oidc: OidcVerifier,
  { name, proof }: ClaimedIdentity,
): Promise<VerifiedIdentity> {
  if ('claims' in proof) return { name, ...proof.claims, verifiedEmail: null }
  return { name, ...(await oidc.verify(proof.token)) }
}

/**
 * Identities of providers are for the users of sub-organizations.
 * @param organization null for one that is about to be created below another
 * @throws AppError `OAUTH_PROVIDERS_BELOW_ONLY`
 */
export function refuseRoot(organization: Snapshot | null): void {
  if (organization?.parentId === null) throw new AppError('OAUTH_PROVIDERS_BELOW_ONLY')
}

/**
 * Whether all of these prove, by an issuer's word, that `email` is their owner's.
 * @param email in its canonical form
 * @throws AppError `INVALID_OIDC_TOKEN`
 */
export async function allProveEmail(
  oidc: OidcVerifier,
  email: string,
  identities: readonly ClaimedIdentity[],
): Promise<boolean> {
  if (identities.some(({ proof }) => 'claims' in proof)) return false
  const verified = await Promise.all(identities.map((claimed) => verifyIdentity(oidc, claimed)))
  return verified.every(
    ({ verifiedEmail }) => verifiedEmail !== null && canonicalEmail(verifiedEmail) === email,
  )
}

interface NewIdentities {
  organizationId: string
  userId: string
  /** What the organization has; null for one that is about to be created. */
  organization: Snapshot | null
  identities: readonly VerifiedIdentity[]
  nowMs: number
  newId(): string
}

/**
 * Rows of `oidc_identity` for a user's new identities.
 * @throws AppError `OAUTH_PROVIDERS_BELOW_ONLY`, `OAUTH_PROVIDER_LIMIT`, `OAUTH_PROVIDER_EXISTS`
 */
export function planIdentities(plan: NewIdentities): Row[] {
  const { organization, identities } = plan
  if (identities.length > 0) refuseRoot(organization)
  const present = organization?.users.get(plan.userId)?.oidcIdentities ?? []
  const limits = organization?.limits ?? resourceLimits(true)
  if (present.length + identities.length > limits.oauthProvidersPerUser) {
    throw new AppError('OAUTH_PROVIDER_LIMIT')
  }
  const inUse = [...(organization?.users.values() ?? [])].flatMap((user) => user.oidcIdentities)
  const all = [...inUse, ...identities].map(claimsKey)
  if (new Set(all).size < all.length) throw new AppError('OAUTH_PROVIDER_EXISTS')
  return identities.map(({ name, issuer, audience, subject }) => ({
    organization_id: plan.organizationId,
    id: plan.newId(),
    user_id: plan.userId,
    name,
    issuer,
    audience,
    subject,
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }))
}

function claimsKey({ issuer, audience, subject }: OidcClaims): string {
  return JSON.stringify([issuer, audience, subject])
}
