// Two last approvals at the same moment: the activity runs once, and both voters are told that it ran.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiKeyParams, generateKey } from '../../../../tests/support/client.ts'
import { rounds } from '../../../../tests/support/rounds.ts'
import type { App } from '../../src/app.ts'
import {
  adminClient,
  type AppClient,
  createWallet,
  formQuorum,
  signBody,
} from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

/** An organization holds a hundred users at most. */
const ROUNDS_PER_ORGANIZATION = 50

const kinds = [
  {
    path: 'submit/create_users',
    body: (client: AppClient, name: string) => client.userBody(name),
    result: 'activity.result.createUsersResult.userIds.0',
    created: 'select id from org_user where name = ?',
  },
  {
    path: 'submit/create_sub_organization',
    body: (client: AppClient, name: string) =>
      client.body('CREATE_SUB_ORGANIZATION_V8', {
        subOrganizationName: name,
        rootUsers: [{ userName: 'below', apiKeys: [apiKeyParams(generateKey())] }],
        rootQuorumThreshold: 1,
      }),
    result: 'activity.result.createSubOrganizationResultV8.subOrganizationId',
    created: 'select organization_id as id from organization where name = ?',
  },
  {
    // Changes no row, so that both votes share a flush on either engine.
    path: 'submit/sign_raw_payload',
    body: (client: AppClient, name: string, address: string) => signBody(client, address, name),
    result: 'activity.result.signRawPayloadResult.s',
    created: null,
  },
] as const

describe.each(engines)('two last approvals on %s', (engine) => {
  let instance: Instance
  let other: App

  beforeAll(async () => {
    instance = await openInstance(engine)
    other = await instance.openApp()
  })
  afterAll(() => instance.dispose())

  test('run the activity once and both answer that it is completed', async () => {
    const count = rounds('two last approvals')
    let voters: AppClient[] = []
    let address = ''
    let storedBoth = 0
    for (let round = 0; round < count; round++) {
      if (round % ROUNDS_PER_ORGANIZATION === 0) {
        const admin = await instance.createOrganization(`quorum ${round}`)
        address = (await createWallet(adminClient(instance.app, admin), 'wallet')).address
        const users = await formQuorum(instance.app, admin, { count: 3, threshold: 2 })
        voters = users.map(({ client }) => client)
      }
      const [submitter, second, third] = voters as [AppClient, AppClient, AppClient]
      const name = `created in round ${round}`
      // A user moves the revision of the organization; an organization below it does not.
      const kind = kinds[round % kinds.length] ?? kinds[0]
      const held = await submitter.send(kind.path, kind.body(submitter, name, address))
      const fingerprint = held.at('activity.fingerprint')
      // In every second run through the kinds the votes come through two processes.
      const last = round % (2 * kinds.length) < kinds.length ? third : third.through(other)
      const answers = await Promise.all([second.approve(fingerprint), last.approve(fingerprint)])
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 200 })
        expect(answer.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
      }
      const results = answers.map((answer) => answer.at(kind.result))
      expect(results[0]).toBe(results[1])
      const created = kind.created === null ? [] : await instance.rows(kind.created, name)
      expect(created).toEqual(kind.created === null ? [] : [{ id: results[0] }])
      const activityId = held.at('activity.id')
      const votes = await instance.rows('select id from vote where activity_id = ?u', activityId)
      if (votes.length === 2) storedBoth++
    }
    expect(storedBoth).toBe(0)
    expect(await instance.problems()).toEqual([])
  })
})
