// The official TypeScript clients, unmodified: policies are made, changed, read and deleted.
import type { Turnkey as NewestTurnkey } from '@turnkey/sdk-server-newest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey, type TestClient } from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import {
  clientVersions,
  createSubOrganization,
  errorOf,
  officialClient,
  startWorld,
  textLike,
  violationsOf,
  type World,
} from './world.ts'

type NewestClient = ReturnType<NewestTurnkey['apiClient']>

const NOTHING = '019a0000-0000-7000-8000-0000000000ff'
const time = { seconds: textLike(/^[0-9]+$/), nanos: textLike(/^[0-9]+$/) }

const V3 = 'CREATE_POLICY_V3'
const ALLOW = { effect: 'EFFECT_ALLOW', notes: '' } as const
const DENY = { effect: 'EFFECT_DENY', notes: '' } as const

describe.each(engines)('policies on %s', (engine) => {
  let world: World
  /** An organization of its own for each test. */
  let speaker: TestClient
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())
  const fresh = async () => {
    speaker = await createSubOrganization(world, generateKey())
    return speaker
  }
  const listed = async () =>
    (await speaker.query('list_policies')).at<Record<string, unknown>[]>('policies')
  const create = (params: object, type: string = V3) =>
    speaker.submit('create_policy', { policyName: 'policy', ...ALLOW, ...params }, type)
  const created = (params: object, type?: string) =>
    create(params, type).then((answer) => answer.at('activity.result.createPolicyResult.policyId'))

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const client = async () => officialClient(version, await fresh())

    test('one is created, found, listed, changed and deleted', async () => {
      const official = await client()
      const condition = "eth.tx.to == '0x0000000000000000000000000000000000000001'"
      const made = await official.createPolicy({
        policyName: 'payments',
        ...ALLOW,
        condition,
        consensus: 'approvers.count() >= 2',
        notes: 'two lines\nof notes',
      })
      const { policyId } = made
      expect(made.activity.result).toEqual({ createPolicyResult: { policyId } })
      const stored = {
        policyId,
        policyName: 'payments',
        effect: 'EFFECT_ALLOW',
        createdAt: time,
        updatedAt: time,
        notes: 'two lines\nof notes',
        consensus: 'approvers.count() >= 2',
        condition,
      }
      expect((await official.getPolicy({ policyId })).policy).toEqual(stored)
      expect((await official.getPolicies()).policies).toEqual([stored])
      const changed = await official.updatePolicy({
        policyId,
        policyEffect: 'EFFECT_DENY',
        policyConsensus: '',
      })
      expect(changed.policyId).toBe(policyId)
      expect((await official.getPolicy({ policyId })).policy).toEqual({
        ...stored,
        effect: 'EFFECT_DENY',
        consensus: '',
      })
      expect((await official.deletePolicy({ policyId })).policyId).toBe(policyId)
      expect((await official.getPolicies()).policies).toEqual([])
      await expect(official.getPolicy({ policyId })).rejects.toThrow(
        'Turnkey error 5: policy not found',
      )
    })

    test('several are created at once', async () => {
      const official = await client()
      const policies = ['a', 'b'].map((policyName) => ({ policyName, ...ALLOW }))
      const { policyIds } = await official.createPolicies({ policies })
      const names = new Map(
        (await listed()).map(({ policyId, policyName }) => [policyId, policyName]),
      )
      expect(policyIds.map((id) => names.get(id))).toEqual(['a', 'b'])
    })
  })

  test('several are deleted at once with the newest client, all or none', async () => {
    const official = officialClient('8.2.1', await fresh()) as NewestClient
    const ids = [await created({ policyName: 'a' }), await created({ policyName: 'b' })]
    const refused = await speaker.submit('delete_policies', { policyIds: [...ids, NOTHING] })
    expect([refused.status, errorOf(refused).message]).toEqual([404, 'policy not found'])
    expect(await listed()).toHaveLength(2)
    const deleted = await official.deletePolicies({ policyIds: [...ids, ids[0] ?? ''] })
    expect(deleted.policyIds).toEqual(ids)
    expect(await listed()).toEqual([])
  })

  test('all or none are created', async () => {
    await fresh()
    const policies = [
      { policyName: 'a', ...ALLOW },
      { policyName: 'a', ...ALLOW },
    ]
    const refused = await speaker.submit('create_policies', { policies })
    expect(errorOf(refused)).toMatchObject({ code: 3, message: 'policy label must be unique' })
    expect(await listed()).toEqual([])
  })

  test('what is wrong in an expression is named with its field, its place and the reason', async () => {
    await fresh()
    const wrong = [
      { policyName: 'a', ...ALLOW },
      { policyName: 'b', ...ALLOW, condition: "activity.action == 'SIGN'\n  && eth.tx.valu < 1" },
    ]
    const refused = await speaker.submit('create_policies', { policies: wrong })
    expect([refused.status, errorOf(refused)]).toMatchObject([
      400,
      { code: 3, message: 'invalid policy condition' },
    ])
    const [violation, ...more] = violationsOf(refused)
    expect(more).toEqual([])
    expect(violation?.field).toBe('policies.1.condition')
    expect(violation?.description).toMatch(/^line 2, column 13 \(offset 38\): .*`value`/)
    expect(await listed()).toEqual([])
    const policyId = await created({})
    const change = { policyId, policyConsensus: "wallet.id == 'x'" }
    const unchanged = await speaker.submit('update_policy', change, 'UPDATE_POLICY_V2')
    expect(errorOf(unchanged).message).toBe('invalid policy consensus')
    expect(violationsOf(unchanged).map(({ field }) => field)).toEqual(['policyConsensus'])
    expect(await listed()).toMatchObject([{ consensus: '' }])
  })

  test.each([
    ['a condition that is too long', { condition: `'${'a'.repeat(16_384)}' == ''` }, 'condition'],
    ['a NUL', { condition: "wallet.label == '\u0000'" }, 'condition'],
    ['a lone surrogate', { consensus: "approvers.any(u, u.id == '\ud800')" }, 'consensus'],
    ['notes that are too long', { notes: 'a'.repeat(4097) }, 'notes'],
    ['no name', { policyName: '' }, 'policyName'],
    ['no effect', { effect: undefined }, 'effect'],
    ['an effect that is none', { effect: 'EFFECT_UNSPECIFIED' }, 'effect'],
    ['an unknown field', { limit: 5 }, 'limit'],
    ['a time', { time: 'time.hour < 12' }, 'time'],
  ])('%s is refused by name', async (_what, params, field) => {
    await fresh()
    const refused = await create(params)
    expect(refused.status).toBe(400)
    expect(violationsOf(refused).map((violation) => violation.field)).toContain(field)
    expect(await listed()).toEqual([])
  })

  test('an empty time says nothing', async () => {
    await fresh()
    const policyId = await created({ time: '' })
    expect((await speaker.query('get_policy', { policyId })).status).toBe(200)
  })

  test('a name may be kept, and not taken', async () => {
    await fresh()
    const policyId = await created({ policyName: 'a' })
    await created({ policyName: 'b' })
    const rename = (policyName: string) =>
      speaker.submit('update_policy', { policyId, policyName }, 'UPDATE_POLICY')
    expect((await rename('a')).at('activity.result')).toMatchObject({
      updatePolicyResult: { policyId },
    })
    const taken = await rename('b')
    expect(errorOf(taken)).toMatchObject({ message: 'policy label must be unique', details: [] })
  })

  test('another organization does not find it', async () => {
    await fresh()
    const policyId = await created({})
    const owner = speaker
    await fresh()
    const answers = [
      await speaker.query('get_policy', { policyId }),
      await speaker.submit('update_policy', { policyId, policyNotes: 'x' }, 'UPDATE_POLICY_V2'),
      await speaker.submit('delete_policy', { policyId }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404])
    expect((await owner.query('get_policy', { policyId })).status).toBe(200)
  })

  describe('of the first versions', () => {
    const selected = (selectors: object[], type: string) => {
      const params = { policyName: 'old', effect: 'EFFECT_ALLOW', selectors }
      return speaker.submit('create_policy', params, type)
    }

    test('have their selectors written as expressions', async () => {
      await fresh()
      await selected(
        [
          { subject: 'user.id', operator: 'OPERATOR_EQUAL', target: NOTHING },
          { subject: 'activity.resource', operator: 'OPERATOR_EQUAL', target: 'WALLET' },
        ],
        'CREATE_POLICY',
      )
      expect(await listed()).toMatchObject([
        {
          consensus: `approvers.any(user, user.id == '${NOTHING}')`,
          condition: "activity.resource == 'WALLET'",
        },
      ])
    })

    test.each([
      ['a subject that is none', { subject: 'eth.tx.valu', operator: 'OPERATOR_EQUAL' }],
      [
        'an operator that does not fit',
        { subject: 'wallet.label', operator: 'OPERATOR_MORE_THAN' },
      ],
    ])('%s is named', async (_what, selector) => {
      await fresh()
      const good = { subject: 'wallet.label', operator: 'OPERATOR_EQUAL', targets: ['a'] }
      const refused = await selected([good, { ...selector, targets: ['1'] }], 'CREATE_POLICY_V2')
      expect(errorOf(refused)).toMatchObject({ code: 3, message: 'invalid policy condition' })
      expect(violationsOf(refused).map(({ field }) => field)).toEqual(['selectors.1'])
      expect(await listed()).toEqual([])
    })

    test('that are too long together are refused', async () => {
      await fresh()
      const targets = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(400))
      const selector = { subject: 'wallet.label', operator: 'OPERATOR_IN', targets }
      const refused = await selected(Array(10).fill(selector) as object[], 'CREATE_POLICY_V2')
      expect(errorOf(refused)).toMatchObject({ message: 'invalid policy condition' })
      expect(violationsOf(refused).map(({ field }) => field)).toEqual(['selectors'])
      expect(await listed()).toEqual([])
    })
  })

  describe('that deny by what a transaction says', () => {
    const blind = { ...DENY, condition: 'eth.tx.value > 5' }
    const warnings = async (params: object) =>
      (await create(params)).at<string[] | undefined>('activity.result.createPolicyResult.warnings')

    test('are made with a warning while nothing denies raw payloads', async () => {
      await fresh()
      expect(await warnings({ policyName: 'blind', ...blind })).toEqual([
        textLike(
          /^policy "blind" .*SIGN_RAW_PAYLOAD, ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2, ACTIVITY_TYPE_SIGN_RAW_PAYLOADS,/,
        ),
      ])
      expect(await listed()).toMatchObject([{ policyName: 'blind' }])
    })

    test('say which kinds of raw payloads are still open', async () => {
      await fresh()
      const condition = "activity.type == 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2'"
      await created({ policyName: 'raw', ...DENY, condition })
      const [said = ''] = (await warnings({ policyName: 'blind', ...blind })) ?? []
      expect(said).toContain('SIGN_RAW_PAYLOAD,')
      expect(said).not.toContain('SIGN_RAW_PAYLOAD_V2')
    })

    test.each([
      ['every kind is denied', "activity.action == 'SIGN' && wallet.label == 'cold'"],
      ['everything is denied', ''],
      ['it depends on parameters', "activity.params.encoding != 'PAYLOAD_ENCODING_EIP712'"],
    ])('have no warning where %s', async (_what, condition) => {
      await fresh()
      await created({ policyName: 'raw', ...DENY, condition })
      expect(await warnings({ policyName: 'blind', ...blind })).toBe(undefined)
    })

    test('are not covered by other policies about transactions, nor by those that allow', async () => {
      await fresh()
      await created({ policyName: 'typed', ...DENY, condition: "eth.eip_712.primary_type == 'P'" })
      await created({ policyName: 'allowed', ...ALLOW, condition: "activity.action == 'SIGN'" })
      await created({ policyName: 'users', ...DENY, condition: "activity.resource == 'USER'" })
      expect(await warnings({ policyName: 'blind', ...blind })).toHaveLength(1)
    })

    test('are not the only ones to warn of: one may allow everything', async () => {
      await fresh()
      expect(await warnings({ policyName: 'open' })).toEqual([
        'policy "open" allows every user everything: it has no condition, no consensus',
      ])
      expect(await warnings({ policyName: 'asks', consensus: 'approvers.count() > 1' })).toBe(
        undefined,
      )
    })

    test('warn when a change makes one, and several at once are looked at together', async () => {
      await fresh()
      const policyId = await created({ policyName: 'a', ...ALLOW, condition: blind.condition })
      const change = { policyId, policyEffect: 'EFFECT_DENY' }
      const changed = await speaker.submit('update_policy', change, 'UPDATE_POLICY_V2')
      expect(changed.at('activity.result.updatePolicyResultV2.warnings')).toHaveLength(1)
      const policies = [
        { policyName: 'b', ...blind },
        { policyName: 'raw', ...DENY, condition: "activity.action == 'SIGN'" },
      ]
      const made = await speaker.submit('create_policies', { policies })
      expect(made.at('activity.result.createPoliciesResult')).not.toHaveProperty('warnings')
    })
  })
})
