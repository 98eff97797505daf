// OAuth providers: the official clients, a real OpenID provider, and who may add which.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { type Issuer, startIssuer } from '../../support/oidcIssuer.ts'
import { engines } from '../../support/server.ts'
import {
  clientVersions,
  createUser,
  errorOf,
  officialClient,
  startWorld,
  textLike,
  violationsOf,
  type World,
} from './world.ts'

const GOOGLE = 'https://accounts.google.com'
const EMAIL = 'alice@example.com'

let issuer: Issuer
/** A provider whose word on e-mail addresses nobody takes. */
let other: Issuer

beforeAll(async () => {
  issuer = await startIssuer()
  other = await startIssuer()
})
afterAll(async () => {
  await issuer.close()
  await other.close()
})

interface Customer {
  owner: TestClient
  member: TestClient
  ownerId: string
  memberId: string
}

/** A sub-organization with a root user, whose e-mail address is `EMAIL`, and another user. */
async function createCustomer(world: World): Promise<Customer> {
  const keys = [generateKey(), generateKey()] as const
  const made = await world.admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'customer',
      rootUsers: [{ userName: 'owner', userEmail: EMAIL, apiKeys: [apiKeyParams(keys[0])] }],
      rootQuorumThreshold: 1,
    },
    'CREATE_SUB_ORGANIZATION_V7',
  )
  const result = 'activity.result.createSubOrganizationResultV7'
  const id = made.at(`${result}.subOrganizationId`)
  const owner = new TestClient(world.server, keys[0], id)
  const users = [{ userName: 'member', apiKeys: [apiKeyParams(keys[1])] }]
  const added = await owner.submit('create_users', { users }, 'CREATE_USERS_V3')
  return {
    owner,
    member: new TestClient(world.server, keys[1], id),
    ownerId: made.at(`${result}.rootUserIds.0`),
    memberId: added.at('activity.result.createUsersResult.userIds.0'),
  }
}

/** A subject that no other test has. */
const subject = () => `subject-${Math.random()}`
const provider = (oidcToken: string, providerName = 'mine') => ({ providerName, oidcToken })
const claimed = (sub = subject()) => ({
  providerName: 'claimed',
  oidcClaims: { iss: GOOGLE, sub, aud: 'app' },
})
const vouching = () => issuer.signIn({ sub: subject(), email: EMAIL, email_verified: true })

