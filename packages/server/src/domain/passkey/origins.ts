// Where passkeys may be used: the origins that an organization or its parent names.
import { featureValue } from '../organization/features.ts'
import type { Snapshot } from '../organization/model.ts'

/**
 * The origins from which passkeys of `organization` are accepted. The parent's value applies to its
 * sub-organizations. Null: any origin.
 */
export function allowedOrigins(
  organization: Snapshot,
  parent: Snapshot | null,
): readonly string[] | null {
  const value = featureValue(parent ?? organization, 'WEBAUTHN_ORIGINS')
  return value === undefined || value === null ? null : value.split(',').map((item) => item.trim())
}
