// Invitations through the official clients, and through the published stamper of API keys.
import { ApiKeyStamper } from '@turnkey/api-key-stamper'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey, post } from '../../support/client.ts'
import { invitationParams, readLink } from '../../support/invitee.ts'
import { engines } from '../../support/server.ts'
import { linkIn, startSmtp, type TestSmtp } from '../../support/smtp.ts'
import { authenticatorParams, makePasskey, PasskeyClient } from '../../support/webauthn.ts'
import {
  clientVersions,
  createSubOrganization,
  errorOf,
  officialClient,
  startWorld,
  violationsOf,
  type World,
} from './world.ts'

const UNKNOWN_ID = '019a0000-0000-7000-8000-00000000ffff'

describe.each(engines)('invitations on %s', (engine) => {
  let box: TestSmtp
  let world: World

  beforeAll(async () => {
    box = await startSmtp()
    world = await startWorld({
      engine,
      env: { KEYSTEAD_SMTP_URL: box.url, KEYSTEAD_MAIL_FROM: 'keys@keystead.example' },
    })
  })
  afterAll(async () => {
    await world.server.dispose()
    await box.close()
  })

  const params = (fields: object = {}) => invitationParams(world.server.admin.userId, fields)
  const create = (fields: object) =>
    world.admin.submit('create_invitations', { invitations: [params(fields)] })

  /** The link of the invitation's mail, once that has arrived. */
  async function mailedLink(id: string): Promise<URL> {
    const find = () => box.mails.find(({ parsed }) => parsed.messageId?.includes(id))
    for (let count = box.mails.length; find() === undefined; count++) await box.arrived(count + 1)
    return linkIn(find()?.parsed.text)
  }

  test.each(clientVersions)('are made and deleted with client %s', async (version) => {
    const client = officialClient(version, world.admin)
    const fields = { accessType: 'ACCESS_TYPE_ALL' as const, receiverUserName: `by ${version}` }
    const made = await client.createInvitations({
      invitations: [params(fields), params()] as never,
    })
    expect(made.invitationIds).toHaveLength(2)
    expect(made.activity).toMatchObject({
      status: 'ACTIVITY_STATUS_COMPLETED',
      intent: { createInvitationsIntent: { invitations: [params(fields), params()] } },
      result: { createInvitationsResult: { invitationIds: made.invitationIds } },
    })
    const [invitationId = ''] = made.invitationIds
    const deleted = await client.deleteInvitation({ invitationId })
    expect(deleted.invitationId).toBe(invitationId)
    await expect(client.deleteInvitation({ invitationId })).rejects.toThrow('invitation not found')
  })

  test('are accepted with a stamp that the published stamper makes of the key in the link', async () => {
    const made = await create({})
    const id = made.at('activity.result.createInvitationsResult.invitationIds.0')
    const { organizationId, key } = readLink(await mailedLink(id))
    const stamper = new ApiKeyStamper({
      apiPublicKey: key.publicKey,
      apiPrivateKey: key.privateKey.toString('hex'),
    })
    const send = async (path: string, request: object) => {
      const body = JSON.stringify({ organizationId, ...request })
      const { stampHeaderName, stampHeaderValue } = await stamper.stamp(body)
      const headers = { [stampHeaderName]: stampHeaderValue }
      return post(`${world.server.url}/public/v1/${path}`, body, headers)
    }
    const told = await send('query/get_invitation', {})
    const passkey = makePasskey()
    const userId = told.at('userId')
    const accepted = await send('submit/accept_invitation', {
      type: 'ACTIVITY_TYPE_ACCEPT_INVITATION_V2',
      timestampMs: String(Date.now()),
      parameters: { invitationId: id, userId, authenticator: authenticatorParams(passkey) },
    })
    expect(accepted.at<object>('activity.result')).toEqual({
      acceptInvitationResult: { invitationId: id, userId },
    })
    const who = await new PasskeyClient(world.server, passkey, organizationId).query('whoami')
    expect(who).toMatchObject({ status: 200, json: { userId, username: 'Ada' } })
  })

  test.each([
    ['receiverUserEmail', 'ada@example.org\r\nBcc: eve@example.org', 'must be an e-mail address'],
    ['receiverUserEmail', undefined, 'must be an e-mail address'],
    ['accessType', 'ACCESS_TYPE_NONE', 'must be an ACCESS_TYPE_…'],
    ['senderUserId', 'me', 'must be a UUID'],
    ['receiverUserTags', ['x'], 'must be a UUID'],
  ])('with a bad %s are refused by its path: %j', async (field, value, description) => {
    const answer = await create({ [field]: value })
    expect(answer.status).toBe(400)
    expect(violationsOf(answer)[0]).toMatchObject({
      field: expect.stringContaining(`invitations.0.${field}`) as unknown,
      description,
    })
  })

  test('of a sub-organization are its own users’ to make', async () => {
    const below = await createSubOrganization(world, generateKey())
    const { userId } = (await below.query('whoami')).json as { userId: string }
    const request = { invitations: [invitationParams(userId)] }
    const body = below.body('CREATE_INVITATIONS', request)
    const refused = await world.admin.send('submit/create_invitations', body)
    expect(errorOf(refused)).toMatchObject({ code: 7, message: 'request not authorized' })
    expect((await below.submit('create_invitations', request)).status).toBe(200)
    const foreign = await below.submit('create_invitations', { invitations: [params()] })
    expect(errorOf(foreign)).toMatchObject({ code: 5, message: 'user not found' })
  })

  test('of another organization are not found', async () => {
    const made = await create({})
    const invitationId = made.at('activity.result.createInvitationsResult.invitationIds.0')
    const below = await createSubOrganization(world, generateKey())
    for (const id of [invitationId, UNKNOWN_ID]) {
      const answer = await below.submit('delete_invitation', { invitationId: id })
      expect(errorOf(answer)).toMatchObject({ code: 5, message: 'invitation not found' })
    }
    expect((await world.admin.submit('delete_invitation', { invitationId })).status).toBe(200)
  })
})
