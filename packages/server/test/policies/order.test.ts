// The order of the decision: root quorum, denials, permissions, own credentials, consensus.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { AppClient, formQuorum, type TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import {
  allow,
  createOwner,
  deny,
  EXPLICIT,
  IMPLICIT,
  makeWallet,
  mayVote,
  outcome,
  WALLETS,
} from './world.ts'

describe.each(engines)('a request on %s', (engine) => {
  let instance: Instance
  let owner: AppClient
  let user: TestUser
  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())
  beforeEach(async () => {
    owner = await createOwner(instance)
    user = await owner.createUser('user')
  })
  const activities = async (status: string) => {
    const filterByStatus = [`ACTIVITY_STATUS_${status}`]
    const listed = await owner.query('list_activities', { filterByStatus })
    return listed.at<{ failure: object }[]>('activities')
  }

  test('of the root quorum is allowed whatever policies deny', async () => {
    await deny(owner, {})
    expect(outcome(await makeWallet(owner))).toBe('COMPLETED')
  })

  test('that a policy denies is denied whatever others allow, and kept as failed', async () => {
    await allow(owner, {})
    await deny(owner, { condition: WALLETS })
    const body = user.client.body('CREATE_WALLET', { walletName: 'denied', accounts: [] })
    const first = await user.client.send('submit/create_wallet', body)
    expect([outcome(first), first.json]).toMatchObject([EXPLICIT, { code: 7, details: [] }])
    const failure = { code: 7, message: 'policy engine denied request explicitly', details: [] }
    expect(await activities('FAILED')).toMatchObject([{ failure }])
    const again = await user.client.send('submit/create_wallet', body)
    expect([again.status, again.text]).toEqual([403, first.text])
    expect(await activities('FAILED')).toHaveLength(1)
    const { client: other } = await owner.createUser('other')
    expect(outcome(await other.send('submit/create_wallet', body))).toBe(EXPLICIT)
    expect(await activities('FAILED')).toHaveLength(2)
    expect((await owner.query('list_wallets')).at('wallets')).toEqual([])
    expect(await instance.problems()).toEqual([])
  })

  test('that a policy allows runs for whom it names, and waits for them when others ask', async () => {
    await allow(owner, {
      condition: WALLETS,
      consensus: `approvers.any(user, user.id == '${user.userId}')`,
    })
    expect(outcome(await makeWallet(user.client))).toBe('COMPLETED')
    const renamed = await user.client.submit('update_organization_name', { organizationName: 'x' })
    expect(outcome(renamed)).toBe(IMPLICIT)
    const { client: other } = await owner.createUser('other')
    const asked = await makeWallet(other)
    expect(outcome(asked)).toBe('CONSENSUS_NEEDED')
    expect(outcome(await user.client.approve(asked.at('activity.fingerprint')))).toBe('COMPLETED')
  })

  test('about own credentials needs no policy, and a policy can deny it', async () => {
    const add = async () => {
      const params = {
        userId: user.userId,
        apiKeys: [apiKeyParams(generateKey(), `${Date.now()}`)],
      }
      return outcome(await user.client.submit('create_api_keys', params, 'CREATE_API_KEYS_V2'))
    }
    expect(await add()).toBe('COMPLETED')
    await allow(owner, { condition: "wallet.label == 'x'" })
    expect(await add()).toBe('COMPLETED')
    await deny(owner, { condition: "activity.resource == 'CREDENTIAL'" })
    expect(await add()).toBe(EXPLICIT)
  })

  test('that nothing allows is denied', async () => {
    expect(outcome(await makeWallet(user.client))).toBe(IMPLICIT)
    await allow(owner, { condition: "activity.type == 'ACTIVITY_TYPE_CREATE_USERS_V4'" })
    expect(outcome(await makeWallet(user.client))).toBe(IMPLICIT)
  })

  test('under a condition that ends in an error is denied by a deny policy, and allowed by none', async () => {
    const broken = { condition: "activity.params.nothing == 'x'" }
    await allow(owner, broken)
    expect(outcome(await makeWallet(user.client))).toBe(IMPLICIT)
    await allow(owner, { condition: WALLETS })
    expect(outcome(await makeWallet(user.client))).toBe('COMPLETED')
    await deny(owner, broken)
    expect(outcome(await makeWallet(user.client))).toBe(EXPLICIT)
  })

  test('is not touched by policies that are about something that it does not have', async () => {
    const elsewhere = { condition: 'eth.tx.value >= 0' }
    await allow(owner, elsewhere)
    await deny(owner, elsewhere)
    expect(outcome(await makeWallet(user.client))).toBe(IMPLICIT)
    await allow(owner, { condition: WALLETS })
    expect(outcome(await makeWallet(user.client))).toBe('COMPLETED')
  })

  test('is decided under the version that it was sent as', async () => {
    await allow(owner, { condition: "activity.type == 'ACTIVITY_TYPE_CREATE_USERS_V4'" })
    const users = (userName: string) => ({ users: [{ userName, apiKeys: [] }] })
    const sent = (type: string) => user.client.submit('create_users', users(type), type)
    expect(outcome(await sent('CREATE_USERS_V4'))).toBe('COMPLETED')
    expect(outcome(await sent('CREATE_USERS_V3'))).toBe(IMPLICIT)
  })

  describe('with two root users who must agree', () => {
    let roots: TestUser[]
    let named: TestUser
    beforeEach(async () => {
      const organization = await instance.createOrganization('two')
      roots = await formQuorum(instance.app, organization, { count: 2, threshold: 1 })
      owner = roots[0]?.client ?? owner
      named = await owner.createUser('named')
    })
    const agree = () =>
      owner.submit('update_root_quorum', {
        threshold: 2,
        userIds: roots.map(({ userId }) => userId),
      })
    const second = () => roots[1]?.client ?? owner

    test('waits where a policy denies it, and the root quorum alone releases it', async () => {
      await allow(owner, { consensus: `approvers.any(user, user.id == '${named.userId}')` })
      await deny(owner, { condition: WALLETS })
      await agree()
      const held = await makeWallet(owner)
      expect(outcome(held)).toBe('CONSENSUS_NEEDED')
      const { id, fingerprint } = held.at<{ id: string; fingerprint: string }>('activity')
      expect(await mayVote(named.client, id)).toBe(false)
      expect(outcome(await named.client.approve(fingerprint))).toBe(IMPLICIT)
      expect(outcome(await named.client.reject(fingerprint))).toBe(IMPLICIT)
      expect(await mayVote(second(), id)).toBe(true)
      expect(outcome(await second().approve(fingerprint))).toBe('COMPLETED')
    })

    test('may be released by those whom a policy names, too', async () => {
      await allow(owner, { consensus: `approvers.any(user, user.id == '${named.userId}')` })
      await agree()
      const held = await makeWallet(owner)
      expect(outcome(held)).toBe('CONSENSUS_NEEDED')
      expect(await mayVote(named.client, held.at('activity.id'))).toBe(true)
      const approved = await named.client.approve(held.at('activity.fingerprint'))
      expect(outcome(approved)).toBe('COMPLETED')
    })

    test('runs at once where a policy allows it to one of them', async () => {
      const [first] = roots
      await allow(owner, { consensus: `approvers.any(user, user.id == '${first?.userId}')` })
      await agree()
      expect(outcome(await makeWallet(owner))).toBe('COMPLETED')
      expect(outcome(await makeWallet(second()))).toBe('CONSENSUS_NEEDED')
    })

    test.each([
      ['update_root_quorum', () => ({ threshold: 2, userIds: roots.map(({ userId }) => userId) })],
      ['set_organization_feature', () => ({ name: 'FEATURE_NAME_EMAIL_AUTH', value: '' })],
      ['remove_organization_feature', () => ({ name: 'FEATURE_NAME_EMAIL_AUTH' })],
    ] as const)('%s is the root quorum’s alone, whatever policies say', async (name, params) => {
      await allow(owner, {})
      const set = { name: 'FEATURE_NAME_EMAIL_AUTH', value: '' }
      expect(outcome(await owner.submit('set_organization_feature', set))).toBe('COMPLETED')
      await agree()
      expect(outcome(await named.client.submit(name, params()))).toBe(IMPLICIT)
      const held = await owner.submit(name, params())
      expect(outcome(held)).toBe('CONSENSUS_NEEDED')
      const fingerprint = held.at('activity.fingerprint')
      expect(await mayVote(named.client, held.at('activity.id'))).toBe(false)
      expect(outcome(await named.client.approve(fingerprint))).toBe(IMPLICIT)
      expect(outcome(await named.client.reject(fingerprint))).toBe(IMPLICIT)
      expect(outcome(await second().approve(fingerprint))).toBe('COMPLETED')
    })
  })

  test('of a parent’s user below is decided by the policies of the parent', async () => {
    const key = generateKey()
    const rootUsers = [{ userName: 'below', apiKeys: [apiKeyParams(key)] }]
    const made = await owner.submit(
      'create_sub_organization',
      { subOrganizationName: 'below', rootUsers, rootQuorumThreshold: 1 },
      'CREATE_SUB_ORGANIZATION_V7',
    )
    const { subOrganizationId: id, rootUserIds } = made.at<{
      subOrganizationId: string
      rootUserIds: [string]
    }>('activity.result.createSubOrganizationResultV7')
    const inside = new AppClient(instance.app, key, id)
    const parent = new AppClient(instance.app, user.client.key, id)
    const claims = { iss: 'https://issuer.example', sub: 'a', aud: 'app' }
    const link = async () => {
      const oauthProviders = [{ providerName: 'p', oidcClaims: claims }]
      const params = { userId: rootUserIds[0], oauthProviders }
      return outcome(
        await parent.submit('create_oauth_providers', params, 'CREATE_OAUTH_PROVIDERS_V2'),
      )
    }
    await deny(inside, {})
    expect(await link()).toBe(IMPLICIT)
    await deny(owner, { condition: "activity.resource == 'CREDENTIAL'" })
    expect(await link()).toBe(EXPLICIT)
  })
})
