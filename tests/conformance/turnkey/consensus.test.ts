// The official TypeScript clients, unmodified: consensus of the root quorum, and idempotency.
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient, type TestKey } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import {
  clientVersions,
  errorOf,
  type ClientVersion,
  officialClient,
  startWorld,
  type World,
} from './world.ts'

/** An organization below the admin's with three root users, two of whom must agree. */
interface Quorum {
  first: TestClient
  second: TestClient
  third: TestClient
  userIds: string[]
}

async function createQuorum(world: World, version: ClientVersion): Promise<Quorum> {
  const keys = [generateKey(), generateKey(), generateKey()] as const
  const made = await officialClient(version, world.admin).createSubOrganization({
    subOrganizationName: 'quorum',
    rootQuorumThreshold: 1,
    rootUsers: keys.map((key) => ({
      userName: 'root',
      apiKeys: [{ ...apiKeyParams(key), curveType: 'API_KEY_CURVE_P256' as const }],
      authenticators: [],
      oauthProviders: [],
    })),
  })
  const speaker = (key: TestKey) => new TestClient(world.server, key, made.subOrganizationId)
  const [first, second, third] = keys.map(speaker)
  if (first === undefined || second === undefined || third === undefined) throw new Error('keys')
  const userIds = made.rootUserIds ?? []
  await officialClient(version, first).updateRootQuorum({ threshold: 2, userIds })
  return { first, second, third, userIds }
}

