// WEBAUTHN_ORIGINS as an administrator sets it: where passkeys may be made and used from then on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { asHost } from '../../support/governance.ts'
import { inviteByHand } from '../../support/invitee.ts'
import { engines } from '../../support/server.ts'
import { authenticatorParams, makePasskey, PasskeyClient } from '../../support/webauthn.ts'
import {
  clientVersions,
  createSubOrganization,
  officialClient,
  startWorld,
  violationsOf,
  type World,
} from './world.ts'

const NAME = 'FEATURE_NAME_WEBAUTHN_ORIGINS'
const HOME = 'https://login.example.org'
const AWAY = 'https://www.example.org'
const STAMP_REFUSED = [401, 'could not verify WebAuthN signature']
const MADE_REFUSED = [400, 'invalid authenticator attestation']

const at = (origin: string) => makePasskey('ES256', { rpId: 'example.org', origin })
const outcome = ({ status, json }: Answer) =>
  status === 200 ? [200] : [status, (json as { message: string }).message]

describe.each(engines)('origins of passkeys on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  /** A root organization of its own. */
  async function createRoot(): Promise<TestClient> {
    const key = generateKey()
    const words = ['create', '--organization-name', 'origins', '--api-public-key', key.publicKey]
    const made = await asHost(world.server, 'organizations', ...words)
    const { organizationId } = JSON.parse(made) as World
    return new TestClient(world.server, key, organizationId)
  }
  const createBelow = (admin: TestClient) =>
    createSubOrganization({ ...world, admin }, generateKey())
  const name = async (client: TestClient, value: string) =>
    expect((await client.submit('set_organization_feature', { name: NAME, value })).status).toBe(
      200,
    )
  const remove = (client: TestClient) =>
    client.submit('remove_organization_feature', { name: NAME })

  /** Adds a passkey that was made at `origin` to the client's own user. */
  async function add(client: TestClient, origin: string) {
    const passkey = at(origin)
    const who = await client.query('whoami')
    const params = {
      userId: who.at('userId'),
      authenticators: [authenticatorParams(passkey, crypto.randomUUID())],
    }
    const answer = await client.submit('create_authenticators', params, 'CREATE_AUTHENTICATORS_V2')
    return { answer, user: new PasskeyClient(world.server, passkey, client.organizationId) }
  }
  const whoami = async (user: PasskeyClient, origin: string) =>
    outcome(await user.query('whoami', {}, { origin }))

  test.each(clientVersions)(
    'are any, then those that client %s names, then any again',
    async (version) => {
      const admin = await createRoot()
      const client = officialClient(version, admin)
      const { user } = await add(admin, HOME)
      expect(await whoami(user, AWAY)).toEqual([200])
      const { features } = await client.setOrganizationFeature({ name: NAME, value: HOME })
      expect(features).toEqual([{ name: NAME, value: HOME }])
      expect(await whoami(user, HOME)).toEqual([200])
      expect(await whoami(user, AWAY)).toEqual(STAMP_REFUSED)
      expect(outcome((await add(admin, AWAY)).answer)).toEqual(MADE_REFUSED)
      expect(outcome((await add(admin, HOME)).answer)).toEqual([200])
      expect((await client.removeOrganizationFeature({ name: NAME })).features).toEqual([])
      expect(await whoami(user, AWAY)).toEqual([200])
      expect(outcome((await add(admin, AWAY)).answer)).toEqual([200])
    },
  )

  test('of a parent apply below it, whatever its sub-organizations name themselves', async () => {
    const admin = await createRoot()
    const below = await createBelow(admin)
    const { user } = await add(below, HOME)
    await name(admin, HOME)
    await name(below, AWAY)
    expect(await whoami(user, HOME)).toEqual([200])
    expect(await whoami(user, AWAY)).toEqual(STAMP_REFUSED)
    expect(outcome((await add(below, AWAY)).answer)).toEqual(MADE_REFUSED)
    await remove(admin)
    expect(await whoami(user, HOME)).toEqual(STAMP_REFUSED)
    expect(await whoami(user, AWAY)).toEqual([200])
    await remove(below)
    expect(await whoami(user, HOME)).toEqual([200])
  })

  test('hold for users and sub-organizations that come with a passkey', async () => {
    const admin = await createRoot()
    await name(admin, HOME)
    const create = async (origin: string) => {
      const owner = { userName: 'owner', authenticators: [authenticatorParams(at(origin))] }
      const params = { subOrganizationName: 'o', rootUsers: [owner], rootQuorumThreshold: 1 }
      const type = 'CREATE_SUB_ORGANIZATION_V7'
      const user = { userName: 'user', authenticators: [authenticatorParams(at(origin))] }
      return [
        outcome(await admin.submit('create_sub_organization', params, type)),
        outcome(await admin.submit('create_users', { users: [user] }, 'CREATE_USERS_V3')),
      ]
    }
    expect(await create(AWAY)).toEqual([MADE_REFUSED, MADE_REFUSED])
    expect(await create(HOME)).toEqual([[200], [200]])
  })

  test('hold for whoever accepts an invitation, who can try again at the right one', async () => {
    const invited = await inviteByHand(world.server, world.admin)
    const { invitationId, userId, client } = invited
    await name(world.admin, HOME)
    const accept = (passkey: ReturnType<typeof at>) =>
      client.submit(
        'accept_invitation',
        { invitationId, userId, authenticator: authenticatorParams(passkey) },
        'ACCEPT_INVITATION_V2',
      )
    expect(outcome(await accept(at(AWAY)))).toEqual(MADE_REFUSED)
    const passkey = at(HOME)
    expect(outcome(await accept(passkey))).toEqual([200])
    const user = new PasskeyClient(world.server, passkey, world.organizationId)
    expect(await whoami(user, HOME)).toEqual([200])
    expect(await whoami(user, AWAY)).toEqual(STAMP_REFUSED)
    await remove(world.admin)
  })

  test.each([undefined, '', ' ', ',', 'login.example.org', `${HOME}/path`, `${HOME},`])(
    'cannot be set to %j',
    async (value) => {
      const admin = await createRoot()
      await name(admin, HOME)
      const refused = await admin.submit('set_organization_feature', { name: NAME, value })
      expect(refused.status).toBe(400)
      expect(violationsOf(refused)).toEqual([
        { field: 'value', description: 'must be origins, separated by commas' },
      ])
      const configs = await admin.query('get_organization_configs')
      expect(configs.at('configs.features')).toEqual([{ name: NAME, value: HOME }])
    },
  )

  test('do not concern API keys', async () => {
    const admin = await createRoot()
    await name(admin, HOME)
    const users = [{ userName: 'program', apiKeys: [apiKeyParams(generateKey())] }]
    expect((await admin.submit('create_users', { users }, 'CREATE_USERS_V3')).status).toBe(200)
  })
})
