// Somebody who was invited: reads the link of a mail, and stamps with the key in it.
import { TestClient, type TestKey } from './client.ts'

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
