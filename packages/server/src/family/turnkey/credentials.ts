// What operations that add credentials share: their verifier and their errors.
import type { CredentialVerifier } from '../../domain/credential/credentials.ts'
import { allowedOrigins } from '../../domain/passkey/origins.ts'
import type { Context } from '../../operation/context.ts'

/** Verifies credentials that are added in the request's organization, or in one below it. */
export function credentialVerifier(ctx: Context): CredentialVerifier {
  const { oidc, organization, parent, nowMs } = ctx
  return { oidc, origins: allowedOrigins(organization, parent), nowMs }
}

/** What adding passkeys can fail with. */
export const passkeyErrors = [
  'ATTESTATION_MISSING',
  'ATTESTATION_DATA_MISSING',
  'INVALID_ATTESTATION',
  'CREDENTIAL_ID_IN_USE',
  'AUTHENTICATOR_LABEL_NOT_UNIQUE',
  'AUTHENTICATOR_LIMIT',
] as const

/** What adding credentials can fail with. */
export const credentialErrors = [
  'INVALID_PUBLIC_KEY',
  'PUBLIC_KEY_IN_USE',
  'API_KEY_LABEL_NOT_UNIQUE',
  'INVALID_API_KEY_EXPIRATION',
  'API_KEY_LIMIT',
  'EXPIRING_API_KEY_LIMIT',
  ...passkeyErrors,
  'INVALID_OIDC_TOKEN',
  'OAUTH_PROVIDER_EXISTS',
  'OAUTH_PROVIDER_LIMIT',
] as const
