// get_invitation: what an invitee needs to know before accepting.
import { z } from 'zod'
import { defineQuery, forInvitee } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { exampleInvitation, invitationResult, wireInvitation } from '../invitationWire.ts'
import { time, wireTime } from '../time.ts'

export const getInvitation = forInvitee(
  defineQuery({
    name: 'getInvitation',
    path: '/public/v1/query/get_invitation',
    summary: 'Get the invitation whose link carries the key of the stamp',
    spec: 'api-reference/activities/create-invitations',
    tags: ['invitations'],
    findsCaller: false,
    limit: 'auth',
    params: z.object({ organizationId: uuid }),
    result: z.object({
      invitation: invitationResult,
      organizationName: z.string(),
      senderUserName: z.string(),
      userId: z.uuid(),
      expiresAt: time,
    }),
    errors: ['INVITATION_NOT_FOUND'],
    example: {
      params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
      result: {
        invitation: exampleInvitation,
        organizationName: 'Acme',
        senderUserName: 'admin',
        userId: '019a0000-0000-7000-8000-00000000000c',
        expiresAt: { seconds: '1793604800', nanos: '0' },
      },
    },
    run(ctx) {
      const { name, users, invitations } = ctx.organization
      const invitation = [...invitations.values()].find(({ userId }) => userId === ctx.actor.userId)
      if (invitation === undefined) return ctx.fail('INVITATION_NOT_FOUND')
      return {
        invitation: wireInvitation(invitation),
        organizationName: name,
        senderUserName: users.get(invitation.senderId)?.name ?? '',
        userId: invitation.userId,
        expiresAt: wireTime(invitation.expiresMs),
      }
    },
  }),
)
