// Somebody who was invited: reads the link of a mail, and stamps with the key in it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { TestClient, type TestKey } from './client.ts'
import type { TestServer } from './server.ts'
import { linkIn } from './smtp.ts'

/** What a link carries. */
export function readLink(link: URL): { organizationId: string; key: TestKey } {
  const [organizationId = '', text = ''] = link.hash.slice(1).split('.')
  const bytes = Buffer.from(text, 'base64url')
  const [privateKey, x, y] = [0, 32, 64].map((at) => bytes.subarray(at, at + 32))
  const odd = (y?.at(-1) ?? 0) % 2
  const publicKey = Buffer.concat([Buffer.from([2 + odd]), x ?? Buffer.alloc(0)]).toString('hex')
  return { organizationId, key: { scheme: 'P256', privateKey: privateKey ?? bytes, publicKey } }
}

/** Speaks for the invitee of `link` to the server. */
export function inviteeClient(server: { url: string }, link: URL): TestClient {
  const { organizationId, key } = readLink(link)
  return new TestClient(server, key, organizationId)
}

/** `invitations[]` of CREATE_INVITATIONS. */
export function invitationParams(senderUserId: string, fields: object = {}) {
  return {
    receiverUserName: 'Ada',
    receiverUserEmail: 'ada@example.org',
    receiverUserTags: [],
    accessType: 'ACCESS_TYPE_WEB',
    senderUserId,
    ...fields,
  }
}

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname

/** Mail that waits, as the host's command shows it. */
export async function waitingMail(server: TestServer): Promise<{ id: string; text: string }[]> {
  const words = [launcher, 'mail', '--json', '--data', server.data]
  const { stdout } = await promisify(execFile)(process.execPath, words, { env: server.env })
  return (JSON.parse(stdout) as { mail: { id: string; text: string }[] }).mail
}

/** Invites somebody on a server without a mail server, and speaks for them. */
export async function inviteByHand(server: TestServer, admin: TestClient) {
  const invitations = [invitationParams(server.admin.userId)]
  const made = await admin.submit('create_invitations', { invitations })
  const invitationId = made.at('activity.result.createInvitationsResult.invitationIds.0')
  const mail = (await waitingMail(server)).find(({ id }) => id === invitationId)
  const client = inviteeClient(server, linkIn(mail?.text))
  const userId = (await client.query('get_invitation')).at('userId')
  return { invitationId, userId, client }
}
