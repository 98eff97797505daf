// ACCEPT_INVITATION: whoever was invited becomes a user, with a passkey and the invitation's tags.
import { z } from 'zod'
import {
  findAcceptable,
  isEnrolment,
  refuseExpired,
  remainingTags,
} from '../../../domain/invitation/invitation.ts'
import { markAccepted } from '../../../domain/invitation/invitation.store.ts'
import type { Invitation } from '../../../domain/organization/model.ts'
import { deleteMessages } from '../../../domain/outbox/outbox.store.ts'
import { planPasskeys } from '../../../domain/passkey/passkey.ts'
import { type Registration, verifyRegistration } from '../../../domain/passkey/registration.ts'
import { insertUsers } from '../../../domain/user/user.store.ts'
import { planUsers, verifyUsers } from '../../../domain/user/user.ts'
import { AppError } from '../../../errors.ts'
import type { Context } from '../../../operation/context.ts'
import { defineActivity, forInvitee } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { authenticatorParamsV2, exampleRegistration } from '../credentialParameters.ts'
import { credentialVerifier } from '../credentials.ts'

/** The invitee as a new user. */
async function joined(ctx: Context, invitation: Invitation, registration: Registration) {
  const { organizationId } = ctx.organization
  const { userId: id, userName: name, email } = invitation
  const tagIds = remainingTags(ctx.organization, invitation)
  const credentials = { apiKeys: [], registrations: [registration], identities: [] }
  const invited = { name, email, phone: null, tagIds, credentials }
  const users = await verifyUsers(credentialVerifier(ctx), [invited])
  return planUsers({
    ...ctx,
    organizationId,
    users: users.map((user) => ({ ...user, id })),
    isRoot: false,
  })
}

/** The passkey of an invitee who is a user already. */
function enrolled(ctx: Context, { userId }: Invitation, registration: Registration) {
  const { organizationId, users } = ctx.organization
  if (!users.has(userId)) throw new AppError('INVITATION_NOT_FOUND')
  const passkeys = planPasskeys({
    ...ctx,
    organizationId,
    userId,
    passkeys: [verifyRegistration(registration, credentialVerifier(ctx))],
  })
  return { users: [], apiKeys: [], passkeys, oidcIdentities: [] }
}

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
    concerns: () => ({}),
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
      'AUTHENTICATOR_LIMIT',
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
      const { organizationId } = ctx.organization
      const joins = isEnrolment(invitation) ? enrolled : joined
      const plan = await joins(ctx, invitation, authenticator)
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
