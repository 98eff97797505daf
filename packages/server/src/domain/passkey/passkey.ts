// Passkeys: the rules for adding them to a user.
import { AppError } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import type { Snapshot } from '../organization/model.ts'
import { resourceLimits } from '../organization/limits.ts'
import type { VerifiedPasskey } from './registration.ts'

interface NewPasskeys {
  organizationId: string
  userId: string
  /** What the organization has; null for one that is about to be created. */
  organization: Snapshot | null
  passkeys: readonly VerifiedPasskey[]
  nowMs: number
  newId(): string
}

/**
 * Rows of `passkey` for a user's new passkeys.
 * @throws AppError `AUTHENTICATOR_LIMIT`, `AUTHENTICATOR_LABEL_NOT_UNIQUE`, `CREDENTIAL_ID_IN_USE`
 */
export function planPasskeys(plan: NewPasskeys): Row[] {
  const { organization, passkeys } = plan
  const present = organization?.users.get(plan.userId)?.passkeys ?? []
  const limits = organization?.limits ?? resourceLimits(true)
  if (present.length + passkeys.length > limits.authenticatorsPerUser) {
    throw new AppError('AUTHENTICATOR_LIMIT')
  }
  const names = [...present, ...passkeys].map(({ name }) => name)
  if (new Set(names).size < names.length) throw new AppError('AUTHENTICATOR_LABEL_NOT_UNIQUE')
  const ids = passkeys.map(({ credentialId }) => credentialId.toString('base64url'))
  const known = organization?.passkeysByCredentialId
  if (new Set(ids).size < ids.length || ids.some((id) => known?.has(id))) {
    throw new AppError('CREDENTIAL_ID_IN_USE')
  }
  return passkeys.map((passkey) => ({
    organization_id: plan.organizationId,
    id: plan.newId(),
    user_id: plan.userId,
    name: passkey.name,
    rp_id_hash: passkey.rpIdHash,
    credential_id: passkey.credentialId,
    public_key: passkey.publicKey,
    attestation_format: passkey.attestationFormat,
    aaguid: passkey.aaguid,
    transports: JSON.stringify(passkey.transports),
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }))
}
