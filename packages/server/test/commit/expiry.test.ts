// What waits too long for votes: it is rejected by the job, or by the vote that comes too late.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adminClient, AppClient, formQuorum } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { ActivityExpiry } from '../../src/jobs/expireActivities.ts'
import { outcome } from '../policies/world.ts'

const HOUR_MS = 3_600_000

describe.each(engines)('what waits for votes on %s', (engine) => {
  let instance: Instance
  /** What comes of it when the clock of one process is ahead: on PostgreSQL the database dates it. */
  const ENDED_BY_PROCESS = engine === 'sqlite' ? 'REJECTED' : 'COMPLETED'
  /** How far the clock of this process is ahead. */
  let aheadMs: number
  let submitter: AppClient
  let second: AppClient
  const clock = { now: () => Date.now() + aheadMs }

  beforeAll(async () => {
    instance = await openInstance(engine, { clock })
  })
  afterAll(() => instance.dispose())
  beforeEach(async () => {
    aheadMs = 0
    ;[submitter, second] = await quorum()
  })

  async function quorum(): Promise<[AppClient, AppClient]> {
    const organization = await instance.createOrganization(crypto.randomUUID())
    const users = await formQuorum(instance.app, organization, { count: 2, threshold: 2 })
    return users.map(({ client }) => client) as [AppClient, AppClient]
  }

  async function hold(by = submitter) {
    const held = await by.submit('create_wallet', {
      walletName: crypto.randomUUID(),
      accounts: [],
    })
    expect(outcome(held)).toBe('CONSENSUS_NEEDED')
    return held.at<{ id: string; fingerprint: string }>('activity')
  }
  /** Makes an activity older than it is, with a sealed body to erase. */
  const age = (id: string, ms: number) =>
    instance.tamper(
      'update activity set created_ms = created_ms - ?, sealed_body = ? where id = ?u',
      ms,
      Buffer.of(1),
      id,
    )
  const stored = async (id: string) =>
    (
      await instance.rows<{ status: string; sealed_body: Buffer | null }>(
        'select status, sealed_body from activity where id = ?u',
        id,
      )
    )[0]
  const wallets = async () => (await submitter.query('list_wallets')).at<unknown[]>('wallets')
  const actions = async () =>
    (await instance.entries(submitter.organizationId)).map(({ action }) => action)
  const expire = (app = instance.app, holder = 'test') => {
    const { queue, window } = app.deps
    return new ActivityExpiry({ store: app.store, queue, clock, holder, window }).run()
  }

  test('runs at the last moment of its day', async () => {
    const { id, fingerprint } = await hold()
    await age(id, 24 * HOUR_MS - 60_000)
    await expire()
    expect(outcome(await second.approve(fingerprint))).toBe('COMPLETED')
    expect(await wallets()).toHaveLength(1)
  })

  test.each(['approve', 'reject'] as const)(
    'is rejected by the vote that comes too late: %s',
    async (vote) => {
      const { id, fingerprint } = await hold()
      await age(id, 24 * HOUR_MS)
      const seen = await second.query('get_activity', { activityId: id })
      expect(seen.json).toMatchObject({ activity: { canApprove: false, canReject: false } })
      const late = await second[vote](fingerprint)
      expect(outcome(late)).toBe('REJECTED')
      expect(late.at('activity.votes')).toHaveLength(1)
      expect(await stored(id)).toEqual({ status: 'REJECTED', sealed_body: null })
      expect(await wallets()).toEqual([])
      expect((await actions()).at(-1)).toBe('activities.expire')
      expect(outcome(await second[vote](fingerprint))).toBe('REJECTED')
      expect(await instance.problems()).toEqual([])
    },
  )

  test('is rejected by the job, and what is younger goes on waiting', async () => {
    const old = await hold()
    await age(old.id, 25 * HOUR_MS)
    const young = await hold()
    const [elsewhere, colleague] = await quorum()
    const other = await hold(elsewhere)
    await age(other.id, 26 * HOUR_MS)
    await expire()
    expect(await stored(old.id)).toEqual({ status: 'REJECTED', sealed_body: null })
    expect(await stored(other.id)).toEqual({ status: 'REJECTED', sealed_body: null })
    expect((await actions()).filter((action) => action === 'activities.expire')).toHaveLength(1)
    expect(outcome(await colleague.approve(other.fingerprint))).toBe('REJECTED')
    expect(outcome(await second.approve(young.fingerprint))).toBe('COMPLETED')
    expect(await wallets()).toHaveLength(1)
    const written = (await actions()).length
    await expire()
    expect(await actions()).toHaveLength(written)
    expect(await instance.problems()).toEqual([])
  })

  test('lives as long as the configuration says, and a server that starts ends it', async () => {
    const config = { window: { ...instance.config.window, pendingMs: HOUR_MS } }
    const brief = await openInstance(engine, { clock, config })
    try {
      const organization = await brief.createOrganization('brief')
      const users = await formQuorum(brief.app, organization, { count: 2, threshold: 2 })
      const held = await hold(adminClient(brief.app, organization))
      await hold(adminClient(brief.app, organization))
      const sql = 'update activity set created_ms = created_ms - ? where status = ?'
      expect(await brief.tamper(sql, HOUR_MS, 'CONSENSUS_NEEDED')).toBe(2)
      const late = await users[1]?.client.approve(held.fingerprint)
      expect(late?.at('activity.status')).toBe('ACTIVITY_STATUS_REJECTED')
      const waiting = () => brief.rows("select id from activity where status = 'CONSENSUS_NEEDED'")
      expect(await waiting()).toHaveLength(1)
      const app = await brief.openApp({ clock, jobs: true })
      await app.stop()
      expect(await waiting()).toEqual([])
    } finally {
      await brief.dispose()
    }
  })

  test('follows the clock that dates it, and does not come back when that is set back', async () => {
    const { id, fingerprint } = await hold()
    aheadMs = 48 * HOUR_MS
    await expire()
    const vote = second.body('APPROVE_ACTIVITY', { fingerprint }, clock.now())
    const answer = await second.send('submit/approve_activity', vote)
    aheadMs = 0
    expect(outcome(answer)).toBe(ENDED_BY_PROCESS)
    expect(outcome(await second.approve(fingerprint))).toBe(ENDED_BY_PROCESS)
    expect(await stored(id)).toMatchObject({ status: ENDED_BY_PROCESS })
  })

  test('is not given more time by a clock that jumps ahead and back', async () => {
    const { fingerprint } = await hold()
    aheadMs = 25 * HOUR_MS
    const body = submitter.body('CREATE_WALLET', { walletName: 'later', accounts: [] }, clock.now())
    expect(outcome(await submitter.send('submit/create_wallet', body))).toBe('CONSENSUS_NEEDED')
    aheadMs = 0
    expect(outcome(await second.approve(fingerprint))).toBe(ENDED_BY_PROCESS)
  })
})
