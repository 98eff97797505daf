// What the dry run refuses and does not show; and that it leaves no trace.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { operations } from '../../src/family/turnkey/operations.ts'
import { freeze } from '../../src/host/governance.ts'
import { INSTANCE_ID } from '../../src/platform/ids.ts'
import { adminClient, AppClient, type TestUser } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { allow, createPlace, dryRun, outcomeAndReason, type Place } from './explained.ts'

describe.each(engines)('a dry run on %s', (engine) => {
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

  test('refuses what a submission refuses, with the same words', async () => {
    const good = JSON.parse(here.transactionBody()) as { parameters: object }
    const { organizationId } = here.root
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
        await dryRun(here.root, body),
        await here.root.send('submit/sign_transaction', body),
      ]
      expect([body, dry.status, dry.text]).toEqual([body, 400, real.text])
    }
  })

  test('takes what is too old to be submitted, and no vote', async () => {
    const old = here.root.body(
      'CREATE_WALLET',
      { walletName: 'old', accounts: [] },
      1_700_000_000_000,
    )
    expect((await dryRun(here.root, old)).at('outcome')).toBe('OUTCOME_ALLOW')
    const fingerprint = `sha256:${'0'.repeat(64)}`
    const vote = await dryRun(here.root, here.root.body('APPROVE_ACTIVITY', { fingerprint }))
    expect(vote.at('details.0.fieldViolations')).toEqual([
      { field: 'type', description: 'is not a known activity type' },
    ])
  })

  test('refuses what neither users nor policies decide', async () => {
    const accept = operations.find(({ name }) => name === 'acceptInvitation')
    const answer = await dryRun(
      here.root,
      here.root.body('ACCEPT_INVITATION_V2', accept?.example.params as object),
    )
    expect(answer.at('details.0.fieldViolations')).toEqual([
      { field: 'type', description: 'is decided neither by users nor by policies' },
    ])
  })

  test('is refused with the activities of an organization that is frozen', async () => {
    const { organizationId } = here.root
    await freeze(instance.app, { organizationId, frozen: true })
    const answer = await dryRun(here.root, here.transactionBody())
    expect([answer.status, answer.at('message')]).toEqual([403, 'api operations disabled'])
    await freeze(instance.app, { organizationId, frozen: false })
  })

  describe('across organizations', () => {
    let below: AppClient
    beforeEach(async () => {
      const key = generateKey()
      const made = await here.root.submit(
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
      const policyId = await here.policy(allow)
      const body = below.body('CREATE_WALLET', { walletName: 'x', accounts: [] })
      const answer = await dryRun(inBelow(here.ann), body)
      expect(outcomeAndReason(answer)).toEqual(['OUTCOME_DENY_IMPLICIT', 'parentUser'])
      expect(answer.text).not.toContain(policyId)
    })

    test("the parent's policies are shown to its users, and not to those below", async () => {
      const policyId = await here.policy({ ...allow, condition: "activity.action == 'SIGN'" })
      const { client: member } = await below.createUser('member')
      const oidcClaims = { iss: 'https://issuer.example', sub: 's', aud: 'a' }
      const oauthProviders = [{ providerName: 'p', oidcClaims }]
      const parameters = { userId: here.ann.userId, oauthProviders }
      const body = below.body('CREATE_OAUTH_PROVIDERS_V2', parameters)
      const shown = await dryRun(inBelow(here.ann), body)
      expect(outcomeAndReason(shown)).toEqual(['OUTCOME_DENY_IMPLICIT', 'nothing'])
      expect(shown.at('policies.0.policyId')).toBe(policyId)
      const asked = await dryRun(member, body)
      expect(outcomeAndReason(asked)).toEqual(['OUTCOME_DENY_IMPLICIT', 'nothing'])
      expect(asked.at('policies')).toEqual([])
    })

    test('nobody may ask in an organization that is not theirs', async () => {
      const stranger = adminClient(instance.app, instance.admin)
      const answer = await stranger.send('query/evaluate_activity', here.transactionBody())
      expect(answer.status).toBe(401)
      const elsewhere = JSON.stringify({
        ...(JSON.parse(here.transactionBody()) as object),
        organizationId: INSTANCE_ID,
      })
      expect((await dryRun(here.root, elsewhere)).status).toBe(404)
    })
  })

  test('leaves no trace, whatever is asked', async () => {
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
    await here.policy({ ...allow, consensus: 'approvers.count() >= 2' })
    const before = await contents()
    const outcomes = new Map<string, number>()
    for (const operation of operations) {
      if (operation.kind !== 'activity' || 'exempt' in operation.policy) continue
      const type = operation.versions[0]?.type.replace('ACTIVITY_TYPE_', '') ?? ''
      for (const one of [here.root, here.ann.client]) {
        const answer = await dryRun(one, one.body(type, operation.example.params as object))
        expect(answer).toMatchObject({ status: 200 })
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
