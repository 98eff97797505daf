// Where passkeys may be used: the origins that an organization or its parent names.
import { equalBytes, sha256 } from '@keystead/crypto/node'
import { featureValue } from '../organization/features.ts'
import type { Snapshot } from '../organization/model.ts'
import type { ClientData } from './clientData.ts'

/**
 * The origins from which passkeys are accepted in `organization`. The parent's value applies to all
 * its sub-organizations; where the parent names none, an organization's own counts. Null: any origin.
 */
export function allowedOrigins(
  organization: Snapshot,
  parent: Snapshot | null,
): readonly string[] | null {
  const ofParent = parent === null ? null : featureValue(parent, 'WEBAUTHN_ORIGINS')
  const value = ofParent ?? featureValue(organization, 'WEBAUTHN_ORIGINS') ?? null
  return value === null ? null : value.split(',').map((item) => item.trim())
}

/** Whether a ceremony took place where it may: its origin, and that of a page around it. */
export function isAllowedOrigin(
  { origin, topOrigin }: ClientData,
  allowed: readonly string[] | null,
): boolean {
  if (allowed === null) return true
  return allowed.includes(origin) && (topOrigin === null || allowed.includes(topOrigin))
}

/**
 * Whether a web page of `origin` may have used the RP id of that hash: its host, or a domain above
 * it of at least two labels. Apps have origins that name no host: theirs fit any.
 */
export function fitsOrigin(rpIdHash: Buffer, origin: string): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : null
  if (url === null || !/^https?:$/.test(url.protocol)) return true
  const labels = url.hostname.split('.')
  const above = labels.slice(1, -1).map((_, n) => labels.slice(n + 1).join('.'))
  return [url.hostname, ...above].some((host) => equalBytes(rpIdHash, sha256(Buffer.from(host))))
}