describe.each(engines)('consensus on %s', (engine) => {
  const started = startWorld({ engine })
  afterAll(async () => (await started).server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    let quorum: Quorum
    const as = (speaker: TestClient) => officialClient(version, speaker)
    beforeEach(async () => {
      quorum = await createQuorum(await started, version)
    })

    test('what needs a second vote waits, with an empty result', async () => {
      const held = await as(quorum.first).createWallet({ walletName: 'held', accounts: [] })
      expect(held.activity).toMatchObject({
        status: 'ACTIVITY_STATUS_CONSENSUS_NEEDED',
        result: {},
        failure: null,
        canApprove: false,
      })
      expect(held.activity.votes).toHaveLength(1)
      const seen = await as(quorum.second).getActivity({ activityId: held.activity.id })
      expect(seen.activity).toMatchObject({ canApprove: true, canReject: true })
      expect(await as(quorum.first).getWallets()).toEqual({ wallets: [] })
    })

    test('the second approval completes it, and its answer has the result', async () => {
      const held = await as(quorum.first).createWallet({ walletName: 'held', accounts: [] })
      const { fingerprint, id } = held.activity
      const approved = await as(quorum.second).approveActivity({ fingerprint })
      expect(approved.activity).toMatchObject({ id, status: 'ACTIVITY_STATUS_COMPLETED' })
      expect(approved.activity.type).toBe('ACTIVITY_TYPE_CREATE_WALLET')
      const { createWalletResult } = approved.activity.result
      expect(createWalletResult?.addresses).toEqual([])
      expect(approved).toHaveProperty('createWalletResult', createWalletResult)
      const { votes } = approved.activity
      expect(votes.map(({ userId }) => userId)).toEqual(quorum.userIds.slice(0, 2))
      expect(votes.map(({ selection }) => selection)).toEqual([
        'VOTE_SELECTION_APPROVED',
        'VOTE_SELECTION_APPROVED',
      ])
      expect(votes[1]?.message).toContain(fingerprint)
      expect(votes[1]?.publicKey).toBe(quorum.second.key.publicKey)
      const { wallets } = await as(quorum.third).getWallets()
      expect(wallets.map(({ walletId }) => walletId)).toEqual([createWalletResult?.walletId])
      const late = await as(quorum.third).rejectActivity({ fingerprint })
      expect(late.activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
      expect(late.activity.votes).toHaveLength(2)
    })

    test('one rejection ends it', async () => {
      const held = await as(quorum.first).createWallet({ walletName: 'held', accounts: [] })
      const { fingerprint } = held.activity
      const rejected = await as(quorum.third).rejectActivity({ fingerprint })
      expect(rejected.activity).toMatchObject({ status: 'ACTIVITY_STATUS_REJECTED', result: {} })
      expect(rejected.activity.votes[1]).toMatchObject({
        selection: 'VOTE_SELECTION_REJECTED',
        userId: quorum.userIds[2],
      })
      const late = await as(quorum.second).approveActivity({ fingerprint })
      expect(late.activity.status).toBe('ACTIVITY_STATUS_REJECTED')
      expect(await as(quorum.first).getWallets()).toEqual({ wallets: [] })
    })

    test('the same vote again changes nothing, the opposite one is refused', async () => {
      const held = await as(quorum.first).createWallet({ walletName: 'held', accounts: [] })
      const { fingerprint } = held.activity
      const again = await as(quorum.first).approveActivity({ fingerprint })
      expect(again.activity.votes).toHaveLength(1)
      const opposite = as(quorum.first).rejectActivity({ fingerprint })
      await expect(opposite).rejects.toThrow('Turnkey error 9:')
    })

    test('a changed quorum needs the old one', async () => {
      const { userIds } = quorum
      const held = await as(quorum.first).updateRootQuorum({ threshold: 1, userIds })
      expect(held.activity).toMatchObject({
        status: 'ACTIVITY_STATUS_CONSENSUS_NEEDED',
        result: {},
      })
      const { fingerprint } = held.activity
      const approved = await as(quorum.third).approveActivity({ fingerprint })
      expect(approved.activity.result).toEqual({ updateRootQuorumResult: {} })
      const made = await as(quorum.second).createWallet({ walletName: 'alone', accounts: [] })
      expect(made.activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
    })

    test('a quorum needs known users and a threshold they can reach', async () => {
      const { userIds } = quorum
      const [only = ''] = userIds
      const refusals = [
        [{ threshold: 0, userIds }, 'quorum threshold must be non-zero integer'],
        [{ threshold: 4, userIds }, 'quorum threshold exceeds the number of quorum users'],
        [
          { threshold: 2, userIds: [only, only] },
          'quorum threshold exceeds the number of quorum users',
        ],
        [{ threshold: 1, userIds: [] }, 'quorum users missing'],
        [{ threshold: 1, userIds: [crypto.randomUUID()] }, 'quorum users missing'],
      ] as const
      for (const [parameters, message] of refusals) {
        const held = await quorum.first.submit('update_root_quorum', parameters)
        const fingerprint = held.at('activity.fingerprint')
        const ended = await quorum.second.submit('approve_activity', { fingerprint })
        expect(ended.at('activity.status')).toBe('ACTIVITY_STATUS_FAILED')
        expect(ended.at('activity.failure')).toEqual({ code: 3, message, details: [] })
      }
    })

    test('nothing is found under an unknown fingerprint', async () => {
      const vote = as(quorum.first).approveActivity({ fingerprint: `sha256:${'0'.repeat(64)}` })
      await expect(vote).rejects.toThrow(
        'Turnkey error 5: No activity found with fingerprint. ' +
          'Consensus activities must target an existing activity by fingerprint',
      )
    })

    test('the parent may read what waits, and may not vote on it', async () => {
      const { admin } = await started
      const held = await as(quorum.first).createWallet({ walletName: 'held', accounts: [] })
      const parent = new TestClient(admin, admin.key, quorum.first.organizationId)
      const seen = await as(parent).getActivity({ activityId: held.activity.id })
      expect(seen.activity).toMatchObject({ canApprove: false, canReject: false })
      const { fingerprint } = held.activity
      const vote = await parent.submit('approve_activity', { fingerprint })
      expect(vote.status).toBe(400)
      const [target, voters] = [quorum.first.organizationId, admin.organizationId]
      expect(errorOf(vote)).toMatchObject({
        code: 3,
        message: `organization mismatch: request is targeting organization ("${target}"), but voters are in organization ("${voters}")`,
        details: [],
        turnkeyErrorCode: 'ORGANIZATION_MISMATCH',
      })
    })

    test('the same body is the same activity, held or done', async () => {
      const body = quorum.first.body('CREATE_WALLET', { walletName: 'once', accounts: [] })
      const answers = await Promise.all(
        [1, 2, 3].map(() => quorum.first.send('submit/create_wallet', body)),
      )
      const ids = new Set(answers.map((answer) => answer.at('activity.id')))
      expect(ids.size).toBe(1)
      const fingerprint = answers[0]?.at('activity.fingerprint')
      await quorum.second.submit('approve_activity', { fingerprint })
      const done = await quorum.first.send('submit/create_wallet', body)
      expect(done.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
      expect(ids.has(done.at('activity.id'))).toBe(true)
      const { wallets } = await as(quorum.first).getWallets()
      expect(wallets).toHaveLength(1)
    })

    test('the body of another user is not a vote', async () => {
      const body = quorum.first.body('CREATE_WALLET', { walletName: 'once', accounts: [] })
      const held = await quorum.first.send('submit/create_wallet', body)
      const again = await quorum.second.send('submit/create_wallet', body)
      expect(again.at('activity.id')).toBe(held.at('activity.id'))
      expect(again.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
      expect(again.at<unknown[]>('activity.votes')).toHaveLength(1)
    })
  })
})
