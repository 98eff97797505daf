// What policies came to is told afterwards: with the newest official client, unmodified (the older
// generation has no such method), and in errors.
import type { Turnkey as NewestTurnkey } from '@turnkey/sdk-server-newest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import {
  createSubOrganization,
  errorOf,
  officialClient,
  startWorld,
  textLike,
  type World,
} from './world.ts'

type NewestClient = ReturnType<NewestTurnkey['apiClient']>

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const time = { seconds: textLike(/^[0-9]+$/), nanos: textLike(/^[0-9]+$/) }
const NOT_AUTHORIZED = 'type.googleapis.com/errors.v1.PolicyEnginePermissionError'

describe.each(engines)('what policies came to on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  /** A root user, and a user besides, of a new organization. */
  async function createPair() {
    const root = await createSubOrganization(world, generateKey())
    const key = generateKey()
    const users = [{ userName: 'member', apiKeys: [apiKeyParams(key)] }]
    const made = await root.submit('create_users', { users }, 'CREATE_USERS_V4')
    const userId = made.at('activity.result.createUsersResult.userIds.0')
    return { root, userId, member: new TestClient(world.server, key, root.organizationId) }
  }
  const createPolicy = async (client: TestClient, policyName: string, params: object) => {
    const all = { policyName, effect: 'EFFECT_ALLOW', notes: '', ...params }
    const made = await client.submit('create_policy', all, 'CREATE_POLICY_V3')
    return made.at('activity.result.createPolicyResult.policyId')
  }
  const walletNamed = (walletName: string) => ({ walletName, accounts: [] })
  const evaluationsOf = async (client: TestClient, activityId: string) =>
    (await client.query('get_policy_evaluations', { activityId })).at<
      { id: string; voteId: string; policyEvaluations: unknown[] }[]
    >('policyEvaluations')

  test('is told of the submission and of every approval', async () => {
    const { root, userId, member } = await createPair()
    const both = `approvers.count() >= 2 && approvers.any(u, u.id == '${userId}')`
    const allowing = await createPolicy(root, 'both', { consensus: both })
    await createPolicy(root, 'other', { condition: "activity.action == 'SIGN'" })
    const held = await member.submit('create_wallet', walletNamed('held'))
    const { id: activityId, fingerprint } = held.at<{ id: string; fingerprint: string }>('activity')
    const client = officialClient('8.2.1', root) as NewestClient
    const { policyEvaluations: first } = await client.getPolicyEvaluations({ activityId })
    const shared = {
      id: textLike(UUID),
      activityId,
      organizationId: root.organizationId,
      createdAt: time,
    }
    const voteIds = async () =>
      (await root.query('get_activity', { activityId }))
        .at<{ id: string }[]>('activity.votes')
        .map(({ id }) => id)
    const waiting = {
      ...shared,
      voteId: (await voteIds())[0],
      policyEvaluations: [{ policyId: allowing, outcome: 'OUTCOME_REQUIRES_CONSENSUS' }],
    }
    expect(first).toEqual([waiting])
    await root.submit('approve_activity', { fingerprint })
    const { policyEvaluations: all } = await client.getPolicyEvaluations({ activityId })
    // The root quorum suffices by itself: no policy was asked.
    const approved = { ...shared, voteId: (await voteIds())[1], policyEvaluations: [] }
    expect(all).toEqual([waiting, approved])
    expect(all[0]?.id).toBe(first[0]?.id)
    expect(new Set(all.map(({ id }) => id)).size).toBe(2)
  })

  test('is in the error of what nobody allows, each time and afterwards', async () => {
    const { root, member } = await createPair()
    const small = await createPolicy(root, 'small', { condition: 'eth.tx.value < 5' })
    const erring = await createPolicy(root, 'erring', {
      condition: 'activity.params.none == 1',
    })
    const policyEvaluations = [
      { policyId: small, outcome: 'OUTCOME_DENY_IMPLICIT' },
      { policyId: erring, outcome: 'OUTCOME_ERROR' },
    ]
    const body = member.body('CREATE_WALLET', walletNamed('denied'))
    const [refused, again] = [
      await member.send('submit/create_wallet', body),
      await member.send('submit/create_wallet', body),
    ]
    const message = 'No policies evaluated to outcome: Allow'
    expect(refused.status).toBe(403)
    expect(errorOf(refused)).toMatchObject({
      message: 'request not authorized',
      details: [
        { '@type': NOT_AUTHORIZED, message, policyEvaluations },
        { resourceType: 'activity' },
      ],
    })
    expect(again.text).toBe(refused.text)
    const activityId = refused.at('details.1.resourceName')
    const kept = await root.query('get_activity', { activityId })
    expect(kept.at('activity.failure.details.0.policyEvaluations')).toEqual(policyEvaluations)
    expect(await evaluationsOf(member, activityId)).toMatchObject([{ policyEvaluations }])
  })

  test('of an explicit denial is told by the query alone', async () => {
    const { root, member } = await createPair()
    const policyId = await createPolicy(root, 'never', { effect: 'EFFECT_DENY' })
    const refused = await member.submit('create_wallet', walletNamed('denied'))
    expect(errorOf(refused)).toMatchObject({
      message: 'policy engine denied request explicitly',
      details: [],
    })
    const list = await member.query('list_activities', { paginationOptions: { limit: '1' } })
    const policyEvaluations = [{ policyId, outcome: 'OUTCOME_DENY_EXPLICIT' }]
    expect(await evaluationsOf(member, list.at('activities.0.id'))).toMatchObject([
      { policyEvaluations },
    ])
  })

  test('is not told of a rejection, which nothing decides', async () => {
    const { root, member } = await createPair()
    await createPolicy(root, 'two', { consensus: 'approvers.count() >= 2' })
    const held = await member.submit('create_wallet', walletNamed('rejected'))
    await root.submit('reject_activity', { fingerprint: held.at('activity.fingerprint') })
    const activityId = held.at('activity.id')
    expect(await evaluationsOf(root, activityId)).toHaveLength(1)
  })

  test("of a parent's policies is told to the parent's users only", async () => {
    const { root: below } = await createPair()
    const key = generateKey()
    const users = [{ userName: 'powerless', apiKeys: [apiKeyParams(key)] }]
    await world.admin.submit('create_users', { users }, 'CREATE_USERS_V4')
    const condition = "activity.action == 'CREATE'"
    const consensus = 'approvers.count() > 100'
    const policyId = await createPolicy(world.admin, 'of the parent', { condition, consensus })
    const parent = new TestClient(world.server, key, below.organizationId)
    const apiKeys = [apiKeyParams(generateKey(), 'more')]
    const userId = (await below.query('whoami')).at('userId')
    const oauthProviders = [
      { providerName: 'p', oidcClaims: { iss: 'https://issuer.example', sub: 's', aud: 'a' } },
    ]
    const refused = [
      await parent.submit(
        'create_oauth_providers',
        { userId, oauthProviders },
        'CREATE_OAUTH_PROVIDERS_V2',
      ),
      await parent.submit('create_api_keys', { userId, apiKeys }, 'CREATE_API_KEYS_V2'),
    ]
    expect(refused.map(({ status }) => status)).toEqual([403, 403])
    const activityId = refused[0]?.at('details.1.resourceName') ?? ''
    expect(refused[0]?.at('details.0.policyEvaluations')).toEqual([
      { policyId, outcome: 'OUTCOME_DENY_IMPLICIT' },
    ])
    expect(await evaluationsOf(parent, activityId)).toMatchObject([
      { policyEvaluations: [{ policyId, outcome: 'OUTCOME_DENY_IMPLICIT' }] },
    ])
    expect(await evaluationsOf(below, activityId)).toMatchObject([{ policyEvaluations: [] }])
    const seen = await below.query('get_activity', { activityId })
    expect(seen.at('activity.failure.details.0.policyEvaluations')).toEqual([])
    expect(seen.text).not.toContain(policyId)
    expect((await below.query('list_activities')).text).not.toContain(policyId)
  })

  test('of what is not there, or elsewhere, is not found', async () => {
    const { root } = await createPair()
    const other = (await createPair()).root
    const made = await root.submit('create_wallet', walletNamed('mine'))
    for (const activityId of [made.at('activity.id'), '019a0000-0000-7000-8000-0000000000ff']) {
      const answer = await other.query('get_policy_evaluations', { activityId })
      expect([answer.status, errorOf(answer).message]).toEqual([404, 'activity not found'])
    }
  })
})
