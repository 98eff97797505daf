// Activities listed, filtered and paged by the official clients, and bodies sent again.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../../support/server.ts'
import { clientVersions, errorOf, officialClient, startWorld, type World } from './world.ts'

const DAY = 24 * 60 * 60 * 1000

describe.each(engines)('the history on %s', (engine) => {
  let world: World
  /** Newest first. */
  let ids: string[]
  beforeAll(async () => {
    world = await startWorld({ engine })
    ids = []
    for (let n = 0; n < 12; n++) {
      const made = await world.admin.submit('create_wallet', { walletName: `w${n}`, accounts: [] })
      ids.unshift(made.at('activity.id'))
    }
    const { userId } = world.server.admin
    const quorum = await world.admin.submit('update_root_quorum', {
      threshold: 1,
      userIds: [userId],
    })
    ids.unshift(quorum.at('activity.id'))
    await world.admin.submit('create_wallet', { walletName: 'w0', accounts: [] })
  })
  afterAll(() => world.server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = () => officialClient(version, world.admin)
    const page = async (options: { limit?: string; after?: string; before?: string }) => {
      const { activities } = await client().getActivities({
        filterByStatus: ['ACTIVITY_STATUS_COMPLETED'],
        paginationOptions: options,
      })
      return activities.map(({ id }) => id)
    }

    test('is newest first, ten at a time unless the client says otherwise', async () => {
      expect(await page({})).toEqual(ids.slice(0, 10))
      expect(await page({ limit: '100' })).toEqual(ids)
      expect(await page({ limit: '1' })).toEqual(ids.slice(0, 1))
    })

    test('is paged in both directions without gaps', async () => {
      const [second = '', third = ''] = [ids[3], ids[6]]
      expect(await page({ limit: '4', after: second })).toEqual(ids.slice(4, 8))
      expect(await page({ limit: '2', before: third })).toEqual(ids.slice(4, 6))
      expect(await page({ limit: '100', before: third })).toEqual(ids.slice(0, 6))
      expect(await page({ limit: '100', after: ids.at(-1) ?? '' })).toEqual([])
      expect(await page({ limit: '100', after: crypto.randomUUID() })).toEqual([])
    })

    test('is filtered by status and type', async () => {
      const failed = await client().getActivities({
        filterByStatus: ['ACTIVITY_STATUS_FAILED', 'ACTIVITY_STATUS_REJECTED'],
      })
      expect(failed.activities.map(({ status }) => status)).toEqual(['ACTIVITY_STATUS_FAILED'])
      const quorum = await client().getActivities({
        filterByType: ['ACTIVITY_TYPE_UPDATE_ROOT_QUORUM', 'ACTIVITY_TYPE_CREATE_POLICY_V3'],
      })
      expect(quorum.activities.map(({ id }) => id)).toEqual([ids[0]])
      const none = await client().getActivities({
        filterByStatus: ['ACTIVITY_STATUS_PENDING'],
        filterByType: ['ACTIVITY_TYPE_CREATE_WALLET'],
      })
      expect(none).toEqual({ activities: [] })
    })

    test('gives each activity as get_activity does', async () => {
      const { activities } = await client().getActivities({ paginationOptions: { limit: '3' } })
      expect(activities).toHaveLength(3)
      for (const activity of activities) {
        expect(await client().getActivity({ activityId: activity.id })).toEqual({ activity })
      }
    })
  })

  test.each(['0', '101', '-1', '1.5', '01', 'many', ''])(
    'a limit of "%s" is refused',
    async (limit) => {
      const refused = await world.admin.query('list_activities', { paginationOptions: { limit } })
      expect(refused.status).toBe(400)
      expect(errorOf(refused).details).toEqual([
        {
          '@type': 'type.googleapis.com/google.rpc.BadRequest',
          fieldViolations: [
            {
              field: 'paginationOptions.limit',
              description: 'must be an integer from 1 to 100 in a string',
            },
          ],
        },
      ])
    },
  )

  test('an unknown activity is not found', async () => {
    const missing = await world.admin.query('get_activity', { activityId: crypto.randomUUID() })
    expect(missing.status).toBe(404)
    expect(errorOf(missing)).toMatchObject({ code: 5, details: [] })
  })

  test('the same body at the same time is one activity', async () => {
    const body = world.admin.body('CREATE_WALLET', { walletName: 'at once', accounts: [] })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => world.admin.send('submit/create_wallet', body)),
    )
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1)
    expect(answers[0]?.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
  })

  test('a body sent again after it grew old still answers with its activity', async () => {
    const env = { KEYSTEAD_TIMESTAMP_BEHIND_SECONDS: '3' }
    const { server, admin } = await startWorld({ engine, env })
    const body = admin.body('CREATE_WALLET', { walletName: 'old', accounts: [] })
    const first = await admin.send('submit/create_wallet', body)
    expect(first.status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 3100))
    const again = await admin.send('submit/create_wallet', body)
    expect([again.status, again.text]).toEqual([200, first.text])
    const params = { walletName: 'x', accounts: [] }
    const late = admin.body('CREATE_WALLET', params, Date.now() - 4000)
    expect((await admin.send('submit/create_wallet', late)).status).toBe(400)
    await server.dispose()
  })

  test.each([
    ['a day and a minute old', -DAY - 60_000],
    ['six minutes ahead', 6 * 60_000],
  ])('a new body that is %s is refused, and stored nowhere', async (_name, offset) => {
    const timestampMs = Date.now() + offset
    const body = world.admin.body('CREATE_WALLET', { walletName: 't', accounts: [] }, timestampMs)
    const refused = await world.admin.send('submit/create_wallet', body)
    expect(refused.status).toBe(400)
    expect(errorOf(refused)).toEqual({
      code: 3,
      message: 'activity timestamp is outside the accepted window',
      details: [],
      turnkeyErrorCode: 'INVALID_TIME',
    })
    const listed = await world.admin.query('list_activities')
    expect(listed.text).not.toContain(String(timestampMs))
  })
})
