// Invitations: rules for asking somebody to join an organization, and for joining it.
import { generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import type { Row } from '../../store/engine.ts'
import type { Invitation, Snapshot } from '../organization/model.ts'
import { refuseUnknownTags } from '../user/user.ts'

/** How long an invitation can be accepted. */
const INVITATION_MS = 7 * 24 * 3600 * 1000

/** What a request says about an invitation. */
type InvitationParams = Pick<
  Invitation,
  'userName' | 'email' | 'tagIds' | 'accessType' | 'senderId'
>

interface NewInvitations {
  organization: Snapshot
  invitations: readonly InvitationParams[]
  nowMs: number
  newId(): string
}

/** A new invitation, and the private key that its link carries. */
export interface PlannedInvitation {
  row: Row
  params: InvitationParams
  privateKey: Buffer
  expiresMs: number
}

export interface InvitationPlan {
  organizationId: string
  planned: PlannedInvitation[]
  /** Invitations that are over, to be removed: so that they do not pile up. */
  endedIds: string[]
}

/** @throws AppError `INVITATION_LIMIT`, `USER_NOT_FOUND` (the sender), `USER_TAG_NOT_FOUND` */
export function planInvitations(plan: NewInvitations): InvitationPlan {
  const { organization, nowMs } = plan
  const known = [...organization.invitations.values()]
  const open = known.filter((invitation) => isOpen(invitation, nowMs))
  if (open.length + plan.invitations.length > organization.limits.invitations) {
    throw new AppError('INVITATION_LIMIT')
  }
  const planned = plan.invitations.map((params) => {
    if (!organization.users.has(params.senderId)) throw new AppError('USER_NOT_FOUND')
    refuseUnknownTags(organization, params.tagIds)
    const { organizationId } = organization
    return planInvitation({ ...plan, organizationId, userId: plan.newId(), params })
  })
  const ended = known.filter(
    (invitation) =>
      !isOpen(invitation, nowMs) &&
      (invitation.status === 'created' || !organization.users.has(invitation.userId)),
  )
  return {
    organizationId: organization.organizationId,
    planned,
    endedIds: ended.map(({ id }) => id),
  }
}

/** Whether an invitation waits to be accepted, and still may be. */
function isOpen({ status, expiresMs }: Invitation, nowMs: number): boolean {
  return status === 'created' && nowMs < expiresMs
}

/**
 * An invitation to a user that exists already and has no credential yet, to make a passkey. It names
 * that user as its own sender, which no other invitation does.
 */
export function planEnrolment(
  plan: Pick<NewInvitations, 'nowMs' | 'newId'> & { organizationId: string },
  user: { id: string; name: string; email: string | null },
): PlannedInvitation {
  const { id: userId, name: userName, email } = user
  const who = { userName, email: email ?? '', senderId: userId }
  return planInvitation({ ...plan, userId, params: { ...who, tagIds: [], accessType: 'web' } })
}

/** Whether it is for a user that existed before it. */
export function isEnrolment({ userId, senderId }: Invitation): boolean {
  return userId === senderId
}

interface NewInvitation {
  organizationId: string
  userId: string
  params: InvitationParams
  nowMs: number
  newId(): string
}

function planInvitation(plan: NewInvitation): PlannedInvitation {
  const { userName, email, tagIds, accessType, senderId } = plan.params
  const privateKey = generatePrivateKey('p256')
  const expiresMs = plan.nowMs + INVITATION_MS
  const row: Row = {
    organization_id: plan.organizationId,
    id: plan.newId(),
    user_id: plan.userId,
    user_name: userName,
    email,
    tags: tagIds.length === 0 ? null : JSON.stringify([...new Set(tagIds)].sort()),
    access_type: accessType,
    sender_id: senderId,
    public_key: publicKeyOf('p256', privateKey),
    status: 'created',
    expires_ms: expiresMs,
    created_ms: plan.nowMs,
    updated_ms: plan.nowMs,
  }
  return { row, params: plan.params, privateKey, expiresMs }
}

/**
 * The invitation that `userId` may accept now.
 * @throws AppError `INVITATION_NOT_FOUND`, `INVITATION_ALREADY_ACCEPTED`, `INVITATION_EXPIRED`
 */
export function findAcceptable(
  { invitations }: Snapshot,
  { invitationId, userId }: { invitationId: string; userId: string },
  nowMs: number,
): Invitation {
  const invitation = invitations.get(invitationId)
  if (invitation?.userId !== userId) throw new AppError('INVITATION_NOT_FOUND')
  if (invitation.status === 'accepted') throw new AppError('INVITATION_ALREADY_ACCEPTED')
  refuseExpired(invitation, nowMs)
  return invitation
}

/** @throws AppError `INVITATION_EXPIRED` */
export function refuseExpired({ expiresMs }: Invitation, nowMs: number): void {
  if (nowMs >= expiresMs) throw new AppError('INVITATION_EXPIRED')
}

/** The tags of an invitation that still exist. */
export function remainingTags({ tags }: Snapshot, { tagIds }: Invitation): string[] {
  return tagIds.filter((id) => tags.get(id)?.kind === 'user')
}
