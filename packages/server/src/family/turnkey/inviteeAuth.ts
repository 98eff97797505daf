// Who calls, when it is somebody who was invited: the stamp is made with the key in the mailed link.
import { parsePublicKey } from '@keystead/crypto/node'
import type { Directory } from '../../domain/organization/directory.ts'
import { AppError } from '../../errors.ts'
import type { Call, Caller } from '../../operation/family.ts'
import { INSTANCE_ID } from '../../platform/ids.ts'
import { parseStamp, verifyStamp } from './stamp.ts'

interface InviteeProof {
  organizationId: string
  header: string
  directory: Directory
}

/**
 * Authenticates an invitee. Whether the invitation can still be accepted is for the operation.
 * @throws AppError what `parseStamp` throws, `ORGANIZATION_NOT_FOUND`, `PUBLIC_KEY_NOT_FOUND`, `SIGNATURE_INVALID`
 */
export async function authenticateInvitee(
  { request }: Call,
  { organizationId, header, directory }: InviteeProof,
): Promise<Caller> {
  const stamp = parseStamp(header)
  // Looked up anew: an invitation is a moment old when its link is opened, and rarely used.
  const organization =
    organizationId === INSTANCE_ID ? undefined : await directory.refresh(organizationId)
  if (organization === undefined) throw new AppError('ORGANIZATION_NOT_FOUND')
  const invitation = [...organization.invitations.values()].find(
    ({ publicKey }) => publicKey === stamp.publicKey,
  )
  if (invitation === undefined) throw new AppError('PUBLIC_KEY_NOT_FOUND')
  const key = parsePublicKey('p256', Buffer.from(invitation.publicKey, 'hex'))
  if (key === undefined || !verifyStamp(stamp, key, request.body)) {
    throw new AppError('SIGNATURE_INVALID')
  }
  const { parentId } = organization
  const actor = { organizationId, userId: invitation.userId }
  return {
    actor,
    credentialId: invitation.id,
    ballot: { voter: actor, credentialId: invitation.id },
    // The expiry of the invitation is checked by its operation, which says so in its own words.
    validUntilMs: null,
    organization,
    parent: parentId === null ? null : ((await directory.refresh(parentId)) ?? null),
    stamp: header,
  }
}
