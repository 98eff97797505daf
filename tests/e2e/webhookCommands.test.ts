// `keystead webhooks`: the delivery log, sending events again, the shared secret, and what is refused.
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { keystead } from '../support/command.ts'
import { asHost, createBelow } from '../support/governance.ts'
import { startServer } from '../support/server.ts'
import {
  assertSigned,
  happen,
  idOf,
  listed,
  rootOf,
  setWebhook,
  webhookWorld,
} from '../support/webhooks.ts'

const MINUTE = 60_000
/** For a busy machine: each command is a process of its own. */
const PATIENT = { timeout: 2 * MINUTE }

const world = webhookWorld()
afterEach(() => world.end())

test('the host lists events, and sends them again by id and by range', PATIENT, async () => {
  const receiver = await world.receive()
  const server = await world.serve()
  const { organizationId } = server.admin
  const root = rootOf(server)
  await setWebhook(root, receiver.url)
  const below = await createBelow(root)
  await happen(root, 2)
  await happen(below, 2)
  await receiver.receive(5)
  const all = async () => (await listed(server)).map(({ outcome }) => outcome)
  await expect
    .poll(all, { timeout: MINUTE / 2 })
    .toEqual(Array.from({ length: 5 }, () => 'delivered'))
  expect(await listed(server, '--failed')).toEqual([])
  const one = receiver.arrived.find(({ event }) => event.organizationId === organizationId)
  const events = await listed(server)
  expect(events.at(-1)).toMatchObject({
    id: one?.headers['webhook-id'],
    organizationId,
    activityId: one?.event.id,
    seq: Number(one?.event.seq),
    attempts: 1,
    lastAnswer: '204',
  })
  const replay = (...words: string[]) =>
    asHost(server, 'webhooks', 'replay', '--organization', organizationId, ...words)
  expect(await replay('--event', events.at(-1)?.id ?? '')).toBe('1 event will be sent again\n')
  const [again] = (await receiver.receive(6)).slice(5)
  expect([again?.body, again && idOf(again)]).toEqual([one?.body, one && idOf(one)])
  // Without the seal key the running server does it.
  renameSync(join(server.data, 'seal.key'), join(server.data, 'moved.key'))
  expect(await replay('--from', '0', '--to', '999999')).toBe('3 events will be sent again\n')
  await receiver.receive(9)
  const rangeOf = ['--of', below.organizationId, '--from', '1', '--to', '999999']
  expect(await replay(...rangeOf)).toBe('2 events will be sent again\n')
  const last = (await receiver.receive(11)).slice(9)
  expect(last.map(({ event }) => event.organizationId)).toEqual([
    below.organizationId,
    below.organizationId,
  ])
  await assertSigned(server, receiver.arrived)
  const log = await asHost(server, 'audit', 'export', '--organization', organizationId)
  const byHost = log.split('\n').filter((line) => line.includes('"actor":"host"'))
  const count = (action: string) => byHost.filter((line) => line.includes(action)).length
  expect([count('webhook.replay'), count('webhook.secret')]).toEqual([3, 1])
  expect(await asHost(server, 'audit', 'verify')).toMatch(/^ok: /)
})

describe('commands', () => {
  test('refuse what is not there, in words', async () => {
    const server = await world.serve()
    const { organizationId } = server.admin
    const nobody = '019a0000-0000-7000-8000-000000000009'
    const failing = async (...words: string[]) => {
      const ended = await keystead(['webhooks', ...words, '--data', server.data], {
        env: server.env,
      })
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      return ended.stderr
    }
    const missing = `keystead: there is no organization ${nobody}\n`
    expect(await failing('list', '--organization', nobody)).toBe(missing)
    expect(await failing('secret', '--organization', nobody)).toBe(missing)
    const own = ['--organization', organizationId]
    const without = `keystead: organization ${organizationId} has no webhook: set FEATURE_NAME_WEBHOOK\n`
    expect(await failing('secret', ...own)).toBe(without)
    expect(await failing('replay', ...own, '--event', nobody)).toBe(without)
    await setWebhook(rootOf(server), 'https://hooks.example/')
    const unknown = 'keystead: there is no such event in the delivery log\n'
    expect(await failing('replay', ...own, '--event', nobody)).toBe(unknown)
    expect(await failing('replay', ...own, '--from', '5', '--to', '4')).toBe(unknown)
  })

  test.each([
    [['list'], '--organization is required'],
    [['list', '--organization', 'x'], '--organization must be a UUID'],
    [['secret'], '--organization is required'],
    [['replay', '--from', '1', '--to', '2'], '--organization is required'],
  ])('webhooks %j is a usage error', async (words, text) => {
    const ended = await keystead(['webhooks', ...words])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
  })

  const ID = '019a0000-0000-7000-8000-000000000009'
  test.each([
    [[], 'name an event with --event, or a range with --from and --to'],
    [['--event', ID, '--from', '1'], 'name an event with --event, or a range'],
    [['--event', 'x'], '--event must be a UUID'],
    [['--from', '1'], '--to must be a number'],
    [['--from', '-1', '--to', '1'], 'from'],
    [['--of', ID, '--to', '1'], '--from must be a number'],
    [['--of', 'x', '--from', '1', '--to', '1'], '--of must be a UUID'],
  ])('a replay with %j is a usage error', async (words, text) => {
    const ended = await keystead(['webhooks', 'replay', '--organization', ID, ...words])
    expect(ended).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toContain(text)
  })
})

test.each(['https://a.example', 'a.example/x', 'user@a.example', 'a b', 'a.example:x', '?'])(
  'a server is not started with %j as a private host of webhooks',
  async (hosts) => {
    const env = { KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: hosts }
    await expect(startServer({ engine: 'sqlite', env })).rejects.toThrow(
      'KEYSTEAD_WEBHOOK_PRIVATE_HOSTS: must be hosts, with or without a port',
    )
  },
)
