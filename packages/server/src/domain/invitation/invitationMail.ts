// The mail that carries an invitation, and the link in it.
import { uncompressPublicKey } from '@keystead/crypto/node'
import type { DataKey } from '../keyvault/dataKeys.ts'
import { encodeMail, escapedHtml, type Mail, MAIL_LANE } from '../mail/mail.ts'
import type { Snapshot } from '../organization/model.ts'
import { sealMessage } from '../outbox/outbox.ts'
import type { PlannedInvitation } from './invitation.ts'

interface Sender {
  organization: Snapshot
  /** Where the page of invitations is served, without a slash at the end. */
  publicUrl: string
  nowMs: number
}

/** The mail of an invitation as a row of the outbox; its id is the invitation's. */
export function invitationMessage(sender: Sender, planned: PlannedInvitation, dataKey: DataKey) {
  return sealMessage(dataKey, {
    organizationId: sender.organization.organizationId,
    id: String(planned.row['id']),
    lane: MAIL_LANE,
    kind: 'invitation',
    payload: encodeMail(invitationMail(sender, planned)),
    nowMs: sender.nowMs,
    expiresMs: planned.expiresMs,
  })
}

function invitationMail(sender: Sender, planned: PlannedInvitation): Mail {
  const { organization } = sender
  const { params, expiresMs } = planned
  const { userName, email, senderId } = params
  const inviter = organization.users.get(senderId)?.name ?? ''
  const link = invitationLink(sender, planned)
  const until = `${new Date(expiresMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return {
    to: { name: userName, address: email },
    subject: `${inviter} invites you to ${organization.name}`,
    text: [
      `Hello ${userName},`,
      `${inviter} invites you to join ${organization.name}. Open this link to accept; your device will ask you to make a passkey:`,
      link,
      `The link works once, until ${until}. Do not pass it on: whoever opens it can join in your name. If you did not expect this mail, ignore it.`,
      '',
    ].join('\n\n'),
    html: escapedHtml`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Invitation to ${organization.name}</title></head>
<body>
<p>Hello ${userName},</p>
<p>${inviter} invites you to join <strong>${organization.name}</strong>. Your device will ask you to make a passkey.</p>
<p><a href="${link}">Accept the invitation</a></p>
<p>The link works once, until ${until}. Do not pass it on: whoever opens it can join in your name. If you did not expect this mail, ignore it.</p>
</body>
</html>
`,
  }
}

/**
 * The link: the organization and the key, which is `d ‖ x ‖ y` in base64url. Both are in the
 * fragment, which browsers send to no server.
 */
export function invitationLink(
  { publicUrl }: Pick<Sender, 'publicUrl'>,
  { row, privateKey }: PlannedInvitation,
): string {
  const point = uncompressPublicKey('p256', row['public_key'] as Buffer).subarray(1)
  const key = Buffer.concat([privateKey, point]).toString('base64url')
  return `${publicUrl}/invitations#${String(row['organization_id'])}.${key}`
}
