// The delivery log: sending events again, and forgetting them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { replayEvents } from '../../src/host/webhooks.ts'
import { engines } from '../support/instance.ts'
import { helpers, openWebhooks, setWebhook, type Webhooks } from '../support/webhooks.ts'

const DAY_MS = 24 * 60 * 60 * 1000

describe.each(engines)('events on %s', (engine) => {
  let hooks: Webhooks
  beforeAll(async () => {
    hooks = await openWebhooks(engine)
  })
  afterAll(() => hooks.close())
  beforeEach(async () => {
    await hooks.reset()
    await setWebhook(hooks.admin, hooks.receiver.url)
    await hooks.reset()
  })

  const organizationId = () => hooks.admin.organizationId
  const { seqs, ids, answerWith } = helpers(() => hooks)

  test('are sent again as they were by id, and by range', async () => {
    await hooks.happen(4)
    await hooks.deliver()
    const { app } = hooks.instance
    const [first = 0] = seqs()
    const before = [...hooks.receiver.arrived]
    const byId = { eventId: ids()[1] ?? '' }
    expect(await replayEvents(app, { organizationId: organizationId(), choice: byId })).toBe(1)
    // An event that still waits may be replayed, too.
    expect(await replayEvents(app, { organizationId: organizationId(), choice: byId })).toBe(1)
    await hooks.deliver()
    const range = { sourceId: organizationId(), from: first + 2, to: first + 3 }
    expect(await replayEvents(app, { organizationId: organizationId(), choice: range })).toBe(2)
    await hooks.deliver()
    expect(seqs().slice(4)).toEqual([first + 1, first + 2, first + 3])
    const again = [before[1], before[2], before[3]]
    expect(hooks.receiver.arrived.slice(4).map(({ body }) => body)).toEqual(
      again.map((one) => one?.body),
    )
    expect(ids().slice(4)).toEqual(again.map((one) => one?.headers['webhook-id']))
    expect(await hooks.log()).toMatchObject([1, 2, 2, 2].map((attempts) => ({ attempts })))
    const actions = (await hooks.instance.entries()).map(({ action }) => action)
    expect(actions.filter((action) => action === 'webhook.replay')).toHaveLength(3)
    expect(await hooks.instance.problems()).toEqual([])
  })

  test('that were given up are replayed with the whole schedule before them', async () => {
    answerWith(410)
    await hooks.happen(1)
    await hooks.deliver()
    const choice = { eventId: ids()[0] ?? '' }
    await replayEvents(hooks.instance.app, { organizationId: organizationId(), choice })
    answerWith(500)
    await hooks.deliver()
    hooks.pass(5000)
    answerWith(204)
    await hooks.deliver()
    expect(await hooks.log()).toEqual([{ outcome: 'delivered', attempts: 3, last_answer: '204' }])
  })

  test('are forgotten after thirty days', async () => {
    await hooks.happen(1)
    await hooks.deliver()
    hooks.pass(29 * DAY_MS)
    await hooks.deliver()
    expect(await hooks.log()).toHaveLength(1)
    hooks.pass(DAY_MS)
    await hooks.deliver()
    expect(await hooks.log()).toEqual([])
    const replay = replayEvents(hooks.instance.app, {
      organizationId: organizationId(),
      choice: { eventId: ids()[0] ?? '' },
    })
    await expect(replay).rejects.toThrow('there is no such event in the delivery log')
  })
})
