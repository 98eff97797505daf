// DELETE_INVITATION: takes an invitation back, with its mail if that has not left yet.
import { z } from 'zod'
import { deleteInvitations } from '../../../domain/invitation/invitation.store.ts'
import { deleteMessages } from '../../../domain/outbox/outbox.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deleteInvitation = defineActivity({
  name: 'deleteInvitation',
  path: '/public/v1/submit/delete_invitation',
  type: 'ACTIVITY_TYPE_DELETE_INVITATION',
  intentKey: 'deleteInvitationIntent',
  resultKey: 'deleteInvitationResult',
  summary: 'Take an invitation back; who has accepted it stays',
  spec: 'api-reference/activities/delete-invitation',
  tags: ['invitations'],
  policy: { resource: 'INVITATION', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ invitationId: uuid }),
  older: [],
  result: z.object({ invitationId: z.uuid() }),
  errors: ['INVITATION_NOT_FOUND'],
  example: {
    params: { invitationId: '019a0000-0000-7000-8000-00000000000a' },
    result: { invitationId: '019a0000-0000-7000-8000-00000000000a' },
  },
  changes: 'snapshot',
  prepare(ctx, { invitationId }) {
    const { organizationId, invitations } = ctx.organization
    if (!invitations.has(invitationId)) return ctx.fail('INVITATION_NOT_FOUND')
    return { result: { invitationId }, organizationId }
  },
  async effects(tx, { organizationId, result: { invitationId } }) {
    await deleteInvitations(tx, organizationId, [invitationId])
    await deleteMessages(tx, organizationId, [invitationId])
  },
})
