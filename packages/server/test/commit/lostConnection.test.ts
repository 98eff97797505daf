// A connection lost in the moment of a commit: what was answered is there once, the rest is not.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, generateKey } from '../../../../tests/support/client.ts'
import { newUuid } from '../../src/platform/ids.ts'
import { adminClient, AppClient, createWallet, signBody } from '../support/client.ts'
import { type Instance, openInstance } from '../support/instance.ts'
import { type Cut, CuttingProxy } from '../support/proxy.ts'

const AT_ONCE = 20

describe('a commit to PostgreSQL (SQLite has no connection to lose)', () => {
  let proxy: CuttingProxy
  let instance: Instance
  let admin: AppClient
  let address: string

  beforeEach(async () => {
    const through = (databaseUrl: string) => {
      proxy = new CuttingProxy(databaseUrl)
      return proxy.start()
    }
    instance = await openInstance('postgres', { through })
    admin = adminClient(instance.app, instance.admin)
    address = (await createWallet(admin, 'lost')).address
    await sign('warm')
  })
  afterEach(async () => {
    await instance.dispose()
    await proxy.stop()
  })

  const sign = (payload: string) =>
    admin.send('submit/sign_raw_payload', signBody(admin, address, payload))
  const names = async () =>
    (await instance.rows<{ name: string }>('select name from org_user order by id')).map(
      ({ name }) => name,
    )
  const activityIds = async () =>
    (await instance.rows<{ id: string }>('select id from activity')).map(({ id }) => id).sort()
  const expectLost = (answer: Answer) =>
    expect(answer).toMatchObject({ status: 503, json: { code: 14 } })

  /** Every acknowledged activity is stored once, and nothing else is. */
  async function expectTruth(answers: Answer[], before: string[]): Promise<void> {
    const accepted = answers.filter(({ status }) => status === 200)
    const ids = accepted.map((answer) => answer.at('activity.id'))
    expect(await activityIds()).toEqual([...before, ...ids].sort())
    expect(await instance.problems()).toEqual([])
  }

  test.each<[Cut, number]>([
    ['before', 503],
    ['after', 200],
    ['on its way', 200],
  ])('lost %s answers %i to all units of a shared flush, truly', async (cut, status) => {
    const before = await activityIds()
    proxy.cutNext(cut)
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) => sign(`${cut} ${index}`)),
    )
    expect(proxy.lost).toBe(1)
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status))
    if (status === 503) for (const answer of answers) expectLost(answer)
    await expectTruth(answers, before)
    expect((await sign('and goes on')).status).toBe(200)
  })

  test.each<[Cut, number]>([
    ['before', 503],
    ['after', 200],
    ['on its way', 200],
  ])('lost %s answers %i to a unit with effects, truly', async (cut, status) => {
    const before = await activityIds()
    proxy.cutNext(cut)
    const body = admin.userBody(`created ${cut}`)
    const answer = await admin.send('submit/create_users', body)
    expect(proxy.lost).toBe(1)
    expect(answer.status).toBe(status)
    expect(await names()).toEqual(status === 200 ? ['admin', `created ${cut}`] : ['admin'])
    await expectTruth([answer], before)
    // Whatever became of it: sent again, it is there once.
    expect((await admin.send('submit/create_users', body)).status).toBe(200)
    expect(await names()).toEqual(['admin', `created ${cut}`])
    expect(await instance.problems()).toEqual([])
  })

  test('that is lost does not touch the answers of other flushes', async () => {
    const other = adminClient(instance.app, await instance.createOrganization('other'))
    const third = adminClient(instance.app, await instance.createOrganization('third'))
    for (const client of [admin, other, third]) await client.query('whoami')
    const before = await activityIds()
    proxy.cutNext('before')
    const answers = await Promise.all([
      admin.send('submit/create_users', admin.userBody('lost or kept')),
      other.send('submit/create_users', other.userBody('lost or kept')),
      third.submit('create_wallet', { walletName: 'lost or kept', accounts: [] }),
    ])
    expect(proxy.lost).toBe(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2)
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(1)
    await expectTruth(answers, before)
  })

  test('that is lost again and again keeps every answer true', async () => {
    const before = await activityIds()
    const answers: Answer[] = []
    const cuts: Cut[] = ['before', 'after', 'on its way', 'before', 'before', 'after']
    for (const cut of cuts) {
      // So that the first commit of the round is of something, and not of units decided too early.
      await admin.query('whoami')
      proxy.cutNext(cut)
      answers.push(
        ...(await Promise.all([
          sign(`${answers.length} signed`),
          sign(`${answers.length} signed too`),
          admin.send('submit/create_users', admin.userBody(`user ${answers.length}`)),
        ])),
      )
    }
    expect(proxy.lost).toBe(cuts.length)
    for (const answer of answers) expect([200, 503]).toContain(answer.status)
    // What a lost commit costs depends on whose it was; here it is known.
    await admin.query('whoami')
    proxy.cutNext('before')
    answers.push(await sign('lost at last'))
    expect(answers.at(-1)).toMatchObject({ status: 503 })
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    await expectTruth(answers, before)
  })

  test('is no defect of the server while the database is away: reads answer 503 too', async () => {
    expect((await admin.query('whoami')).status).toBe(200)
    await proxy.stop()
    expectLost(await admin.query('whoami'))
    expectLost(await sign('away'))
    const stranger = new AppClient(instance.app, generateKey(), newUuid(Date.now()))
    expectLost(await stranger.query('whoami'))
  })
})
