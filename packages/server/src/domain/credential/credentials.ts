// All credentials of a user at once: verified first, then planned as rows.
import type { Row } from '../../store/engine.ts'
import type { Snapshot } from '../organization/model.ts'
import { planPasskeys } from '../passkey/passkey.ts'
import {
  type Registration,
  type VerifiedPasskey,
  verifyRegistration,
} from '../passkey/registration.ts'
import { type ApiKeyParams, planApiKeys } from './apiKey.ts'
import {
  type ClaimedIdentity,
  type OidcVerifier,
  planIdentities,
  type VerifiedIdentity,
  verifyIdentity,
} from './oidcIdentity.ts'

/** Credentials as a request brings them. */
export interface ClaimedCredentials {
  apiKeys: readonly ApiKeyParams[]
  registrations: readonly Registration[]
  identities: readonly ClaimedIdentity[]
}

/** Credentials whose proofs were verified. */
export interface Credentials {
  apiKeys: readonly ApiKeyParams[]
  passkeys: readonly VerifiedPasskey[]
  identities: readonly VerifiedIdentity[]
}

/** What verifying credentials needs. */
export interface CredentialVerifier {
  oidc: OidcVerifier
  /** Where passkeys may come from; null: anywhere. */
  origins: readonly string[] | null
  nowMs: number
}

/** @throws AppError `INVALID_ATTESTATION`, `ATTESTATION_DATA_MISSING`, `INVALID_OIDC_TOKEN` */
export async function verifyCredentials(
  { oidc, ...where }: CredentialVerifier,
  { apiKeys, registrations, identities }: ClaimedCredentials,
): Promise<Credentials> {
  return {
    apiKeys,
    passkeys: registrations.map((made) => verifyRegistration(made, where)),
    identities: await Promise.all(identities.map((claimed) => verifyIdentity(oidc, claimed))),
  }
}

interface NewCredentials extends Credentials {
  organizationId: string
  userId: string
  /** What the organization has; null for one that is about to be created. */
  organization: Snapshot | null
  nowMs: number
  newId(): string
}

/** Rows of credentials, by table, and the ids of expiring API keys that make room for new ones. */
export interface CredentialPlan {
  apiKeys: Row[]
  evicted: string[]
  passkeys: Row[]
  oidcIdentities: Row[]
}

/** @throws AppError what `planApiKeys`, `planPasskeys` and `planIdentities` throw */
export function planCredentials(plan: NewCredentials): CredentialPlan {
  const { rows, evicted } = planApiKeys({ ...plan, keys: plan.apiKeys })
  return {
    apiKeys: rows,
    evicted,
    passkeys: planPasskeys(plan),
    oidcIdentities: planIdentities(plan),
  }
}
