// ACCEPT_INVITATION: whoever was invited becomes a user, with a passkey and the invitation's tags.
import { z } from 'zod'
import {
  findAcceptable,
  refuseExpired,
  remainingTags,
} from '../../../domain/invitation/invitation.ts'
import { markAccepted } from '../../../domain/invitation/invitation.store.ts'
import { deleteMessages } from '../../../domain/outbox/outbox.store.ts'
import { insertUsers } from '../../../domain/user/user.store.ts'
import { planUsers, verifyUsers } from '../../../domain/user/user.ts'
import { defineActivity, forInvitee } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { authenticatorParamsV2, exampleRegistration } from '../credentialParameters.ts'
import { credentialVerifier } from '../credentials.ts'

export const acceptInvitation = forInvitee(
  defineActivity({
    name: 'acceptInvitation',
    path: '/public/v1/submit/accept_invitation',
    type: 'ACTIVITY_TYPE_ACCEPT_INVITATION_V2',
    intentKey: 'acceptInvitationIntentV2',
    resultKey: 'acceptInvitationResult',
    summary: 'Accept an invitation: stamped with the key of its link',
    spec: 'api-reference/queries/get-activity',
    tags: ['invitations'],
    policy: { exempt: 'the invitation itself allows it, once' },
    rootQuorumOnly: false,
    parentMayAct: false,
    ownUser: ({ userId }) => userId,
    limit: 'auth',
    params: z.strictObject({
      invitationId: uuid,
      userId: uuid.describe('The id that the invitation promises, as get_invitation says it.'),
      authenticator: authenticatorParamsV2,
    }),
    older: [],
    result: z.object({ invitationId: z.uuid(), userId: z.uuid() }),
    errors: [
      'INVITATION_NOT_FOUND',
      'INVITATION_ALREADY_ACCEPTED',
      'INVITATION_EXPIRED',
      'INVALID_ATTESTATION',
      'CREDENTIAL_ID_IN_USE',
      'USER_LIMIT',
    ],
    example: {
      params: {
        invitationId: '019a0000-0000-7000-8000-00000000000a',
        userId: '019a0000-0000-7000-8000-00000000000c',
        authenticator: exampleRegistration,
      },
      result: {
        invitationId: '019a0000-0000-7000-8000-00000000000a',
        userId: '019a0000-0000-7000-8000-00000000000c',
      },
    },
    changes: 'snapshot',
    async prepare(ctx, { invitationId, authenticator }) {
      const { userId } = ctx.actor
      const wanted = { invitationId, userId }
      const invitation = findAcceptable(ctx.organization, wanted, ctx.nowMs)
      const tagIds = remainingTags(ctx.organization, invitation)
      const { userName: name, email } = invitation
      const credentials = { apiKeys: [], registrations: [authenticator], identities: [] }
      const invited = { name, email, phone: null, tagIds, credentials }
      const [user] = await verifyUsers(credentialVerifier(ctx), [invited])
      const { organizationId } = ctx.organization
      const users = user === undefined ? [] : [{ ...user, id: userId }]
      const plan = planUsers({ ...ctx, organizationId, users, isRoot: false })
      return { result: wanted, organizationId, invitation, plan }
    },
    async effects(tx, { organizationId, invitation, plan }) {
      refuseExpired(invitation, tx.nowMs)
      await markAccepted(tx, { organizationId, id: invitation.id, nowMs: tx.nowMs })
      // A link that was passed on by hand: its mail would only confuse now.
      await deleteMessages(tx, organizationId, [invitation.id])
      await insertUsers(tx, plan)
    },
  }),
)
