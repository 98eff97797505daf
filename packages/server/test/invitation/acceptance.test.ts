// Accepting an invitation: who accepts is a user with a passkey and tags, and nobody is so twice.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../../../tests/support/client.ts'
import { OVER_QUOTA } from '../../../../tests/support/governance.ts'
import { invitationParams, readLink } from '../../../../tests/support/invitee.ts'
import { linkIn } from '../../../../tests/support/smtp.ts'
import { authenticatorParams, makePasskey } from '../../../../tests/support/webauthn.ts'
import type { App } from '../../src/app.ts'
import { listWaitingMail } from '../../src/host/waitingMail.ts'
import { adminClient, AppClient } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const WEEK_MS = 7 * 86_400_000

describe.each(engines)('an invitation on %s', (engine) => {
  let instance: Instance
  let other: App
  let admin: AppClient
  let laterMs = 0

  beforeAll(async () => {
    instance = await openInstance(engine, { clock: { now: () => Date.now() + laterMs } })
    other = await instance.openApp()
    admin = adminClient(instance.app, instance.admin)
  })
  afterAll(() => instance.dispose())

  async function createTag(): Promise<string> {
    const made = await admin.submit('create_user_tag', {
      userTagName: crypto.randomUUID(),
      userIds: [],
    })
    return made.at('activity.result.createUserTagResult.userTagId')
  }

  /** Invites Ada, and reads her link and her invitation. */
  async function invite(fields: object = {}) {
    const invitations = [invitationParams(instance.admin.userId, fields)]
    const made = await admin.submit('create_invitations', { invitations })
    const invitationId = made.at('activity.result.createInvitationsResult.invitationIds.0')
    const mail = (await listWaitingMail(instance.app)).find(({ id }) => id === invitationId)
    const { key, organizationId } = readLink(linkIn(mail?.text))
    const client = new AppClient(instance.app, key, organizationId)
    const { userId } = (await client.query('get_invitation')).json as { userId: string }
    return { invitationId, userId, client }
  }

  type Invited = Awaited<ReturnType<typeof invite>>

  const acceptBody = ({ client, invitationId, userId }: Invited, passkey = makePasskey()) =>
    client.body(
      'ACCEPT_INVITATION_V2',
      { invitationId, userId, authenticator: authenticatorParams(passkey) },
      Date.now() + laterMs,
    )
  const send = ({ client }: Invited, body: string, app?: App): Promise<Answer> =>
    (app === undefined ? client : client.through(app)).send('submit/accept_invitation', body)
  const accept = (invited: Invited, passkey = makePasskey()) =>
    send(invited, acceptBody(invited, passkey))

  const findUser = async (userId: string) =>
    (await instance.app.deps.directory.refresh(instance.organizationId))?.users.get(userId)
  const failed = (message: string, code = 9) => ({ json: { code, message } })

  test('makes a user with its tags and the passkey, and takes its mail back', async () => {
    const tags = [await createTag(), await createTag()].sort()
    const invited = await invite({ receiverUserTags: tags, receiverUserEmail: 'ada@example.org' })
    expect(await findUser(invited.userId)).toBeUndefined()
    const passkey = makePasskey()
    const accepted = await accept(invited, passkey)
    expect(accepted.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(accepted.at<object>('activity.result.acceptInvitationResult')).toEqual({
      invitationId: invited.invitationId,
      userId: invited.userId,
    })
    expect(await findUser(invited.userId)).toMatchObject({
      name: 'Ada',
      email: 'ada@example.org',
      isRoot: false,
      tagIds: tags,
      apiKeys: [],
      passkeys: [{ credentialId: passkey.credentialId.toString('base64url') }],
    })
    const left = await listWaitingMail(instance.app)
    expect(left.map(({ id }) => id)).not.toContain(invited.invitationId)
    const told = await invited.client.query('get_invitation')
    expect(told.at('invitation.status')).toBe('INVITATION_STATUS_ACCEPTED')
  })

  test('gives the tags that are left when it is accepted, and none that it is asked for then', async () => {
    const [kept, gone, never] = [await createTag(), await createTag(), await createTag()]
    const invited = await invite({ receiverUserTags: [kept, gone] })
    const deleted = await admin.submit('delete_user_tags', { userTagIds: [gone] })
    expect(deleted.at('activity.result.deleteUserTagsResult')).toEqual({
      userTagIds: [gone],
      userIds: [],
    })
    const { invitationId, userId, client } = invited
    const authenticator = authenticatorParams(makePasskey())
    const asking = { invitationId, userId, authenticator, receiverUserTags: [never] }
    const refused = await client.submit('accept_invitation', asking, 'ACCEPT_INVITATION_V2')
    expect(refused).toMatchObject({ status: 400, json: { message: 'bad request body' } })
    expect((await accept(invited)).status).toBe(200)
    expect((await findUser(userId))?.tagIds).toEqual([kept])
    const taken = await admin.submit('delete_user_tags', { userTagIds: [kept] })
    expect(taken.at('activity.result.deleteUserTagsResult.userIds')).toEqual([userId])
    expect((await findUser(userId))?.tagIds).toEqual([])
  })

  test('shows the activity with the stamp of the key in the link', async () => {
    const invited = await invite()
    const id = (await accept(invited)).at('activity.id')
    const shown = await admin.query('get_activity', { activityId: id })
    expect(shown.at('activity.type')).toBe('ACTIVITY_TYPE_ACCEPT_INVITATION_V2')
    expect(shown.at('activity.votes.0')).toMatchObject({
      userId: invited.userId,
      publicKey: invited.client.key.publicKey,
    })
  })

  test('is accepted once: a repeat is the same, another body is refused', async () => {
    const invited = await invite()
    const body = acceptBody(invited)
    const first = await send(invited, body)
    const again = await send(invited, body)
    expect(again.at('activity.id')).toBe(first.at('activity.id'))
    expect(again.status).toBe(200)
    const second = await accept(invited)
    expect(second).toMatchObject(failed('invitation has already been accepted'))
    expect((await findUser(invited.userId))?.passkeys).toHaveLength(1)
  })

  test('is accepted by one of many who try at once, through two processes', async () => {
    const invited = await invite()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        send(invited, acceptBody(invited), n % 2 === 0 ? instance.app : other),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status !== 200)
    expect(new Set(refused.map((answer) => answer.at('message')))).toEqual(
      new Set(['invitation has already been accepted']),
    )
    expect((await findUser(invited.userId))?.passkeys).toHaveLength(1)
  })

  test('is deleted or accepted, never both', async () => {
    const invited = await invite()
    const { invitationId } = invited
    const [accepted, deleted] = await Promise.all([
      accept(invited),
      admin.through(other).submit('delete_invitation', { invitationId }),
    ])
    expect(deleted.status).toBe(200)
    expect((await findUser(invited.userId)) !== undefined).toBe(accepted.status === 200)
    expect([200, 401]).toContain(accepted.status)
    expect((await accept(invited)).status).toBe(401)
  })

  test('that is deleted afterwards leaves the user', async () => {
    const invited = await invite()
    await accept(invited)
    const { invitationId } = invited
    expect((await admin.submit('delete_invitation', { invitationId })).status).toBe(200)
    expect(await findUser(invited.userId)).toBeDefined()
  })

  test('is refused without a sound passkey, and can be accepted after that', async () => {
    const invited = await invite()
    const { invitationId, userId, client } = invited
    const [mine, foreign] = [makePasskey(), makePasskey()]
    const { attestation } = authenticatorParams(foreign)
    const over = { attestationObject: attestation.attestationObject }
    const authenticator = authenticatorParams(mine, 'mine', over)
    const refused = await client.submit(
      'accept_invitation',
      { invitationId, userId, authenticator },
      'ACCEPT_INVITATION_V2',
    )
    expect(refused.status).toBe(400)
    expect(await findUser(userId)).toBeUndefined()
    expect((await accept(invited)).status).toBe(200)
  })

  test('does not take a passkey that another user has', async () => {
    const passkey = makePasskey()
    await accept(await invite(), passkey)
    expect(await accept(await invite(), passkey)).toMatchObject({ status: 400 })
  })

  test('ends at the moment of the commit, and not later', async () => {
    const [early, late] = [await invite(), await invite()]
    laterMs = WEEK_MS - 60_000
    expect((await accept(early)).status).toBe(200)
    laterMs = WEEK_MS
    expect(await accept(late)).toMatchObject(failed('invitation has expired'))
    expect(await findUser(late.userId)).toBeUndefined()
    laterMs = 0
  })

  test('cannot be accepted with an API key', async () => {
    const invited = await invite()
    const body = acceptBody(invited)
    const asAdmin = await admin.send('submit/accept_invitation', body)
    expect(asAdmin).toMatchObject({ status: 401, json: { code: 16 } })
    expect(await findUser(invited.userId)).toBeUndefined()
  })

  test('is refused while the organization has as many users as it may', async () => {
    const invited = await invite()
    const { size } = (await instance.app.deps.directory.find(instance.organizationId))?.users ?? {
      size: 0,
    }
    const users = Array.from({ length: 100 - size }, (_, n) => ({ userName: `user ${n}` }))
    const made = await admin.submit('create_users', { users }, 'CREATE_USERS_V4')
    expect(await accept(invited)).toMatchObject({
      status: 429,
      json: { code: 8, message: OVER_QUOTA, details: [] },
    })
    expect(await findUser(invited.userId)).toBeUndefined()
    const userIds = made.at<string[]>('activity.result.createUsersResult.userIds').slice(0, 1)
    expect((await admin.submit('delete_users', { userIds })).status).toBe(200)
    expect((await accept(invited)).status).toBe(200)
  })

  test('leaves every chain verifiable', async () => {
    expect(await instance.problems()).toEqual([])
  })
})
