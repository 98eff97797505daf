// Limits of policies on the wire: what may be asked for, what is refused and why, and what is shown.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey, type TestClient } from '../../support/client.ts'
import {
  createSubOrganization,
  officialClient,
  startWorld,
  violationsOf,
  type World,
} from './world.ts'

const LIMIT = {
  measure: 'LIMIT_MEASURE_WEI',
  per: 'LIMIT_PER_WALLET',
  window: { rollingSeconds: '86400' },
  max: '1000000000000000000',
}
const CALENDAR = { ...LIMIT, window: { calendar: 'LIMIT_CALENDAR_MONTH' } }
const EITHER = 'must have either rollingSeconds or calendar'
const RANGE = 'must be from 60 to 31622400'
const DECIMAL = 'must be a decimal integer in a string'
const DENY = { policyName: 'limited', effect: 'EFFECT_DENY' }

describe('limits of policies', () => {
  let world: World
  let client: TestClient
  beforeAll(async () => {
    world = await startWorld({ engine: 'sqlite' })
    client = await createSubOrganization(world, generateKey())
  })
  afterAll(() => world.server.dispose())

  let made = 0
  const create = (policy: object) =>
    client.submit(
      'create_policy',
      { ...DENY, policyName: `limited ${made++}`, ...policy },
      'CREATE_POLICY_V3',
    )
  const created = async (policy: object): Promise<string> => {
    const answer = await create(policy)
    expect(answer).toMatchObject({ status: 200 })
    return answer.at('activity.result.createPolicyResult.policyId')
  }
  const update = (policyId: string, change: object, type = 'UPDATE_POLICY_V2') =>
    client.submit('update_policy', { policyId, ...change }, type)
  const limitsOf = async (policyId: string) =>
    (await client.query('get_policy', { policyId })).at('policy.limits')

  test('are shown as they were given, by one and by all, and to the official clients', async () => {
    const limits = [LIMIT, CALENDAR]
    const policyId = await created({ limits })
    expect(await limitsOf(policyId)).toEqual(limits)
    const listed = await client.query('list_policies')
    expect(listed.at<object[]>('policies')).toContainEqual(
      expect.objectContaining({ policyId, limits }),
    )
    const official = officialClient('8.2.1', client)
    expect(await official.getPolicy({ policyId })).toMatchObject({ policy: { policyId, limits } })
    const without = await created({})
    expect(
      (await client.query('get_policy', { policyId: without })).at('policy'),
    ).not.toHaveProperty('limits')
  })

  test('of every measure, scope and window are taken', async () => {
    const measures = ['SIGNATURES', 'WEI', 'LAMPORTS', 'SUN', 'SATOSHIS']
    const scopes = ['ORGANIZATION', 'USER', 'WALLET', 'ACCOUNT', 'DESTINATION']
    for (const measure of measures) {
      const limits = scopes.map((per) => ({
        ...LIMIT,
        measure: `LIMIT_MEASURE_${measure}`,
        per: `LIMIT_PER_${per}`,
      }))
      expect(await limitsOf(await created({ limits }))).toEqual(limits)
    }
    const windows = [
      ...['HOUR', 'DAY', 'WEEK', 'MONTH'].map((unit) => ({ calendar: `LIMIT_CALENDAR_${unit}` })),
      { rollingSeconds: '60' },
      { rollingSeconds: '31622400' },
    ]
    const limits = windows.map((window) => ({ ...LIMIT, window }))
    expect(await limitsOf(await created({ limits }))).toEqual(limits)
    const edges = ['0', String(2n ** 127n - 1n)].map((max) => ({ limits: [{ ...LIMIT, max }] }))
    for (const edge of edges) expect(await limitsOf(await created(edge))).toEqual(edge.limits)
  })

  test('belong to several policies made at once, each with its own', async () => {
    const policies = [
      { policyName: 'first of two', effect: 'EFFECT_DENY', limits: [LIMIT] },
      { policyName: 'second of two', effect: 'EFFECT_ALLOW' },
    ]
    const answer = await client.submit('create_policies', { policies })
    const [first = '', second = ''] = answer.at<string[]>(
      'activity.result.createPoliciesResult.policyIds',
    )
    expect(await limitsOf(first)).toEqual([LIMIT])
    expect(await limitsOf(second)).toBeUndefined()
    const [, allow] = policies
    const refused = await client.submit('create_policies', {
      policies: [
        { policyName: 'fine', effect: 'EFFECT_DENY' },
        { ...allow, limits: [LIMIT] },
      ],
    })
    expect(violationsOf(refused)).toEqual([{ field: 'policies.1.limits', description: ONLY_DENY }])
  })

  const ONLY_DENY = 'only a policy that denies can have limits'
  const unseen = (keyword: string) =>
    `the condition of a policy with limits cannot use ${keyword}: not every request that signs has it`
  const inLimit = (name: string) => `limits.0${name === '' ? '' : `.${name}`}`
  const named = (value: string) => `"${value}" is not a known value`

  test.each<[string, object, string, string]>([
    ['a policy that allows', { effect: 'EFFECT_ALLOW', limits: [LIMIT] }, 'limits', ONLY_DENY],
    [
      'a condition about a transaction',
      { condition: "eth.tx.to == 'a'", limits: [LIMIT] },
      'limits',
      unseen('eth.tx'),
    ],
    [
      'the same counted twice',
      { limits: [LIMIT, { ...LIMIT, max: '5' }] },
      'limits',
      'two limits differ in nothing but their maximum',
    ],
    [
      'more than ten',
      { limits: Array.from({ length: 11 }, (_, n) => ({ ...LIMIT, window: seconds(60 + n) })) },
      'limits',
      'must have at most 10 members',
    ],
    ['no list', { limits: 'none' }, 'limits', 'must be a list'],
    ...(
      [
        [
          'an unknown measure',
          { measure: 'LIMIT_MEASURE_GAS' },
          'measure',
          named('LIMIT_MEASURE_GAS'),
        ],
        ['an unknown scope', { per: 'LIMIT_PER_TAG' }, 'per', named('LIMIT_PER_TAG')],
        ['a name of every object', { measure: 'constructor' }, 'measure', named('constructor')],
        [
          'an unknown calendar',
          { window: { calendar: 'LIMIT_CALENDAR_YEAR' } },
          'window.calendar',
          named('LIMIT_CALENDAR_YEAR'),
        ],
        ['no window', { window: {} }, 'window', EITHER],
        ['two windows', { window: { ...LIMIT.window, ...CALENDAR.window } }, 'window', EITHER],
        ['59 seconds', { window: seconds(59) }, 'window.rollingSeconds', RANGE],
        ['more than 366 days', { window: seconds(31_622_401) }, 'window.rollingSeconds', RANGE],
        [
          'a number of seconds',
          { window: { rollingSeconds: 60 } },
          'window.rollingSeconds',
          'must be a string',
        ],
        [
          'seconds with a fraction',
          { window: { rollingSeconds: '60.5' } },
          'window.rollingSeconds',
          DECIMAL,
        ],
        ['a negative maximum', { max: '-1' }, 'max', DECIMAL],
        ['an exponent', { max: '1e18' }, 'max', DECIMAL],
        ['a leading zero', { max: '01' }, 'max', DECIMAL],
        ['2^127', { max: String(2n ** 127n) }, 'max', 'must be at most 2^127 - 1'],
        ['an absent maximum', { max: undefined }, 'max', 'is required'],
        ['an unknown member', { per_day: '1' }, 'per_day', 'unknown field'],
      ] as const
    ).map(([what, change, member, description]): [string, object, string, string] => [
      what,
      { limits: [{ ...LIMIT, ...change }] },
      inLimit(member),
      description,
    ]),
  ])('refuse %s, and say where', async (...named) => {
    const [, policy, field, description] = named
    const before = (await client.query('list_policies')).at<object[]>('policies').length
    const refused = await create(policy)
    expect(refused).toMatchObject({ status: 400, json: { code: 3, message: 'bad request body' } })
    expect(violationsOf(refused)).toContainEqual({ field, description })
    expect((await client.query('list_policies')).at<object[]>('policies')).toHaveLength(before)
  })

  test.each(['activity.action', 'wallet.id', 'wallet_account.address', 'private_key.id'])(
    'take a condition about %s',
    async (name) => {
      const value = name === 'activity.action' ? 'SIGN' : 'x'
      const condition = `${name} == '${value}'`
      expect(await limitsOf(await created({ condition, limits: [LIMIT] }))).toEqual([LIMIT])
    },
  )

  test('can be changed and taken away, and stay when nothing is said of them', async () => {
    const policyId = await created({ limits: [LIMIT] })
    expect((await update(policyId, { policyNotes: 'noted' })).status).toBe(200)
    expect(await limitsOf(policyId)).toEqual([LIMIT])
    expect((await update(policyId, { policyLimits: [CALENDAR] })).status).toBe(200)
    expect(await limitsOf(policyId)).toEqual([CALENDAR])
    expect((await update(policyId, { policyLimits: [] })).status).toBe(200)
    expect(await limitsOf(policyId)).toBeUndefined()
  })

  test('are not left with a policy that they do not go with', async () => {
    const policyId = await created({ limits: [LIMIT] })
    for (const [change, description] of [
      [{ policyEffect: 'EFFECT_ALLOW' }, ONLY_DENY],
      [{ policyCondition: 'solana.tx.transfers.count() == 0' }, unseen('solana.tx')],
    ] as const) {
      const refused = await update(policyId, change)
      expect(refused).toMatchObject({ status: 400 })
      expect(violationsOf(refused)).toContainEqual({ field: 'policyLimits', description })
    }
    expect(
      (await update(policyId, { policyEffect: 'EFFECT_ALLOW', policyLimits: [] })).status,
    ).toBe(200)
  })

  test('are no part of older versions', async () => {
    const policyId = await created({ limits: [LIMIT] })
    const refused = await update(policyId, { policyLimits: [] }, 'UPDATE_POLICY')
    expect(violationsOf(refused)).toEqual([{ field: 'policyLimits', description: 'unknown field' }])
  })
})

function seconds(count: number) {
  return { rollingSeconds: String(count) }
}
