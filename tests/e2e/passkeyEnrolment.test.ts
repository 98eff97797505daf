// `organizations create --passkey`: an organization whose first user has a passkey, and no API key.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, type Answer, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { inviteeClient } from '../support/invitee.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'
import { authenticatorParams, makePasskey, PasskeyClient } from '../support/webauthn.ts'

const PUBLIC_URL = 'https://keys.example.org'

interface Enrolment {
  organizationId: string
  userId: string
  link: string
  expiresAt: string
}

describe.each(engines)('enrolment on %s', (engine) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ engine, env: { KEYSTEAD_PUBLIC_URL: PUBLIC_URL } })
  })
  afterAll(() => server.dispose())

  const run = (...words: string[]) =>
    keystead([...words, '--data', server.data], { env: server.env })
  const CREATE = ['organizations', 'create', '--organization-name', 'Enrolled', '--passkey']

  async function enrol(...words: string[]) {
    const ended = await run(...CREATE, ...words)
    expect(ended).toMatchObject({ code: 0 })
    const made = JSON.parse(ended.stdout) as Enrolment
    return { made, invitee: inviteeClient(server, new URL(made.link)) }
  }
  async function accept(invitee: TestClient, passkey = makePasskey()): Promise<Answer> {
    const told = await invitee.query('get_invitation')
    const parameters = {
      invitationId: told.at('invitation.invitationId'),
      userId: told.at('userId'),
      authenticator: authenticatorParams(passkey),
    }
    return invitee.submit('accept_invitation', parameters, 'ACCEPT_INVITATION_V2')
  }

  test('makes whoever opens the link the first root user, once', async () => {
    const { made, invitee } = await enrol('--user-name', 'Ada', '--email', 'Ada@Example.org')
    expect(Object.keys(made)).toEqual(['organizationId', 'userId', 'link', 'expiresAt'])
    expect(made.link.startsWith(`${PUBLIC_URL}/invitations#${made.organizationId}.`)).toBe(true)
    const weekMs = 7 * 24 * 3600 * 1000
    expect(Date.parse(made.expiresAt)).toBeLessThanOrEqual(Date.now() + weekMs)
    const told = await invitee.query('get_invitation')
    expect(told.json).toMatchObject({ organizationName: 'Enrolled', userId: made.userId })
    // The key of the link opens nothing else.
    expect((await invitee.query('whoami')).status).toBe(401)

    const passkey = makePasskey()
    expect((await accept(invitee, passkey)).at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    const root = new PasskeyClient(server, passkey, made.organizationId)
    expect((await root.query('whoami')).json).toMatchObject({
      organizationName: 'Enrolled',
      userId: made.userId,
      username: 'Ada',
    })
    const { user } = (await root.query('get_user', { userId: made.userId })).json as {
      user: object
    }
    expect(user).toMatchObject({ userEmail: 'ada@example.org', apiKeys: [], authenticators: [{}] })
    expect((await root.query('list_users')).at<unknown[]>('users')).toHaveLength(1)
    const wallet = await root.submit('create_wallet', { walletName: 'w', accounts: [] })
    expect(wallet.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')

    expect(await accept(invitee)).toMatchObject({
      status: 400,
      json: { message: 'invitation has already been accepted' },
    })
    expect((await run('audit', 'verify')).code).toBe(0)
  })

  test('that was missed is mended by recover-admin', async () => {
    const { made, invitee } = await enrol()
    const words = ['recover-admin', '--organization', made.organizationId]
    const admin = JSON.parse((await run(...words)).stdout) as TestServer['admin']
    const client = new TestClient(server, adminKey(admin), made.organizationId)
    expect((await client.query('whoami')).at('userId')).toBe(made.userId)
    const invitationId = (await invitee.query('get_invitation')).at('invitation.invitationId')
    expect((await client.submit('delete_invitation', { invitationId })).status).toBe(200)
    expect((await invitee.query('get_invitation')).status).toBe(401)
  })

  test('of a user who was deleted meanwhile makes nobody a user', async () => {
    const { made, invitee } = await enrol()
    const words = ['recover-admin', '--organization', made.organizationId]
    const admin = JSON.parse((await run(...words)).stdout) as TestServer['admin']
    const first = new TestClient(server, adminKey(admin), made.organizationId)
    const passkey = makePasskey()
    const users = [{ userName: 'heir', authenticators: [authenticatorParams(passkey)] }]
    const added = await first.submit('create_users', { users }, 'CREATE_USERS_V3')
    const userIds = added.at<string[]>('activity.result.createUsersResult.userIds')
    await first.submit('update_root_quorum', { threshold: 1, userIds })
    const heir = new PasskeyClient(server, passkey, made.organizationId)
    const deleted = await heir.submit('delete_users', { userIds: [made.userId] })
    expect(deleted.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await accept(invitee)).toMatchObject({
      status: 404,
      json: { message: 'invitation not found' },
    })
    expect((await heir.query('list_users')).at<unknown[]>('users')).toHaveLength(1)
  })

  test('needs to know where people reach the server, and takes no key besides', async () => {
    const env = { ...server.env, KEYSTEAD_PUBLIC_URL: '' }
    expect(await keystead([...CREATE, '--data', server.data], { env })).toMatchObject({
      code: 1,
      stderr: 'keystead: a link needs KEYSTEAD_PUBLIC_URL: where people reach this server\n',
    })
    const both = await run(...CREATE, '--api-public-key', `02${'a'.repeat(64)}`)
    expect(both).toMatchObject({ code: 2, stdout: '' })
    expect(both.stderr).toContain('--passkey and --api-public-key exclude each other')
  })
})
