// Invitations: who may be asked, what the outbox gets, and when an invitation is over.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestKey } from '../../../../tests/support/client.ts'
import { OVER_QUOTA } from '../../../../tests/support/governance.ts'
import { invitationParams, readLink } from '../../../../tests/support/invitee.ts'
import { linkIn } from '../../../../tests/support/smtp.ts'
import { listWaitingMail } from '../../src/host/waitingMail.ts'
import { adminClient, AppClient } from '../support/client.ts'
import { engines, type Instance, openInstance, PUBLIC_URL } from '../support/instance.ts'

const DAY_MS = 86_400_000

describe.each(engines)('invitations on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  let laterMs = 0

  beforeAll(async () => {
    instance = await openInstance(engine, { clock: { now: () => Date.now() + laterMs } })
    admin = adminClient(instance.app, instance.admin)
  })
  afterAll(() => instance.dispose())

  const later = <T extends object>(parameters: T, type: string) =>
    admin.body(type, parameters, Date.now() + laterMs)
  const create = (...fields: object[]) => {
    const invitations = fields.map((one) => invitationParams(instance.admin.userId, one))
    return admin.send('submit/create_invitations', later({ invitations }, 'CREATE_INVITATIONS'))
  }
  const remove = (invitationId: string) =>
    admin.send('submit/delete_invitation', later({ invitationId }, 'DELETE_INVITATION'))
  const mails = () => listWaitingMail(instance.app)

  /** Invites somebody, and speaks for them. */
  async function invite(fields: object = {}) {
    const made = await create(fields)
    const id = made.at('activity.result.createInvitationsResult.invitationIds.0')
    const text = (await mails()).find((mail) => mail.id === id)?.text
    const { organizationId, key } = readLink(linkIn(text))
    return { id, key, invitee: new AppClient(instance.app, key, organizationId) }
  }

  const acceptBody = (invitee: AppClient, parameters: object) =>
    invitee.body(
      'ACCEPT_INVITATION_V2',
      {
        authenticator: {
          authenticatorName: 'a',
          challenge: 'AAAA',
          attestation: {
            credentialId: 'AAAA',
            clientDataJson: 'AAAA',
            attestationObject: 'AAAA',
            transports: [],
          },
        },
        ...parameters,
      },
      Date.now() + laterMs,
    )

  test('leave a mail with a link of their own in the outbox', async () => {
    const made = await create(
      { receiverUserEmail: 'first@example.org' },
      { receiverUserEmail: 'second@example.org' },
    )
    expect(made.status).toBe(200)
    const ids = made.at<string[]>('activity.result.createInvitationsResult.invitationIds')
    const sent = (await mails()).filter(({ id }) => ids.includes(id))
    expect(sent.map(({ to }) => to)).toEqual(['first@example.org', 'second@example.org'])
    const links = sent.map(({ text }) => linkIn(text))
    expect(links.map(({ origin, pathname }) => origin + pathname)).toEqual(
      Array.from({ length: 2 }, () => `${PUBLIC_URL}/invitations`),
    )
    expect(new Set(links.map(({ hash }) => hash)).size).toBe(2)
    const keys = await instance.rows<{ public_key: Buffer }>(
      'select public_key from invitation where id in (?u, ?u) order by email',
      ...ids,
    )
    expect(keys.map((row) => row.public_key.toString('hex'))).toEqual(
      links.map((link) => readLink(link).key.publicKey),
    )
  })

  test('say to whoever holds their key what they are, and to nobody else', async () => {
    const { id, key, invitee } = await invite({ receiverUserName: 'Zoë <b>' })
    const told = await invitee.query('get_invitation')
    expect(told).toMatchObject({
      status: 200,
      json: {
        invitation: {
          invitationId: id,
          receiverUserName: 'Zoë <b>',
          status: 'INVITATION_STATUS_CREATED',
          accessType: 'ACCESS_TYPE_WEB',
          senderUserId: instance.admin.userId,
        },
        organizationName: 'Acme',
        senderUserName: 'admin',
      },
    })
    expect(await admin.query('get_invitation')).toMatchObject({ status: 401 })
    const elsewhere = await instance.createOrganization('elsewhere')
    const foreign = new AppClient(instance.app, key, elsewhere.organizationId)
    expect(await foreign.query('get_invitation')).toMatchObject({ status: 401 })
    for (const query of ['whoami', 'list_wallets', 'list_activities']) {
      expect(await invitee.query(query)).toMatchObject({ status: 401, json: { code: 16 } })
    }
    const wallet = await invitee.submit('create_wallet', { walletName: 'w', accounts: [] })
    expect(wallet).toMatchObject({ status: 401, json: { code: 16 } })
  })

  test('are refused a signature of another key under their name', async () => {
    const { key } = await invite()
    const forged: TestKey = { ...admin.key, publicKey: key.publicKey }
    const answer = await new AppClient(instance.app, forged, instance.organizationId).query(
      'get_invitation',
    )
    expect(answer).toMatchObject({ status: 401, json: { code: 16 } })
  })

  test('are for one invitee: neither id may be of another', async () => {
    const [first, second] = [await invite(), await invite()]
    const { userId } = (await first.invitee.query('get_invitation')).json as { userId: string }
    const other = (await second.invitee.query('get_invitation')).json as { userId: string }
    const accept = (parameters: object) =>
      first.invitee.send('submit/accept_invitation', acceptBody(first.invitee, parameters))
    expect(await accept({ invitationId: second.id, userId })).toMatchObject({
      status: 404,
      json: { message: 'invitation not found' },
    })
    const foreign = await accept({ invitationId: first.id, userId: other.userId })
    expect(foreign).toMatchObject({ status: 403 })
    const unsound = await accept({ invitationId: first.id, userId })
    expect(unsound).toMatchObject({
      status: 400,
      json: { message: 'invalid authenticator attestation' },
    })
    const users = await instance.rows('select id from org_user where id = ?u', userId)
    expect(users).toEqual([])
  })

  test('are not found any more once deleted, and their mail does not leave', async () => {
    const { id, invitee } = await invite()
    const deleted = await remove(id)
    expect(deleted.at('activity.result.deleteInvitationResult.invitationId')).toBe(id)
    expect((await mails()).map((mail) => mail.id)).not.toContain(id)
    expect(await invitee.query('get_invitation')).toMatchObject({ status: 401 })
    expect(await remove(id)).toMatchObject({
      status: 404,
      json: { code: 5, message: 'invitation not found' },
    })
  })

  test('end after seven days', async () => {
    const { id, invitee } = await invite()
    const { userId } = (await invitee.query('get_invitation')).json as { userId: string }
    laterMs = 7 * DAY_MS
    const late = await invitee.send(
      'submit/accept_invitation',
      acceptBody(invitee, { invitationId: id, userId }),
    )
    expect(late).toMatchObject({
      status: 400,
      json: { code: 9, message: 'invitation has expired' },
    })
    laterMs = 0
  })

  test.each([
    ['an unknown sender', { senderUserId: '019a0000-0000-7000-8000-0000000000ff' }, 404],
    ['an unknown tag', { receiverUserTags: ['019a0000-0000-7000-8000-0000000000ff'] }, 404],
    ['an unknown access type', { accessType: 'ACCESS_TYPE_NONE' }, 400],
    ['no name', { receiverUserName: '' }, 400],
    ['a header in the name', { receiverUserName: 'Ada\r\nBcc: eve@example.org' }, 400],
    ['a header in the address', { receiverUserEmail: 'ada@example.org\r\nBcc: e@e.org' }, 400],
    ['two addresses', { receiverUserEmail: 'ada@example.org, eve@example.org' }, 400],
    ['an address with a name', { receiverUserEmail: 'Ada <ada@example.org>' }, 400],
    ['no address', { receiverUserEmail: 'ada' }, 400],
  ])('are refused with %s, and nothing is written', async (_what, fields, status) => {
    const before = [await instance.count('invitation'), await instance.count('outbox')]
    expect(await create({}, fields)).toMatchObject({ status })
    expect([await instance.count('invitation'), await instance.count('outbox')]).toEqual(before)
  })

  test('are at most as many as the limit; those that are over make room', async () => {
    const open = await instance.count('invitation')
    const full = Array.from({ length: 100 - open }, () => ({}))
    expect((await create(...full, {})).json).toMatchObject({
      code: 8,
      message: OVER_QUOTA,
      details: [],
    })
    expect((await create(...full)).status).toBe(200)
    expect((await create({})).status).toBe(429)
    laterMs = 8 * DAY_MS
    expect((await create({})).status).toBe(200)
    expect(await instance.count('invitation')).toBe(1)
    laterMs = 0
  })

  test('are the root quorum’s to make and to delete', async () => {
    const { client } = await admin.createUser('no root')
    const { id } = await invite()
    const invitations = [invitationParams(instance.admin.userId)]
    expect((await client.submit('create_invitations', { invitations })).status).toBe(403)
    expect((await client.submit('delete_invitation', { invitationId: id })).status).toBe(403)
  })

  test('cannot be changed by SQL', async () => {
    const { id, invitee } = await invite()
    await instance.tamper('update invitation set expires_ms = expires_ms + 1 where id = ?u', id)
    const copy = await instance.openApp()
    const answer = await new AppClient(copy, invitee.key, invitee.organizationId).query(
      'get_invitation',
    )
    expect(answer.status).toBe(500)
    await instance.tamper('update invitation set expires_ms = expires_ms - 1 where id = ?u', id)
    expect((await invitee.query('get_invitation')).status).toBe(200)
  })

  test('leave every chain verifiable', async () => {
    expect(await instance.problems()).toEqual([])
  })
})
