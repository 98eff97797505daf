// Votes: which count, what they end, and what stored votes and bodies are worth when SQL changed them.
import { sha256 } from '@keystead/crypto/node'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, type Answer, generateKey } from '../../../../tests/support/client.ts'
import type { Admin } from '../../src/host/instance.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { AppClient, formQuorum, type TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { deleteKeys } from '../support/units.ts'

const HOUR_MS = 3_600_000

describe.each(engines)('a root quorum of two in three on %s', (engine) => {
  let instance: Instance
  let laterMs = 0
  let organization: Admin
  let id: string
  let users: TestUser[]
  let submitter: AppClient
  let second: AppClient
  let third: AppClient

  beforeAll(async () => {
    const clock: Clock = { now: () => Date.now() + laterMs }
    const window = { aheadMs: 300_000, behindMs: 24 * HOUR_MS, pendingMs: 72 * HOUR_MS }
    instance = await openInstance(engine, { clock, config: { window } })
  })
  afterAll(() => instance.dispose())

  beforeEach(async () => {
    laterMs = 0
    organization = await instance.createOrganization('quorum')
    id = organization.organizationId
    users = await formQuorum(instance.app, organization, { count: 3, threshold: 2 })
    ;[submitter, second, third] = users.map(({ client }) => client) as [
      AppClient,
      AppClient,
      AppClient,
    ]
  })

  /** Submits the creation of a user, which two must agree to. */
  async function hold(userName: string, body = submitter.userBody(userName)) {
    const held = await submitter.send('submit/create_users', body)
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    return {
      fingerprint: held.at('activity.fingerprint'),
      activityId: held.at('activity.id'),
      body,
    }
  }

  const status = (answer: Answer) =>
    answer.status === 200 ? answer.at('activity.status') : `${answer.status}`
  const usersNamed = async (name: string) =>
    (
      await instance.rows(
        'select id from org_user where organization_id = ?u and name = ?',
        id,
        name,
      )
    ).length
  const countVotes = async () =>
    (await instance.rows('select id from vote where organization_id = ?u', id)).length
  const keyIdOf = async ({ userId }: TestUser) => {
    const [row] = await instance.rows<{ id: string }>(
      'select id from api_key where user_id = ?u',
      userId,
    )
    return row?.id ?? ''
  }

  test('runs at the second approval, and says so to whoever asks', async () => {
    const { fingerprint, activityId } = await hold('agreed')
    expect(await usersNamed('agreed')).toBe(0)
    const approved = await second.approve(fingerprint)
    expect(status(approved)).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(approved.at<unknown[]>('activity.votes')).toHaveLength(2)
    expect(await usersNamed('agreed')).toBe(1)
    const asked = await third.query('get_activity', { activityId })
    expect(status(asked)).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await instance.problems()).toEqual([])
  })

  test('ends REJECTED at the first rejection, and never runs afterwards', async () => {
    const { fingerprint, body } = await hold('rejected')
    expect(status(await second.reject(fingerprint))).toBe('ACTIVITY_STATUS_REJECTED')
    expect(status(await third.approve(fingerprint))).toBe('ACTIVITY_STATUS_REJECTED')
    const again = await submitter.send('submit/create_users', body)
    expect(status(again)).toBe('ACTIVITY_STATUS_REJECTED')
    expect(await usersNamed('rejected')).toBe(0)
    expect(await countVotes()).toBe(1)
    expect(await instance.problems()).toEqual([])
  })

  test('answers the same vote again with the state as it is, however old the vote', async () => {
    await submitter.submit('update_root_quorum', {
      threshold: 3,
      userIds: users.map(({ userId }) => userId),
    })
    await second.approve((await pendingFingerprint()) ?? '')
    const { fingerprint } = await hold('voted twice')
    const vote = second.body('APPROVE_ACTIVITY', { fingerprint })
    const first = await second.send('submit/approve_activity', vote)
    expect(status(first)).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    laterMs = 48 * HOUR_MS
    const repeated = await second.send('submit/approve_activity', vote)
    expect(repeated.text).toBe(first.text)
    expect(await countVotes()).toBe(2)
    expect(status(await third.approve(fingerprint))).toBe('400')
    laterMs = 0
    expect(status(await third.approve(fingerprint))).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await usersNamed('voted twice')).toBe(1)
  })

  async function pendingFingerprint(): Promise<string | undefined> {
    const filterByStatus = ['ACTIVITY_STATUS_CONSENSUS_NEEDED']
    const listed = await submitter.query('list_activities', { filterByStatus })
    return listed.at<{ fingerprint: string }[]>('activities')[0]?.fingerprint
  }

  test('counts two approvals at the same moment when both are needed', async () => {
    const userIds = users.map(({ userId }) => userId)
    const raised = await submitter.submit('update_root_quorum', { threshold: 3, userIds })
    await second.approve(raised.at('activity.fingerprint'))
    for (let round = 0; round < 5; round++) {
      const { fingerprint, activityId } = await hold(`all at once ${round}`)
      await Promise.all([second.approve(fingerprint), third.approve(fingerprint)])
      const asked = await submitter.query('get_activity', { activityId })
      expect(status(asked)).toBe('ACTIVITY_STATUS_COMPLETED')
      expect(asked.at<unknown[]>('activity.votes')).toHaveLength(3)
      expect(await usersNamed(`all at once ${round}`)).toBe(1)
    }
  })

  test('takes an approval and a rejection at the same moment one after the other', async () => {
    for (let round = 0; round < 5; round++) {
      const { fingerprint, activityId } = await hold(`both at once ${round}`)
      const answers = await Promise.all([second.reject(fingerprint), third.approve(fingerprint)])
      const [first, last] = answers.map((answer) => status(answer))
      expect(first).toBe(last)
      const ran = first === 'ACTIVITY_STATUS_COMPLETED'
      expect(await usersNamed(`both at once ${round}`)).toBe(ran ? 1 : 0)
      const asked = await submitter.query('get_activity', { activityId })
      expect(status(asked)).toBe(first)
      expect(asked.at<unknown[]>('activity.votes')).toHaveLength(2)
    }
  })

  test('takes the submitter to have approved', async () => {
    const { fingerprint } = await hold('own vote')
    expect(status(await submitter.approve(fingerprint))).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    expect(await countVotes()).toBe(0)
    const opposite = await submitter.reject(fingerprint)
    expect(opposite).toMatchObject({ status: 400, json: { code: 9 } })
    expect(await usersNamed('own vote')).toBe(0)
  })

  test('refuses the opposite of a vote with code 9, and the first stands', async () => {
    await submitter.submit('update_root_quorum', {
      threshold: 3,
      userIds: users.map(({ userId }) => userId),
    })
    await second.approve((await pendingFingerprint()) ?? '')
    const { fingerprint } = await hold('opposite')
    await second.approve(fingerprint)
    expect(await second.reject(fingerprint)).toMatchObject({ status: 400, json: { code: 9 } })
    expect(status(await third.approve(fingerprint))).toBe('ACTIVITY_STATUS_COMPLETED')
  })

  test('answers a vote on what is no longer pending with 200, and stores nothing', async () => {
    const { fingerprint } = await hold('over')
    await second.approve(fingerprint)
    const before = [await countVotes(), (await instance.entries(id)).length]
    for (const late of [await third.approve(fingerprint), await third.reject(fingerprint)]) {
      expect(status(late)).toBe('ACTIVITY_STATUS_COMPLETED')
      expect(late.at<unknown[]>('activity.votes')).toHaveLength(2)
    }
    expect([await countVotes(), (await instance.entries(id)).length]).toEqual(before)
    expect(await usersNamed('over')).toBe(1)
  })

  test('refuses a user who is not in it, and records that', async () => {
    const { fingerprint: adding } = await hold('voted on by an outsider')
    const key = generateKey()
    const made = await hold('outsider', submitter.userBody('outsider', key))
    await second.approve(made.fingerprint)
    const outsider = new AppClient(instance.app, key, id)
    for (const vote of [await outsider.approve(adding), await outsider.reject(adding)]) {
      expect(vote).toMatchObject({ status: 403, json: { code: 7 } })
    }
    const outcomes = (await instance.entries(id)).slice(-2).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['denied', 'denied'])
    expect(status(await second.approve(adding))).toBe('ACTIVITY_STATUS_COMPLETED')
  })

  test('refuses a vote on a fingerprint that nothing has', async () => {
    const answer = await second.approve(`sha256:${'0'.repeat(64)}`)
    expect(answer).toMatchObject({ status: 404, json: { code: 5 } })
  })

  test('does not count a vote whose credential was deleted', async () => {
    const { fingerprint } = await hold('key gone')
    const [first] = users
    if (first === undefined) throw new Error('no users')
    await deleteKeys(instance.app, id, [await keyIdOf(first)])
    expect(status(await second.approve(fingerprint))).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    expect(await usersNamed('key gone')).toBe(0)
    expect(status(await third.approve(fingerprint))).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await usersNamed('key gone')).toBe(1)
  })

  test('counts a vote whose key has expired since', async () => {
    const key = generateKey()
    const expiring = { ...apiKeyParams(key, 'expiring'), expirationSeconds: '60' }
    const added = await submitter.submit(
      'create_api_keys',
      { userId: organization.userId, apiKeys: [expiring] },
      'CREATE_API_KEYS_V2',
    )
    if (status(added) === 'ACTIVITY_STATUS_CONSENSUS_NEEDED') {
      await second.approve(added.at('activity.fingerprint'))
    }
    const brief = new AppClient(instance.app, key, id)
    const body = brief.userBody('key expired')
    const held = await brief.send('submit/create_users', body)
    expect(status(held)).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    laterMs = 2 * 60_000
    expect((await brief.query('whoami')).status).toBe(401)
    const fingerprint = held.at('activity.fingerprint')
    expect(status(await second.approve(fingerprint))).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(await usersNamed('key expired')).toBe(1)
  })

  test('never runs a stored body that SQL changed', async () => {
    const { fingerprint, activityId } = await hold('as signed')
    const forged = Buffer.from(submitter.userBody('as forged'))
    await instance.tamper('update activity set body = ? where id = ?u', forged, activityId)
    for (const voter of [second, third]) {
      expect(await voter.approve(fingerprint)).toMatchObject({ status: 500, json: { code: 13 } })
    }
    expect([await usersNamed('as signed'), await usersNamed('as forged')]).toEqual([0, 0])
    expect(await countVotes()).toBe(0)
  })

  test('does not count the submitter of a body and fingerprint that SQL changed', async () => {
    const { activityId } = await hold('as signed')
    const forged = submitter.userBody('as forged')
    const digest = sha256(Buffer.from(forged))
    await instance.tamper(
      'update activity set body = ?, fingerprint = ? where id = ?u',
      Buffer.from(forged),
      digest,
      activityId,
    )
    const fingerprint = `sha256:${digest.toString('hex')}`
    expect(status(await second.approve(fingerprint))).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    expect(await usersNamed('as forged')).toBe(0)
  })

  describe('whose stored vote was changed by SQL', () => {
    let pending: { fingerprint: string; activityId: string }

    beforeEach(async () => {
      await submitter.submit('update_root_quorum', {
        threshold: 3,
        userIds: users.map(({ userId }) => userId),
      })
      await second.approve((await pendingFingerprint()) ?? '')
      pending = await hold('three agree')
      await second.approve(pending.fingerprint)
    })

    const editVote = (column: string, value: Buffer | string) =>
      instance.tamper(
        `update vote set ${column} = ? where activity_id = ?u`,
        value,
        pending.activityId,
      )

    test('runs with the vote as it was cast', async () => {
      expect(status(await third.approve(pending.fingerprint))).toBe('ACTIVITY_STATUS_COMPLETED')
      expect(await usersNamed('three agree')).toBe(1)
    })

    test('does not count one with another body', async () => {
      const body = second.body('APPROVE_ACTIVITY', { fingerprint: pending.fingerprint }, 1)
      await editVote('body', Buffer.from(body))
      expect(status(await third.approve(pending.fingerprint))).toBe(
        'ACTIVITY_STATUS_CONSENSUS_NEEDED',
      )
      expect(await usersNamed('three agree')).toBe(0)
    })

    test('does not count one that was cast for something else', async () => {
      const other = await hold('something else')
      await second.approve(other.fingerprint)
      const [vote] = await instance.rows<{ body: Buffer; stamp: string }>(
        'select body, stamp from vote where activity_id = ?u',
        other.activityId,
      )
      await editVote('body', vote?.body ?? '')
      await editVote('stamp', vote?.stamp ?? '')
      expect(status(await third.approve(pending.fingerprint))).toBe(
        'ACTIVITY_STATUS_CONSENSUS_NEEDED',
      )
      expect(await usersNamed('three agree')).toBe(0)
    })

    test('does not count one whose voter was exchanged', async () => {
      const [, , last] = users
      await instance.tamper(
        'update vote set voter_user_id = ?u where activity_id = ?u',
        last?.userId ?? '',
        pending.activityId,
      )
      expect(status(await second.approve(pending.fingerprint))).toBe(
        'ACTIVITY_STATUS_CONSENSUS_NEEDED',
      )
      expect(await usersNamed('three agree')).toBe(0)
    })

    test('runs nothing when one does not parse', async () => {
      await editVote('body', Buffer.from('{'))
      const answer = await third.approve(pending.fingerprint)
      expect(answer.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
      expect(await usersNamed('three agree')).toBe(0)
    })
  })
})
