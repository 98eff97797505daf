// `canApprove` and `canReject` of what waits, as each kind of caller sees it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import { startWorld, type World } from './world.ts'

interface Seen {
  id: string
  status: string
  canApprove: boolean
  canReject: boolean
}

describe.each(engines)('what waits for votes on %s', (engine) => {
  let world: World
  /** Three root users, of whom two must agree. */
  let roots: TestClient[]
  /** A user of the same organization who is not in its quorum. */
  let other: TestClient
  /** A root user of the parent. */
  let parent: TestClient

  beforeAll(async () => {
    world = await startWorld({ engine })
    const keys = [generateKey(), generateKey(), generateKey()]
    const made = await world.admin.submit(
      'create_sub_organization',
      {
        subOrganizationName: 'votes',
        rootUsers: keys.map((key) => ({ userName: 'root', apiKeys: [apiKeyParams(key)] })),
        rootQuorumThreshold: 1,
      },
      'CREATE_SUB_ORGANIZATION_V8',
    )
    const result = 'activity.result.createSubOrganizationResultV8'
    const speaker = (key: TestClient['key']) =>
      new TestClient(world.server, key, made.at(`${result}.subOrganizationId`))
    roots = keys.map(speaker)
    const otherKey = generateKey()
    const users = [{ userName: 'other', apiKeys: [apiKeyParams(otherKey)] }]
    await roots[0]?.submit('create_users', { users }, 'CREATE_USERS_V4')
    other = speaker(otherKey)
    parent = speaker(world.admin.key)
    const userIds = made.at<string[]>(`${result}.rootUserIds`)
    await roots[0]?.submit('update_root_quorum', { threshold: 2, userIds })
  })
  afterAll(() => world.server.dispose())

  const held = async (walletName: string) => {
    const answer = await speakerAt(0).submit('create_wallet', { walletName, accounts: [] })
    return answer.at<Seen & { fingerprint: string }>('activity')
  }
  const speakerAt = (index: number) => roots[index] ?? other

  /** Whether `viewer` may vote, as both queries and nothing else tell it. */
  async function mayVote(viewer: TestClient, activityId: string): Promise<boolean> {
    const one = (await viewer.query('get_activity', { activityId })).at<Seen>('activity')
    const list = (await viewer.query('list_activities')).at<Seen[]>('activities')
    const listed = list.find(({ id }) => id === activityId)
    for (const seen of [one, listed]) {
      expect(seen).toMatchObject({ canApprove: one.canApprove, canReject: one.canApprove })
    }
    return one.canApprove
  }
  const everybody = () => [...roots, other, parent]
  const seenBy = async (activityId: string) => {
    const seen: boolean[] = []
    for (const viewer of everybody()) seen.push(await mayVote(viewer, activityId))
    return seen
  }

  test('may be approved and rejected by the root users who have not voted', async () => {
    const { id } = await held('waits')
    expect(await seenBy(id)).toEqual([false, true, true, false, false])
  })

  test('is answered so to whoever submits it', async () => {
    expect(await held('answered')).toMatchObject({ canApprove: false, canReject: false })
  })

  test('may be voted on by nobody once it was approved, or rejected', async () => {
    for (const vote of ['approve_activity', 'reject_activity']) {
      const { id, fingerprint } = await held(vote)
      const ended = await speakerAt(1).submit(vote, { fingerprint })
      expect(ended.at<Seen>('activity')).toMatchObject({ canApprove: false, canReject: false })
      expect(await seenBy(id)).toEqual([false, false, false, false, false])
    }
  })

  test('is what the votes of those callers then do', async () => {
    const { fingerprint, id } = await held('tried')
    const refused = [other, parent].map((viewer) =>
      viewer.submit('approve_activity', { fingerprint }),
    )
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([403, 400])
    expect(await seenBy(id)).toEqual([false, true, true, false, false])
    const ended = await speakerAt(2).submit('approve_activity', { fingerprint })
    expect(ended.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
  })

  test('may be voted on by somebody as long as that user is in the quorum', async () => {
    const { id } = await held('left')
    const ids = [0, 1].map(async (n) => (await speakerAt(n).query('whoami')).at('userId'))
    const change = { threshold: 2, userIds: await Promise.all(ids) }
    const quorum = await speakerAt(0).submit('update_root_quorum', change)
    const fingerprint = quorum.at('activity.fingerprint')
    await speakerAt(1).submit('approve_activity', { fingerprint })
    expect(await seenBy(id)).toEqual([false, true, false, false, false])
  })
})
