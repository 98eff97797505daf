// Sign-up over HTTP: where it is open, strangers make root organizations; else it is not there.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, type Scheme, TestClient } from '../../support/client.ts'
import { keystead } from '../../support/command.ts'
import { engines } from '../../support/server.ts'
import { createSubOrganization, errorOf, startWorld, violationsOf, type World } from './world.ts'

const INSTANCE = '00000000-0000-0000-0000-000000000000'
const PATH = 'submit/create_organization'
const TYPE = 'CREATE_ORGANIZATION_V2'
const UNKNOWN_KEY = 'could not find public key in organization or its parent organization'

const stranger = (world: World, scheme: Scheme = 'P256') =>
  new TestClient(world.server, generateKey(scheme), INSTANCE)

const params = (client: TestClient, more: object = {}) => ({
  organizationName: 'Newcomer',
  rootEmail: 'new@example.com',
  apiKeys: [apiKeyParams(client.key)],
  ...more,
})

test('closed, as it is by default, it is a path like any other that is not there', async () => {
  const world = await startWorld({ engine: 'sqlite' })
  try {
    const client = stranger(world)
    const refused = await client.send(PATH, client.body(TYPE, params(client)))
    const nonsense = await client.send('submit/nonsense', '{}')
    expect([refused.status, refused.text]).toEqual([nonsense.status, nonsense.text])
    expect(refused.status).toBe(404)
  } finally {
    await world.server.dispose()
  }
})

describe.each(engines)('open sign-up on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine, env: { KEYSTEAD_SIGNUP: 'open' } })
  })
  afterAll(() => world.server.dispose())

  const roots = async () => {
    const { data, env } = world.server
    return (await keystead(['organizations', 'list', '--data', data], { env })).stdout
  }

  test.each(['P256', 'SECP256K1', 'ED25519'] as const)(
    'whoever holds a key of %s makes an organization, and is its root user',
    async (scheme) => {
      const client = stranger(world, scheme)
      const body = client.body(TYPE, params(client))
      const made = await client.send(PATH, body)
      const id = made.at('activity.result.createOrganizationResult.organizationId')
      const own = new TestClient(world.server, client.key, id)
      expect((await own.query('whoami')).json).toMatchObject({
        organizationId: id,
        organizationName: 'Newcomer',
        username: 'new@example.com',
      })
      const below = await createSubOrganization({ ...world, admin: own }, generateKey())
      expect((await below.query('whoami')).status).toBe(200)
      for (const organizationId of [world.organizationId, INSTANCE]) {
        const elsewhere = new TestClient(world.server, client.key, organizationId)
        expect([401, 404]).toContain((await elsewhere.query('list_wallets')).status)
      }
      const again = await client.send(PATH, body)
      expect(again.at('activity.id')).toBe(made.at('activity.id'))
      expect(again.at('activity.result.createOrganizationResult.organizationId')).toBe(id)
    },
  )

  test('a body is signed by a key that it names, in the instance, or by nobody', async () => {
    const before = await roots()
    const client = stranger(world)
    const body = client.body(TYPE, params(client))
    const other = await stranger(world).send(PATH, body)
    expect(other.status).toBe(401)
    expect(errorOf(other).message).toBe(UNKNOWN_KEY)
    const unstamped = await fetch(`${world.server.url}/public/v1/${PATH}`, { method: 'POST', body })
    expect(unstamped.status).toBe(401)
    const elsewhere = new TestClient(world.server, client.key, world.organizationId)
    const misplaced = await elsewhere.send(PATH, elsewhere.body(TYPE, params(client)))
    expect(misplaced.status).toBe(401)
    const wrongCurve = params(client, {
      apiKeys: [{ ...apiKeyParams(client.key), curveType: 'API_KEY_CURVE_SECP256K1' }],
    })
    const forged = await client.send(PATH, client.body(TYPE, wrongCurve))
    expect(errorOf(forged).message).toBe('could not verify api key signature')
    expect(await roots()).toBe(before)
  })

  test('what is wrong in a body that proves its key is named, and makes nothing', async () => {
    const before = await roots()
    const client = stranger(world)
    const late = client.body(TYPE, params(client), Date.now() - 2 * 86_400_000)
    expect(errorOf(await client.send(PATH, late)).message).toBe(
      'activity timestamp is outside the accepted window',
    )
    const apiKeys = [apiKeyParams(client.key, 'a'), apiKeyParams(client.key, 'b')]
    const twice = await client.send(PATH, client.body(TYPE, params(client, { apiKeys })))
    expect(errorOf(twice)).toMatchObject({ code: 3, turnkeyErrorCode: 'CREDENTIAL_CONFLICT' })
    const wrongType = await client.send(PATH, client.body('CREATE_USERS_V4', params(client)))
    expect(wrongType.status).toBe(400)
    expect(violationsOf(wrongType)).not.toEqual([])
    const unnamed = params(client, { organizationName: undefined, colour: 'red' })
    const refused = await client.send(PATH, client.body(TYPE, unnamed))
    expect(violationsOf(refused)).toEqual([
      { field: 'organizationName', description: 'is required' },
      { field: 'colour', description: 'unknown field' },
    ])
    expect(await roots()).toBe(before)
  })
})
