// What the dry run says: why, who is missing, what would change it; and that it leaves no trace.
import { type Hex, serializeTransaction } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { freeze } from '../../src/host/governance.ts'
import { operations } from '../../src/family/turnkey/operations.ts'
import { INSTANCE_ID } from '../../src/platform/ids.ts'
import { adminClient, AppClient, createWallet, signBody, type TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const TO: Hex = '0x000000000000000000000000000000000000dEaD'
const OTHER: Hex = '0x000000000000000000000000000000000000bEEF'
const NOBODY = '0x1111111111111111111111111111111111111111'

interface Explanation {
  ok: boolean
  value?: boolean
  error?: { code: string }
  steps: { text: string; values: { value: unknown }[] }[]
  changes: { subject: string; relation: string; bound: string; text: string }[]
}

interface Told {
  policyId: string
  policyName: string
  outcome: string
  state: string
  condition: Explanation | null
  consensus: Explanation | null
  missingApprovals: { userIds: string[][]; isComplete: boolean } | null
}

const outcomeAndReason = (answer: Answer) => [answer.at('outcome'), answer.at('decidedBy')]
const allow = { effect: 'EFFECT_ALLOW', notes: '' }
const deny = { effect: 'EFFECT_DENY', notes: '' }

describe.each(engines)('the dry run on %s', (engine) => {
  let instance: Instance
  /** Of one root user and two others, in an organization of its own for each test. */
  let root: AppClient
  let rootId: string
  let ann: TestUser
  let bob: TestUser
  let address: string

  beforeAll(async () => {
    instance = await openInstance(engine)
  })
  afterAll(() => instance.dispose())
  beforeEach(async () => {
    const admin = await instance.createOrganization('explained')
    root = adminClient(instance.app, admin)
    rootId = admin.userId
    ;[ann, bob] = [await root.createUser('ann'), await root.createUser('bob')]
    ;({ address } = await createWallet(root, 'treasury'))
  })

  const policy = async (params: object): Promise<string> => {
    const made = await root.submit(
      'create_policy',
      { policyName: 'policy', ...params },
      'CREATE_POLICY_V3',
    )
    return made.at('activity.result.createPolicyResult.policyId')
  }
  const dryRun = (client: AppClient, body: string) => client.send('query/evaluate_activity', body)
  const transactionBody = (change: { value?: bigint; to?: Hex; signWith?: string } = {}) => {
    const { value = 5n, to = TO, signWith = address } = change
    const fees = { maxFeePerGas: 2n, gas: 21_000n, nonce: 0 }
    const unsignedTransaction = serializeTransaction({
      type: 'eip1559',
      chainId: 1,
      ...fees,
      value,
      to,
    })
    const type = 'TRANSACTION_TYPE_ETHEREUM'
    return root.body('SIGN_TRANSACTION_V2', { signWith, unsignedTransaction, type })
  }
  const told = (answer: Answer, at = 0) => answer.at<Told>(`policies.${at}`)

  test('tells what the root quorum decides, without the policies', async () => {
    await policy(deny)
    const answer = await dryRun(root, transactionBody())
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
    const userIds = [rootId, ann.userId, bob.userId]
    await root.submit('update_root_quorum', { threshold: 2, userIds })
    const answer = await dryRun(ann.client, root.userBody('new'))
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_REQUIRES_CONSENSUS', 'rootQuorum'])
    expect(answer.at('rootQuorum')).toEqual({
      threshold: 2,
      missing: 1,
      userIds: expect.arrayContaining([rootId, bob.userId]) as unknown,
    })
  })

  test('tells of every policy whether it applies, and the values of its parts', async () => {
    const condition = `eth.tx.value <= 4 && eth.tx.to == '${TO}'`
    const policyId = await policy({ ...allow, condition, policyName: 'small' })
    const other = await policy({ ...deny, condition: "wallet.label == 'x'", policyName: 'other' })
    const tron = await policy({ ...allow, condition: 'tron.tx.fee_limit > 0', policyName: 'tron' })
    const answer = await dryRun(ann.client, transactionBody())
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
    const policyId = await policy({ ...deny, condition: 'eth.tx.max_fee_per_blob_gas > 1' })
    await policy({ ...allow, policyName: 'everything' })
    const answer = await dryRun(ann.client, transactionBody())
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
    const body = (userId: string) => root.body('CREATE_API_KEYS_V2', { userId, apiKeys })
    const own = await dryRun(ann.client, body(ann.userId))
    expect(outcomeAndReason(own)).toEqual(['OUTCOME_ALLOW', 'ownUser'])
    const other = await dryRun(ann.client, body(bob.userId))
    expect(outcomeAndReason(other)).toEqual(['OUTCOME_DENY_IMPLICIT', 'nothing'])
  })

  test('says what the root quorum alone may decide', async () => {
    await policy(allow)
    const userIds = [rootId]
    const body = root.body('UPDATE_ROOT_QUORUM', { threshold: 1, userIds })
    const answer = await dryRun(ann.client, body)
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_DENY_IMPLICIT', 'rootQuorum'])
    expect(answer.at('policies')).toEqual([])
  })

  test('names approvals that are missing, and with one of them it completes', async () => {
    const consensus = `approvers.any(u, u.id == '${bob.userId}') && approvers.count() >= 2`
    const policyId = await policy({ ...allow, consensus })
    const body = signBody(ann.client, address, 'two of us')
    const answer = await dryRun(ann.client, body)
    expect(outcomeAndReason(answer)).toEqual(['OUTCOME_REQUIRES_CONSENSUS', 'policy'])
    expect(answer.at('decidingPolicyIds')).toEqual([policyId])
    expect(told(answer)).toMatchObject({
      state: 'consensusFalse',
      outcome: 'OUTCOME_REQUIRES_CONSENSUS',
      condition: null,
      consensus: { ok: true, value: false },
      missingApprovals: { userIds: [[bob.userId]], isComplete: true },
    })
    const held = await ann.client.send('submit/sign_raw_payload', body)
    expect(held.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
    const ended = await bob.client.approve(held.at('activity.fingerprint'))
    expect(ended.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
  })

  test.each<[string, Parameters<typeof transactionBody>[0], string]>([
    ['eth.tx.value <= 4', { value: 4n }, 'eth.tx.value is 5 and would have to be <= 4'],
    ['eth.tx.value > 7', { value: 8n }, 'eth.tx.value is 5 and would have to be > 7'],
    [
      `eth.tx.chain_id == 1 && eth.tx.to == '${OTHER}'`,
      { to: OTHER },
      `eth.tx.to is '${TO.toLowerCase()}' and would have to be == '${OTHER}'`,
    ],
  ])('of %s tells a change that turns the outcome around', async (condition, change, text) => {
    await policy({ ...allow, condition })
    const answer = await dryRun(ann.client, transactionBody())
    expect(answer.at('outcome')).toBe('OUTCOME_DENY_IMPLICIT')
    const changes = told(answer).condition?.changes.map((one) => one.text.toLowerCase())
    expect(changes).toEqual([text.toLowerCase()])
    const changed = transactionBody(change)
    expect(outcomeAndReason(await dryRun(ann.client, changed))).toEqual(['OUTCOME_ALLOW', 'policy'])
    expect((await ann.client.send('submit/sign_transaction', changed)).status).toBe(200)
  })

  test('tells how limits stand, and denies what would go beyond them', async () => {
    const limit = {
      measure: 'LIMIT_MEASURE_WEI',
      per: 'LIMIT_PER_WALLET',
      window: { rollingSeconds: '3600' },
      max: '8',
    }
    await policy({ ...allow, policyName: 'everything' })
    const policyId = await policy({ ...deny, policyName: 'limit', limits: [limit] })
    const before = await dryRun(ann.client, transactionBody())
    expect(outcomeAndReason(before)).toEqual(['OUTCOME_ALLOW', 'policy'])
    const standing = { policyId, limit, amount: '5' }
    expect(before.at('limits')).toMatchObject([
      { ...standing, used: '0', left: '8', exceeded: false, freesAt: null },
    ])
    expect((await ann.client.send('submit/sign_transaction', transactionBody())).status).toBe(200)
    const after = await dryRun(ann.client, transactionBody())
    expect(outcomeAndReason(after)).toEqual(['OUTCOME_DENY_EXPLICIT', 'policy'])
    expect(after.at('decidingPolicyIds')).toEqual([policyId])
    expect(after.at('limits')).toMatchObject([
      { ...standing, used: '5', left: '3', exceeded: true },
    ])
    expect((await ann.client.send('submit/sign_transaction', transactionBody())).status).toBe(403)
  })

  test('foresees what it would end with, where that is told cheaply', async () => {
    const raw = (payload: string) =>
      root.body('SIGN_RAW_PAYLOAD_V2', {
        signWith: address,
        payload,
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: 'HASH_FUNCTION_NO_OP',
      })
    const unparseable = root.body('SIGN_TRANSACTION_V2', {
      signWith: address,
      unsignedTransaction: '02c0',
      type: 'TRANSACTION_TYPE_ETHEREUM',
    })
    const cases: [string, string][] = [
      [
        transactionBody({ signWith: NOBODY }),
        'no wallet account or private key found to sign with',
      ],
      [unparseable, 'failed to parse transaction'],
      [raw('ff'), 'invalid payload'],
      [raw('xx'), 'invalid payload encoding'],
    ]
    for (const [body, message] of cases) {
      const answer = await dryRun(root, body)
      expect([answer.at('outcome'), answer.at('failure.message')]).toEqual([
        'OUTCOME_ALLOW',
        message,
      ])
      const path = body.includes('RAW') ? 'sign_raw_payload' : 'sign_transaction'
      const real = await root.send(`submit/${path}`, body)
      expect(real.at('message')).toBe(message)
      expect(real.at('code')).toBe(answer.at('failure.code'))
    }
  })

  test('refuses what a submission refuses, with the same words', async () => {
    const good = JSON.parse(transactionBody()) as { parameters: object }
    const { organizationId } = root
    const bodies = [
      { ...good, type: undefined },
      { ...good, type: 'ACTIVITY_TYPE_UNKNOWN' },
      { ...good, timestampMs: 5 },
      { ...good, parameters: [] },
      { ...good, parameters: { ...good.parameters, type: 'TRANSACTION_TYPE_NONE' } },
      { ...good, parameters: JSON.parse('{"__proto__":1}') as object },
    ].map((body) => JSON.stringify({ ...body, organizationId }))
    for (const body of bodies) {
      const [dry, real] = [
        await dryRun(root, body),
        await root.send('submit/sign_transaction', body),
      ]
      expect([dry.status, dry.text], body).toEqual([400, real.text])
    }
  })

  test('takes what is too old to be submitted, and no vote', async () => {
    const old = root.body('CREATE_WALLET', { walletName: 'old', accounts: [] }, 1_700_000_000_000)
    expect((await dryRun(root, old)).at('outcome')).toBe('OUTCOME_ALLOW')
    const fingerprint = `sha256:${'0'.repeat(64)}`
    const vote = await dryRun(root, root.body('APPROVE_ACTIVITY', { fingerprint }))
    expect(vote.at('details.0.fieldViolations')).toEqual([
      { field: 'type', description: 'is not a known activity type' },
    ])
  })

  test('refuses what neither users nor policies decide', async () => {
    const accept = operations.find(({ name }) => name === 'acceptInvitation')
    const answer = await dryRun(
      root,
      root.body('ACCEPT_INVITATION_V2', accept?.example.params as object),
    )
    expect(answer.at('details.0.fieldViolations')).toEqual([
      { field: 'type', description: 'is decided neither by users nor by policies' },
    ])
  })

  test('is refused with the activities of an organization that is frozen', async () => {
    const { organizationId } = root
    await freeze(instance.app, { organizationId, frozen: true })
    const answer = await dryRun(root, transactionBody())
    expect([answer.status, answer.at('message')]).toEqual([403, 'api operations disabled'])
    await freeze(instance.app, { organizationId, frozen: false })
  })

  test('is bounded: of many heavy policies it says which are not explained', async () => {
    const sum = Array.from({ length: 500 }, (_, at) => `eth.tx.value == ${at + 10}`).join(' || ')
    const policies = Array.from({ length: 60 }, (_, at) => ({
      ...allow,
      policyName: `heavy ${at}`,
      condition: sum,
    }))
    const made = await root.submit('create_policies', { policies })
    expect(made.status, made.text).toBe(200)
    const decisive = await policy({
      ...deny,
      policyName: 'decisive',
      condition: 'eth.tx.value == 5',
    })
    const answer = await dryRun(ann.client, transactionBody())
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

  describe('across organizations', () => {
    let below: AppClient
    beforeEach(async () => {
      const key = generateKey()
      const made = await root.submit(
        'create_sub_organization',
        {
          subOrganizationName: 'below',
          rootUsers: [{ userName: 'owner', apiKeys: [apiKeyParams(key)] }],
          rootQuorumThreshold: 1,
        },
        'CREATE_SUB_ORGANIZATION_V8',
      )
      const id = made.at('activity.result.createSubOrganizationResultV8.subOrganizationId')
      below = new AppClient(instance.app, key, id)
    })
    const inBelow = (user: TestUser) =>
      new AppClient(instance.app, user.client.key, below.organizationId)

    test("a parent's user may not do there what is closed to it", async () => {
      const policyId = await policy(allow)
      const body = below.body('CREATE_WALLET', { walletName: 'x', accounts: [] })
      const answer = await dryRun(inBelow(ann), body)
      expect(outcomeAndReason(answer)).toEqual(['OUTCOME_DENY_IMPLICIT', 'parentUser'])
      expect(answer.text).not.toContain(policyId)
    })

    test("a parent's user is told of the parent's policies, and the sub-organization is not", async () => {
      const policyId = await policy({
        ...allow,
        condition: "activity.type == 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD'",
      })
      const body = below.body('DELETE_SUB_ORGANIZATION', { deleteWithoutExport: true })
      const answer = await dryRun(inBelow(ann), body)
      expect(answer.at('decidedBy')).toBe('parentUser')
      const apiKeys = [apiKeyParams(generateKey())]
      const oidc = below.body('CREATE_API_KEYS_V2', { userId: ann.userId, apiKeys })
      const client = inBelow(ann)
      for (const asked of [body, oidc]) expect((await dryRun(client, asked)).status).toBe(200)
      expect((await dryRun(below, oidc)).text).not.toContain(policyId)
    })

    test('nobody may ask in an organization that is not theirs', async () => {
      const stranger = adminClient(instance.app, instance.admin)
      const answer = await stranger.send('query/evaluate_activity', transactionBody())
      expect(answer.status).toBe(401)
      const { organizationId } = root
      const elsewhere = JSON.stringify({
        ...(JSON.parse(transactionBody()) as object),
        organizationId: INSTANCE_ID,
      })
      expect(organizationId).not.toBe(INSTANCE_ID)
      expect((await dryRun(root, elsewhere)).status).toBe(404)
    })
  })

  test('leaves no trace, whatever is asked', async () => {
    const client = root
    const tables = await instance.rows<{ name: string }>(
      engine === 'sqlite'
        ? "select name from sqlite_master where type = 'table' order by name"
        : "select table_name as name from information_schema.tables where table_schema = 'public' order by table_name",
    )
    const contents = async () => {
      const found: unknown[] = []
      for (const { name } of tables) found.push(name, await instance.rows(`select * from ${name}`))
      return JSON.stringify(found, (_name, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      )
    }
    expect(tables.length).toBeGreaterThan(20)
    await policy({ ...allow, consensus: 'approvers.count() >= 2' })
    const before = await contents()
    const outcomes = new Map<string, number>()
    for (const operation of operations) {
      if (operation.kind !== 'activity' || 'exempt' in operation.policy) continue
      const type = operation.versions[0]?.type.replace('ACTIVITY_TYPE_', '') ?? ''
      for (const one of [client, ann.client]) {
        const answer = await dryRun(one, one.body(type, operation.example.params as object))
        expect(answer.status, answer.text).toBe(200)
        const outcome = answer.at('outcome')
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
    }
    expect([...outcomes.keys()].sort()).toEqual([
      'OUTCOME_ALLOW',
      'OUTCOME_DENY_IMPLICIT',
      'OUTCOME_REQUIRES_CONSENSUS',
    ])
    expect(await contents()).toBe(before)
  })
})
