// What the dry run says: by what, why, who is missing, and what would change it.
import type { Hex } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { signBody } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import {
  allow,
  createPlace,
  deny,
  dryRun,
  outcomeAndReason,
  type Place,
  TO,
  type Told,
  told,
} from './explained.ts'

const OTHER: Hex = '0x000000000000000000000000000000000000bEEF'
const NOBODY = '0x1111111111111111111111111111111111111111'

describe.each(engines)('the dry run on %s', (engine) => {
  let instance: Instance
  /** An organization of its own for each test. */
  let here: Place
  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())
  beforeEach(async () => {
    here = await createPlace(instance)
  })

  test('tells what the root quorum decides, without the policies', async () => {
    await here.policy(deny)
    const answer = await dryRun(here.root, here.transactionBody())
    expect(answer.json).toEqual({
      outcome: 'OUTCOME_ALLOW',
      decidedBy: 'rootQuorum',
      decidingPolicyIds: [],
      rootQuorum: { threshold: 1, missing: 0, userIds: [] },
      policies: [],
      limits: [],
      unexplainedPolicyIds: [],
      failure: null,
    })
  })

  test('names how many more of which root users would have to approve', async () => {
    const userIds = [here.rootId, here.ann.userId, here.bob.userId]
    await here.root.submit('update_root_quorum', { threshold: 2, userIds })
    const answer = await dryRun(here.ann.client, here.root.userBody('new'))
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_REQUIRES_CONSENSUS', 'rootQuorum'])
    expect(answer.at('rootQuorum')).toEqual({
      threshold: 2,
      missing: 1,
      userIds: expect.arrayContaining([here.rootId, here.bob.userId]) as unknown,
    })
  })

  test('tells of every policy whether it applies, and the values of its parts', async () => {
    const condition = `eth.tx.value <= 4 && eth.tx.to == '${TO}'`
    const policyId = await here.policy({ ...allow, condition, policyName: 'small' })
    const other = await here.policy({
      ...deny,
      condition: "wallet.label == 'x'",
      policyName: 'other',
    })
    const tron = await here.policy({
      ...allow,
      condition: 'tron.tx.fee_limit > 0',
      policyName: 'tron',
    })
    const answer = await dryRun(here.ann.client, here.transactionBody())
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_DENY_IMPLICIT', 'nothing'])
    const all = answer.at<Told[]>('policies')
    expect(all.map((one) => [one.policyId, one.policyName, one.state, one.outcome])).toEqual([
      [policyId, 'small', 'conditionFalse', 'OUTCOME_DENY_IMPLICIT'],
      [other, 'other', 'conditionFalse', 'OUTCOME_DENY_IMPLICIT'],
      [tron, 'tron', 'notApplicable', 'OUTCOME_DENY_IMPLICIT'],
    ])
    const [small, , third] = all
    expect(small?.consensus).toBe(null)
    expect(small?.condition).toMatchObject({ ok: true, value: false, isComplete: true })
    const values = small?.condition?.steps.map(({ text, values: [first] }) => [text, first?.value])
    expect(values).toContainEqual(['eth.tx.value', '5'])
    expect(values).toContainEqual([
      "eth.tx.to == '0x000000000000000000000000000000000000dEaD'",
      undefined,
    ])
    expect(small?.condition?.changes.map(({ text }) => text)).toEqual([
      'eth.tx.value is 5 and would have to be <= 4',
    ])
    expect(third?.condition).toMatchObject({ ok: false, error: { code: 'NOT_APPLICABLE' } })
  })

  test('names a policy that denies, and one that errs', async () => {
    const policyId = await here.policy({ ...deny, condition: 'eth.tx.max_fee_per_blob_gas > 1' })
    await here.policy({ ...allow, policyName: 'everything' })
    const answer = await dryRun(here.ann.client, here.transactionBody())
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_DENY_EXPLICIT', 'policy'])
    expect(answer.at('decidingPolicyIds')).toEqual([policyId])
    expect(told(answer)).toMatchObject({
      state: 'error',
      outcome: 'OUTCOME_ERROR',
      condition: { ok: false, error: { code: 'FIELD_ABSENT' } },
    })
  })

  test('says that somebody manages credentials of its own', async () => {
    const apiKeys = [apiKeyParams(generateKey())]
    const body = (userId: string) => here.root.body('CREATE_API_KEYS_V2', { userId, apiKeys })
    const own = await dryRun(here.ann.client, body(here.ann.userId))
    expect(outcomeAndReason(own)).toEqual(['OUTCOME_ALLOW', 'ownUser'])
    const other = await dryRun(here.ann.client, body(here.bob.userId))
    expect(outcomeAndReason(other)).toEqual(['OUTCOME_DENY_IMPLICIT', 'nothing'])
  })

  test('says what the root quorum alone may decide', async () => {
    await here.policy(allow)
    const userIds = [here.rootId]
    const body = here.root.body('UPDATE_ROOT_QUORUM', { threshold: 1, userIds })
    const answer = await dryRun(here.ann.client, body)
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_DENY_IMPLICIT', 'rootQuorum'])
    expect(answer.at('policies')).toEqual([])
  })

  test('names approvals that are missing, and with one of them it completes', async () => {
    const consensus = `approvers.any(u, u.id == '${here.bob.userId}') && approvers.count() >= 2`
    const policyId = await here.policy({ ...allow, consensus })
    const body = signBody(here.ann.client, here.address, 'two of us')
    const answer = await dryRun(here.ann.client, body)
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_REQUIRES_CONSENSUS', 'policy'])
    expect(answer.at('decidingPolicyIds')).toEqual([policyId])
    expect(told(answer)).toMatchObject({
      state: 'consensusFalse',
      outcome: 'OUTCOME_REQUIRES_CONSENSUS',
      condition: null,
      consensus: { ok: true, value: false },
      missingApprovals: { userIds: [[here.bob.userId]], isComplete: true },
    })
    const held = await here.ann.client.send('submit/sign_raw_payload', body)
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    const ended = await here.bob.client.approve(held.at('activity.fingerprint'))
    expect(ended.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
  })

  test.each<[string, Parameters<Place['transactionBody']>[0], string]>([
    ['eth.tx.value <= 4', { value: 4n }, 'eth.tx.value is 5 and would have to be <= 4'],
    ['eth.tx.value > 7', { value: 8n }, 'eth.tx.value is 5 and would have to be > 7'],
    [
      `eth.tx.chain_id == 1 && eth.tx.to == '${OTHER}'`,
      { to: OTHER },
      `eth.tx.to is '${TO.toLowerCase()}' and would have to be == '${OTHER}'`,
    ],
  ])('of %s tells a change that turns the outcome around', async (condition, change, text) => {
    await here.policy({ ...allow, condition })
    const answer = await dryRun(here.ann.client, here.transactionBody())
    expect(answer.at('outcome')).toBe('OUTCOME_DENY_IMPLICIT')
    const changes = told(answer).condition?.changes.map((one) => one.text.toLowerCase())
    expect(changes).toEqual([text.toLowerCase()])
    const changed = here.transactionBody(change)
    expect(outcomeAndReason(await dryRun(here.ann.client, changed))).toEqual([
      'OUTCOME_ALLOW',
      'policy',
    ])
    expect((await here.ann.client.send('submit/sign_transaction', changed)).status).toBe(200)
  })

  test('tells how limits stand, and denies what would go beyond them', async () => {
    const limit = {
      measure: 'LIMIT_MEASURE_WEI',
      per: 'LIMIT_PER_WALLET',
      window: { rollingSeconds: '3600' },
      max: '8',
    }
    await here.policy({ ...allow, policyName: 'everything' })
    const policyId = await here.policy({ ...deny, policyName: 'limit', limits: [limit] })
    const before = await dryRun(here.ann.client, here.transactionBody())
    expect(outcomeAndReason(before)).toEqual(['OUTCOME_ALLOW', 'policy'])
    const standing = { policyId, limit, amount: '5' }
    expect(before.at('limits')).toMatchObject([
      { ...standing, used: '0', left: '8', exceeded: false, freesAt: null },
    ])
    expect(
      (await here.ann.client.send('submit/sign_transaction', here.transactionBody())).status,
    ).toBe(200)
    const after = await dryRun(here.ann.client, here.transactionBody())
    expect(outcomeAndReason(after)).toEqual(['OUTCOME_DENY_EXPLICIT', 'policy'])
    expect(after.at('decidingPolicyIds')).toEqual([policyId])
    expect(after.at('limits')).toMatchObject([
      { ...standing, used: '5', left: '3', exceeded: true },
    ])
    expect(
      (await here.ann.client.send('submit/sign_transaction', here.transactionBody())).status,
    ).toBe(403)
  })

  test('foresees what it would end with, where that is told cheaply', async () => {
    const raw = (payload: string) =>
      here.root.body('SIGN_RAW_PAYLOAD_V2', {
        signWith: here.address,
        payload,
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: 'HASH_FUNCTION_NO_OP',
      })
    const unparseable = here.root.body('SIGN_TRANSACTION_V2', {
      signWith: here.address,
      unsignedTransaction: '02c0',
      type: 'TRANSACTION_TYPE_ETHEREUM',
    })
    const cases: [string, string][] = [
      [
        here.transactionBody({ signWith: NOBODY }),
        'no wallet account or private key found to sign with',
      ],
      [unparseable, 'failed to parse transaction'],
      [raw('ff'), 'invalid payload'],
      [raw('xx'), 'invalid payload encoding'],
    ]
    for (const [body, message] of cases) {
      const answer = await dryRun(here.root, body)
      expect([answer.at('outcome'), answer.at('failure.message')]).toEqual([
        'OUTCOME_ALLOW',
        message,
      ])
      const path = body.includes('RAW') ? 'sign_raw_payload' : 'sign_transaction'
      const real = await here.root.send(`submit/${path}`, body)
      expect(real.at('message')).toBe(message)
      expect(real.at('code')).toBe(answer.at('failure.code'))
    }
  })

  test('is bounded: of many heavy policies it says which are not explained', async () => {
    const sum = Array.from({ length: 500 }, (_, at) => `eth.tx.value == ${at + 10}`).join(' || ')
    const policies = Array.from({ length: 60 }, (_, at) => ({
      ...allow,
      policyName: `heavy ${at}`,
      condition: sum,
    }))
    const made = await here.root.submit('create_policies', { policies })
    expect(made).toMatchObject({ status: 200 })
    const decisive = await here.policy({
      ...deny,
      policyName: 'decisive',
      condition: 'eth.tx.value == 5',
    })
    const answer = await dryRun(here.ann.client, here.transactionBody())
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_DENY_EXPLICIT', 'policy'])
    const left = answer.at<string[]>('unexplainedPolicyIds')
    const all = answer.at<Told[]>('policies')
    expect([all.length, left.length > 30, left.includes(decisive)]).toEqual([61, true, false])
    expect(all.find(({ policyId }) => policyId === decisive)?.condition?.value).toBe(true)
    expect(all.filter(({ condition }) => condition === null).map((one) => one.policyId)).toEqual(
      left,
    )
    expect(answer.text.length).toBeLessThan(1.2 * 1024 * 1024)
  })
})
