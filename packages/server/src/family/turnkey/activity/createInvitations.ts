// CREATE_INVITATIONS: asks people by mail to join an organization.
import { z } from 'zod'
import { planInvitations } from '../../../domain/invitation/invitation.ts'
import {
  deleteInvitations,
  insertInvitations,
} from '../../../domain/invitation/invitation.store.ts'
import { invitationMessage } from '../../../domain/invitation/invitationMail.ts'
import { deleteMessages, insertMessages } from '../../../domain/outbox/outbox.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list, mailAddress, oneOf, uuid } from '../../../operation/schemas.ts'
import { accessTypeNames } from '../invitationWire.ts'

const invitationParams = z
  .strictObject({
    receiverUserName: label,
    receiverUserEmail: mailAddress,
    receiverUserTags: list(uuid, 100).describe('Given to the user on acceptance.'),
    accessType: oneOf(['ACCESS_TYPE_WEB', 'ACCESS_TYPE_API', 'ACCESS_TYPE_ALL'], {
      invalid: 'must be an ACCESS_TYPE_…',
      missing: 'is required',
    }).describe('Kept and shown; it restricts nothing.'),
    senderUserId: uuid.describe('Whom the mail names.'),
  })
  .transform((wire) => ({
    userName: wire.receiverUserName,
    email: wire.receiverUserEmail,
    tagIds: wire.receiverUserTags,
    accessType: accessTypeNames[wire.accessType],
    senderId: wire.senderUserId,
  }))

export const createInvitations = defineActivity({
  name: 'createInvitations',
  path: '/public/v1/submit/create_invitations',
  type: 'ACTIVITY_TYPE_CREATE_INVITATIONS',
  intentKey: 'createInvitationsIntent',
  resultKey: 'createInvitationsResult',
  summary: 'Invite people to join an organization, by mail',
  spec: 'api-reference/activities/create-invitations',
  tags: ['invitations'],
  policy: { resource: 'INVITATION', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ invitations: z.array(invitationParams).min(1).max(100) }),
  older: [],
  result: z.object({ invitationIds: z.array(z.uuid()) }),
  errors: ['INVITATION_LIMIT', 'USER_NOT_FOUND', 'USER_TAG_NOT_FOUND'],
  example: {
    params: {
      invitations: [
        {
          receiverUserName: 'Ada',
          receiverUserEmail: 'ada@example.org',
          receiverUserTags: [],
          accessType: 'ACCESS_TYPE_WEB',
          senderUserId: '019a0000-0000-7000-8000-000000000002',
        },
      ],
    },
    result: { invitationIds: ['019a0000-0000-7000-8000-00000000000a'] },
  },
  changes: 'snapshot',
  async prepare(ctx, { invitations }) {
    const plan = planInvitations({ ...ctx, invitations })
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
    const messages = plan.planned.map((one) => invitationMessage(ctx, one, dataKey))
    const invitationIds = plan.planned.map(({ row }) => row['id'] as string)
    return { result: { invitationIds }, plan, messages }
  },
  async effects(tx, { plan, messages }) {
    await deleteInvitations(tx, plan.organizationId, plan.endedIds)
    await deleteMessages(tx, plan.organizationId, plan.endedIds)
    await insertInvitations(
      tx,
      plan.planned.map(({ row }) => row),
    )
    await insertMessages(tx, messages, tx.seq)
  },
})