describe.each(engines)('OAuth providers on %s', (engine) => {
  let world: World
  let customer: Customer
  beforeAll(async () => {
    const env = {
      KEYSTEAD_OIDC_PRIVATE_ISSUERS: `${issuer.url},${other.url}`,
      KEYSTEAD_OIDC_EMAIL_ISSUERS: `${GOOGLE},${issuer.url}`,
      KEYSTEAD_LOG_LEVEL: 'debug',
    }
    world = await startWorld({ engine, env })
  })
  beforeEach(async () => (customer = await createCustomer(world)))
  afterAll(() => world.server.dispose())

  const add = (client: TestClient, userId: string, ...oauthProviders: object[]) =>
    client.submit('create_oauth_providers', { userId, oauthProviders }, 'CREATE_OAUTH_PROVIDERS_V2')
  const listed = async (userId?: string) => {
    const answer = await customer.owner.query('get_oauth_providers', { userId })
    return answer.at<{ providerId: string; subject: string }[]>('oauthProviders')
  }

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    test('a user adds, lists and removes its own', async () => {
      const { member, memberId } = customer
      const client = officialClient(version, member)
      const sub = subject()
      const added = await client.createOauthProviders({
        userId: memberId,
        oauthProviders: [provider(await issuer.signIn({ sub }))],
      })
      expect(added.activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
      const [providerId = ''] = added.providerIds
      const { oauthProviders } = await client.getOauthProviders({ userId: memberId })
      expect(oauthProviders).toEqual([
        {
          providerId,
          providerName: 'mine',
          issuer: issuer.url,
          audience: issuer.clientId,
          subject: sub,
          createdAt: { seconds: textLike(/^\d+$/), nanos: textLike(/^\d+$/) },
          updatedAt: { seconds: textLike(/^\d+$/), nanos: textLike(/^\d+$/) },
        },
      ])
      const removed = await client.deleteOauthProviders({
        userId: memberId,
        providerIds: [providerId],
      })
      expect(removed.providerIds).toEqual([providerId])
      expect(await listed()).toEqual([])
    })

    test('a sub-organization begins with a root user who has one', async () => {
      const sub = subject()
      const token = await issuer.signIn({ sub, email: EMAIL, email_verified: true })
      const made = await officialClient(version, world.admin).createSubOrganization({
        subOrganizationName: 'signed up',
        rootQuorumThreshold: 1,
        rootUsers: [
          {
            userName: 'owner',
            userEmail: EMAIL,
            apiKeys: [],
            authenticators: [],
            oauthProviders: [provider(token)],
          },
        ],
      })
      const reader = officialClient(version, {
        url: world.server.url,
        key: world.admin.key,
        organizationId: made.subOrganizationId,
      })
      const { oauthProviders } = await reader.getOauthProviders({
        userId: made.rootUserIds?.[0] ?? '',
      })
      expect(oauthProviders).toMatchObject([{ subject: sub, issuer: issuer.url }])
    })
  })

  test('the older type answers under its own keys', async () => {
    const { member, memberId } = customer
    const oauthProviders = [provider(await issuer.signIn({ sub: subject() }))]
    const params = { userId: memberId, oauthProviders }
    const old = await member.submit('create_oauth_providers', params)
    expect(old.at<string[]>('activity.result.createOauthProvidersResult.providerIds')).toHaveLength(
      1,
    )
    expect(old.at('activity.intent.createOauthProvidersIntent.oauthProviders.0')).toEqual({
      providerName: 'mine',
      oidcToken: '',
    })
    const claims = await member.submit('create_oauth_providers', {
      userId: memberId,
      oauthProviders: [claimed()],
    })
    expect(errorOf(claims).message).toBe('bad request body')
  })

  test('the newer type takes claims, or a token, but not both or neither', async () => {
    const { member, memberId } = customer
    const done = await add(member, memberId, claimed('by claims'))
    expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(done.at('activity.intent.createOauthProvidersIntentV2.oauthProviders.0')).toEqual(
      claimed('by claims'),
    )
    expect(await listed(memberId)).toMatchObject([{ subject: 'by claims', issuer: GOOGLE }])
    for (const bad of [{ ...claimed(), oidcToken: 'a.b.c' }, { providerName: 'nothing' }]) {
      expect(violationsOf(await add(member, memberId, bad))).toEqual([
        { field: 'oauthProviders.0', description: 'needs either oidcToken or oidcClaims' },
      ])
    }
  })

  test('users of an organization are created with them', async () => {
    const sub = subject()
    const users = [{ userName: 'new', oauthProviders: [provider(await issuer.signIn({ sub }))] }]
    const made = await customer.owner.submit('create_users', { users }, 'CREATE_USERS_V3')
    const userId = made.at('activity.result.createUsersResult.userIds.0')
    expect(await listed(userId)).toMatchObject([{ subject: sub }])
  })

  test('a token that does not verify is refused, with the reason and without the token', async () => {
    const { member, memberId } = customer
    const token = await issuer.signIn({ sub: subject() })
    const bad = `${token.slice(0, -8)}AAAAAAAA`
    const refused = await add(member, memberId, provider(bad))
    expect(refused.status).toBe(400)
    expect(errorOf(refused)).toMatchObject({
      code: 3,
      message: 'invalid oidc token',
      turnkeyErrorCode: 'INVALID_OIDC_TOKEN',
    })
    expect(violationsOf(refused)).toEqual([
      { field: 'oidcToken', description: 'its signature is not of its issuer' },
    ])
    expect(refused.text).not.toContain(bad.slice(0, 40))
    expect(await listed()).toEqual([])
  })

  test('no token reaches the log, whatever becomes of it', async () => {
    const { member, memberId, owner } = customer
    const good = await issuer.signIn({ sub: subject() })
    const bad = `${await issuer.signIn({ sub: subject() })}x`
    const nested = await issuer.signIn({ sub: subject() })
    await add(member, memberId, provider(good))
    await add(member, memberId, provider(bad))
    await add(member, memberId, { ...provider(bad), providerName: 5 })
    const users = [{ userName: 'new', oauthProviders: [provider(nested)] }]
    await owner.submit('create_users', { users }, 'CREATE_USERS_V3')
    const log = world.server.output()
    expect(log.match(/"operation":"createOauthProviders"/g)?.length).toBeGreaterThanOrEqual(3)
    expect(log).toContain('"oidcToken":"[redacted]"')
    for (const token of [good, bad, nested]) {
      for (const part of token.split('.').slice(1)) expect(log).not.toContain(part)
    }
  })

  test('an issuer that cannot be reached is a refusal', async () => {
    const { member, memberId } = customer
    const [header, payload, signature] = (await issuer.signIn({ sub: subject() })).split('.')
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object
    for (const iss of ['https://issuer.invalid', 'https://localhost', 'https://169.254.169.254']) {
      const changed = Buffer.from(JSON.stringify({ ...claims, iss })).toString('base64url')
      const refused = await add(member, memberId, provider(`${header}.${changed}.${signature}`))
      expect(errorOf(refused).turnkeyErrorCode).toBe('INVALID_OIDC_TOKEN')
      expect(violationsOf(refused)).toEqual([
        { field: 'oidcToken', description: 'the keys of its issuer cannot be fetched' },
      ])
    }
  })

  test('an identity belongs to one user of an organization', async () => {
    const { member, memberId, owner, ownerId } = customer
    const sub = subject()
    expect((await add(member, memberId, claimed(sub))).status).toBe(200)
    for (const again of [
      await add(member, memberId, claimed(sub)),
      await add(owner, ownerId, claimed(sub)),
    ]) {
      expect(again.status).toBe(400)
      expect(errorOf(again)).toMatchObject({
        message: 'oauth provider already exists in this organization',
        turnkeyErrorCode: 'OAUTH_PROVIDER_ALREADY_EXISTS',
      })
    }
    const elsewhere = await createCustomer(world)
    expect((await add(elsewhere.member, elsewhere.memberId, claimed(sub))).status).toBe(200)
  })

  test('a user has at most ten', async () => {
    const { member, memberId } = customer
    const ten = Array.from({ length: 10 }, () => claimed())
    expect((await add(member, memberId, ...ten)).status).toBe(200)
    const eleventh = await add(member, memberId, claimed())
    expect(eleventh.status).toBe(429)
    expect(errorOf(eleventh)).toMatchObject({
      code: 8,
      message: 'user has exceeded maximum oauth providers',
    })
    expect(await listed(memberId)).toHaveLength(10)
  })

  test('users of a root organization have none', async () => {
    const { admin } = world
    const { userId, client } = await createUser(world, generateKey())
    const users = [{ userName: 'new', oauthProviders: [provider(await vouching())] }]
    for (const refused of [
      await add(client, userId, claimed()),
      await add(admin, userId, provider(await vouching())),
      await admin.submit('create_users', { users }, 'CREATE_USERS_V3'),
    ]) {
      expect(refused.status).toBe(400)
      expect(errorOf(refused).message).toBe('oauth providers belong to users of sub-organizations')
    }
  })

  test('a user manages its own, and only the root quorum those of others', async () => {
    const { owner, ownerId, member, memberId } = customer
    expect(errorOf(await add(member, ownerId, claimed())).message).toBe('request not authorized')
    expect((await add(owner, memberId, claimed())).status).toBe(200)
    const [found] = await listed(memberId)
    const providerIds = [found?.providerId]
    const remove = (client: TestClient, userId: string) =>
      client.submit('delete_oauth_providers', { userId, providerIds })
    expect(errorOf(await remove(member, ownerId)).message).toBe('request not authorized')
    const another = await remove(owner, ownerId)
    expect(another.status).toBe(404)
    expect(errorOf(another).message).toBe('oauth provider not found')
    expect((await remove(member, memberId)).status).toBe(200)
    expect(await listed()).toEqual([])
  })

  test('users that do not exist are not found', async () => {
    const { owner } = customer
    const userId = world.server.admin.userId
    for (const answer of [
      await add(owner, userId, claimed()),
      await owner.submit('delete_oauth_providers', { userId, providerIds: [userId] }),
      await owner.query('get_oauth_providers', { userId }),
    ]) {
      expect(answer.status).toBe(404)
      expect(errorOf(answer).message).toBe('user not found')
    }
  })

  describe('the parent', () => {
    const parentOf = ({ owner }: Customer) =>
      new TestClient(world.server, world.admin.key, owner.organizationId)

    test('adds a provider that vouches for the user’s own e-mail address', async () => {
      const done = await add(parentOf(customer), customer.ownerId, provider(await vouching()))
      expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
      expect(done.at('activity.organizationId')).toBe(customer.owner.organizationId)
      expect(await listed(customer.ownerId)).toHaveLength(1)
    })

    test.each<[string, () => Promise<object>]>([
      ['claims that nothing proves', () => Promise.resolve(claimed())],
      [
        'a provider that vouches for another address',
        async () =>
          provider(
            await issuer.signIn({ sub: 'x', email: 'bob@example.com', email_verified: true }),
          ),
      ],
      [
        'a provider that has not verified the address',
        async () =>
          provider(await issuer.signIn({ sub: 'y', email: EMAIL, email_verified: false })),
      ],
      [
        'a provider whose word is not taken',
        async () => provider(await other.signIn({ sub: 'z', email: EMAIL, email_verified: true })),
      ],
    ])('may not add %s', async (_what, make) => {
      const refused = await add(parentOf(customer), customer.ownerId, await make())
      expect(refused.status).toBe(403)
      expect(errorOf(refused).message).toBe('request not authorized')
      expect(await listed()).toEqual([])
    })

    test('may not add one more beside the one that vouches', async () => {
      const token = provider(await vouching())
      const refused = await add(parentOf(customer), customer.ownerId, token, claimed())
      expect(errorOf(refused).message).toBe('request not authorized')
    })

    test('may not add to a user without an e-mail address', async () => {
      const refused = await add(parentOf(customer), customer.memberId, provider(await vouching()))
      expect(errorOf(refused).message).toBe('request not authorized')
    })

    test('may not remove any', async () => {
      await add(customer.owner, customer.ownerId, claimed())
      const [found] = await listed(customer.ownerId)
      const params = { userId: customer.ownerId, providerIds: [found?.providerId] }
      const refused = await parentOf(customer).submit('delete_oauth_providers', params)
      expect(errorOf(refused).message).toBe('request not authorized')
    })

    test('needs its root quorum for it', async () => {
      const key = generateKey()
      await createUser(world, key)
      const member = new TestClient(world.server, key, customer.owner.organizationId)
      other.requests.clear()
      const token = await other.signIn({ sub: subject(), email: EMAIL, email_verified: true })
      other.requests.clear()
      const refused = await add(member, customer.ownerId, provider(token))
      expect(errorOf(refused).message).toBe('request not authorized')
      expect(other.requests.size).toBe(0)
    })
  })
})
