// Two last approvals at the same moment: the activity runs once, and both voters are told that it ran.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rounds } from '../../../../tests/support/rounds.ts'
import type { App } from '../../src/app.ts'
import { type AppClient, formQuorum } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

/** An organization holds a hundred users at most. */
const ROUNDS_PER_ORGANIZATION = 50

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
    let storedBoth = 0
    for (let round = 0; round < count; round++) {
      if (round % ROUNDS_PER_ORGANIZATION === 0) {
        const admin = await instance.createOrganization(`quorum ${round}`)
        const users = await formQuorum(instance.app, admin, { count: 3, threshold: 2 })
        voters = users.map(({ client }) => client)
      }
      const [submitter, second, third] = voters as [AppClient, AppClient, AppClient]
      const userName = `created in round ${round}`
      const held = await submitter.send('submit/create_users', submitter.userBody(userName))
      const fingerprint = held.at('activity.fingerprint')
      // In every second round the votes come through two processes.
      const third2 = round % 2 === 0 ? third : third.through(other)
      const answers = await Promise.all([second.approve(fingerprint), third2.approve(fingerprint)])
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 200 })
        expect(answer.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
      }
      const results = answers.map((answer) =>
        answer.at('activity.result.createUsersResult.userIds.0'),
      )
      expect(results[0]).toBe(results[1])
      expect(await instance.rows('select id from org_user where name = ?', userName)).toEqual([
        { id: results[0] },
      ])
      const activityId = held.at('activity.id')
      const votes = await instance.rows('select id from vote where activity_id = ?u', activityId)
      if (votes.length === 2) storedBoth++
    }
    expect(storedBoth).toBe(0)
    expect(await instance.problems()).toEqual([])
  })
})
