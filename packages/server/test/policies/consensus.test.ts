// What waits for those whom a policy asks: who may vote, what votes come to, and what changes meanwhile.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AppClient, TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import {
  allow,
  createOwner,
  deny,
  IMPLICIT,
  makeWallet,
  mayVote,
  outcome,
  WALLETS,
} from './world.ts'

describe.each(engines)('a policy that asks for approvers with a tag on %s', (engine) => {
  let instance: Instance
  let owner: AppClient
  let tagId: string
  let [a, b, c, outsider]: TestUser[] = []
  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())

  const speaker = (user: TestUser | undefined): AppClient => {
    if (user === undefined) throw new Error('the user was made')
    return user.client
  }
  beforeEach(async () => {
    owner = await createOwner(instance)
    ;[a, b, c, outsider] = await Promise.all(
      ['a', 'b', 'c', 'outsider'].map((name) => owner.createUser(name)),
    )
    const userIds = [a, b, c].map((user) => user?.userId)
    const tagged = await owner.submit('create_user_tag', { userTagName: 'treasurers', userIds })
    tagId = tagged.at('activity.result.createUserTagResult.userTagId')
  })
  const asking = (count: number) => ({
    condition: WALLETS,
    consensus: `approvers.filter(user, user.tags.contains('${tagId}')).count() >= ${count}`,
  })
  /** What the user asks for waits. */
  async function hold(user: TestUser | undefined) {
    const held = await makeWallet(speaker(user))
    expect(outcome(held)).toBe('CONSENSUS_NEEDED')
    return held.at<{ id: string; fingerprint: string }>('activity')
  }
  const approve = async (user: TestUser | undefined, fingerprint: string) =>
    outcome(await speaker(user).approve(fingerprint))
  const reject = async (user: TestUser | undefined, fingerprint: string) =>
    outcome(await speaker(user).reject(fingerprint))

  test('is met by the submitter and one more, without any permission of theirs', async () => {
    await allow(owner, asking(2))
    const { id, fingerprint } = await hold(a)
    expect(await mayVote(speaker(a), id)).toBe(false)
    expect(await mayVote(speaker(b), id)).toBe(true)
    expect(await approve(b, fingerprint)).toBe('COMPLETED')
    expect((await owner.query('list_wallets')).at('wallets')).toHaveLength(1)
    expect(await instance.problems()).toEqual([])
  })

  test('does not count a submitter without it', async () => {
    await allow(owner, asking(2))
    const { fingerprint } = await hold(outsider)
    expect(await approve(a, fingerprint)).toBe('CONSENSUS_NEEDED')
    expect(await approve(a, fingerprint)).toBe('CONSENSUS_NEEDED')
    expect(await approve(b, fingerprint)).toBe('COMPLETED')
  })

  test('takes no vote of others, neither for nor against', async () => {
    await allow(owner, asking(2))
    const { id, fingerprint } = await hold(a)
    expect(await mayVote(speaker(outsider), id)).toBe(false)
    expect(await approve(outsider, fingerprint)).toBe(IMPLICIT)
    expect(await reject(outsider, fingerprint)).toBe(IMPLICIT)
    expect(await mayVote(speaker(b), id)).toBe(true)
  })

  test('is ended by one rejection of somebody who could have counted', async () => {
    await allow(owner, asking(2))
    const { fingerprint } = await hold(a)
    expect(await reject(b, fingerprint)).toBe('REJECTED')
    expect(await approve(c, fingerprint)).toBe('REJECTED')
    expect((await owner.query('list_wallets')).at('wallets')).toEqual([])
  })

  test('can be ended and released by the root quorum', async () => {
    await allow(owner, asking(2))
    const released = await hold(a)
    expect(outcome(await owner.approve(released.fingerprint))).toBe('COMPLETED')
    const ended = await hold(a)
    expect(outcome(await owner.reject(ended.fingerprint))).toBe('REJECTED')
  })

  test('denies at once what not even all of them could approve', async () => {
    await allow(owner, asking(4))
    expect(outcome(await makeWallet(speaker(a)))).toBe(IMPLICIT)
  })

  test('does not wait where another allows', async () => {
    await allow(owner, asking(2))
    await allow(owner, { consensus: `approvers.any(user, user.id == '${a?.userId}')` })
    expect(outcome(await makeWallet(speaker(a)))).toBe('COMPLETED')
  })

  describe('that changes while something waits', () => {
    test('is asked as it is then', async () => {
      const policyId = await allow(owner, asking(2))
      const { id, fingerprint } = await hold(a)
      const policyConsensus = `approvers.any(user, user.id == '${outsider?.userId}')`
      await owner.submit('update_policy', { policyId, policyConsensus }, 'UPDATE_POLICY_V2')
      expect(await mayVote(speaker(b), id)).toBe(false)
      expect(await approve(b, fingerprint)).toBe(IMPLICIT)
      expect(await mayVote(speaker(outsider), id)).toBe(true)
      expect(await approve(outsider, fingerprint)).toBe('COMPLETED')
    })

    test('lets nobody but root users vote once it is deleted', async () => {
      const policyId = await allow(owner, asking(2))
      const { id, fingerprint } = await hold(a)
      await owner.submit('delete_policy', { policyId })
      expect(await mayVote(speaker(b), id)).toBe(false)
      expect(await approve(b, fingerprint)).toBe(IMPLICIT)
      expect(outcome(await owner.approve(fingerprint))).toBe('COMPLETED')
    })

    test('gives way to one that denies', async () => {
      await allow(owner, asking(2))
      const { id, fingerprint } = await hold(a)
      const policyId = await deny(owner, { condition: WALLETS })
      expect(await mayVote(speaker(b), id)).toBe(false)
      expect(await approve(b, fingerprint)).toBe(IMPLICIT)
      expect(await reject(b, fingerprint)).toBe(IMPLICIT)
      await owner.submit('delete_policy', { policyId })
      expect(await approve(b, fingerprint)).toBe('COMPLETED')
    })

    test('may need fewer votes than there are already: the next one runs it', async () => {
      const policyId = await allow(owner, asking(3))
      const { fingerprint } = await hold(a)
      expect(await approve(b, fingerprint)).toBe('CONSENSUS_NEEDED')
      const { consensus: policyConsensus } = asking(2)
      await owner.submit('update_policy', { policyId, policyConsensus }, 'UPDATE_POLICY_V2')
      expect(await approve(c, fingerprint)).toBe('COMPLETED')
    })
  })

  describe('with an approver who is gone when the next vote comes', () => {
    const gone = {
      'without the tag': () =>
        owner.submit('update_user_tag', {
          userTagId: tagId,
          addUserIds: [],
          removeUserIds: [b?.userId],
        }),
      deleted: () => owner.submit('delete_users', { userIds: [b?.userId] }),
    }

    test.each(Object.entries(gone))('%s: the vote does not count', async (_how, leave) => {
      const fourth = await owner.createUser('d')
      const addUserIds = [fourth.userId]
      await owner.submit('update_user_tag', { userTagId: tagId, addUserIds, removeUserIds: [] })
      await allow(owner, asking(3))
      const { fingerprint } = await hold(a)
      expect(await approve(b, fingerprint)).toBe('CONSENSUS_NEEDED')
      expect(outcome(await leave())).toBe('COMPLETED')
      expect(await approve(c, fingerprint)).toBe('CONSENSUS_NEEDED')
      expect(await approve(fourth, fingerprint)).toBe('COMPLETED')
    })
  })
})
