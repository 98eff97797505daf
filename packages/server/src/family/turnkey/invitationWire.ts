// Invitations in the wire form of the Turnkey API.
import { z } from 'zod'
import type { Invitation } from '../../domain/organization/model.ts'
import { wireName } from './parameters.ts'
import { time, wireTime } from './time.ts'

export const accessTypeNames = {
  ACCESS_TYPE_WEB: 'web',
  ACCESS_TYPE_API: 'api',
  ACCESS_TYPE_ALL: 'all',
} as const

const statusNames = {
  INVITATION_STATUS_CREATED: 'created',
  INVITATION_STATUS_ACCEPTED: 'accepted',
} as const

export const invitationResult = z.object({
  invitationId: z.uuid(),
  receiverUserName: z.string(),
  receiverEmail: z.string(),
  receiverUserTags: z.array(z.uuid()),
  accessType: z.string(),
  status: z.string(),
  createdAt: time,
  updatedAt: time,
  senderUserId: z.uuid(),
})

export const exampleInvitation: z.input<typeof invitationResult> = {
  invitationId: '019a0000-0000-7000-8000-00000000000a',
  receiverUserName: 'Ada',
  receiverEmail: 'ada@example.org',
  receiverUserTags: [],
  accessType: 'ACCESS_TYPE_WEB',
  status: 'INVITATION_STATUS_CREATED',
  createdAt: { seconds: '1793000000', nanos: '0' },
  updatedAt: { seconds: '1793000000', nanos: '0' },
  senderUserId: '019a0000-0000-7000-8000-000000000002',
}

export function wireInvitation(invitation: Invitation): z.input<typeof invitationResult> {
  return {
    invitationId: invitation.id,
    receiverUserName: invitation.userName,
    receiverEmail: invitation.email,
    receiverUserTags: [...invitation.tagIds],
    accessType: wireName(accessTypeNames, invitation.accessType),
    status: wireName(statusNames, invitation.status),
    createdAt: wireTime(invitation.createdMs),
    updatedAt: wireTime(invitation.updatedMs),
    senderUserId: invitation.senderId,
  }
}
