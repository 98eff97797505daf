// `keystead freeze`: from the moment it returns no activity begins or ends; reads go on.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adminKey, type Answer, TestClient } from '../support/client.ts'
import { keystead } from '../support/command.ts'
import { asHost, countRows, createBelow, tally } from '../support/governance.ts'
import { load, Workload } from '../support/load.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const FROZEN = {
  status: 403,
  json: {
    code: 7,
    message: 'api operations disabled',
    details: [],
    turnkeyErrorCode: 'API_OPERATIONS_DISABLED',
  },
}

const wallet = (walletName: string) => ({ walletName, accounts: [] })

describe.each(engines)('freezing on %s', (engine) => {
  let server: TestServer
  let root: TestClient
  beforeEach(async () => {
    server = await startServer({ engine, workers: 2 })
    root = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  })
  afterEach(() => server.dispose())

  async function createRoot(): Promise<TestClient> {
    const words = ['organizations', 'create', '--organization-name', 'other']
    const admin = JSON.parse(await asHost(server, ...words)) as TestServer['admin']
    return new TestClient(server, adminKey(admin), admin.organizationId)
  }

  const activities = ({ organizationId }: TestClient) =>
    countRows({ server, organizationId }, 'activity')

  test('while load is running, stops every activity before the command returns', async () => {
    const below = await createBelow(root)
    const workloads = await Promise.all(
      [root, below].map((client) => Workload.prepare(client, seeded('freeze'))),
    )
    let running = true
    const loads = workloads.map((workload) =>
      load(workload, {
        connections: 16,
        running: () => running,
        next: () => workload.job('sign'),
      }),
    )
    await expect.poll(() => activities(below), { timeout: 20_000 }).toBeGreaterThan(20)
    await asHost(server, 'freeze', '--organization', root.organizationId)
    const before = [await activities(root), await activities(below)]
    const refused: Answer[] = []
    for (let n = 0; n < 20; n++) {
      refused.push(await root.submit('create_wallet', wallet(`late ${n}`)))
    }
    running = false
    const sent = (await Promise.all(loads)).flat()
    expect([await activities(root), await activities(below)]).toEqual(before)
    expect(tally(refused)).toEqual({ 'api operations disabled': 20 })
    const seen = tally(sent.map(({ answer }) => answer))
    expect(Object.keys(seen).sort()).toEqual(['api operations disabled', 'ok'])
    // The workloads' wallets and the sub-organization are activities too.
    expect(seen['ok']).toBe(before.reduce((sum, count) => sum + count) - 3)
  })

  test('answers the published error to submissions and votes; reads and other organizations go on', async () => {
    const other = await createRoot()
    const below = await createBelow(root)
    const body = root.body('CREATE_WALLET', wallet('first'))
    const first = await root.send('submit/create_wallet', body)
    expect(first.status).toBe(200)
    await asHost(server, 'freeze', '--organization', root.organizationId)
    for (const client of [root, below]) {
      expect(await client.submit('create_wallet', wallet('second'))).toMatchObject(FROZEN)
      const fingerprint = first.at('activity.fingerprint')
      expect(await client.submit('approve_activity', { fingerprint })).toMatchObject(FROZEN)
      expect(await client.submit('reject_activity', { fingerprint })).toMatchObject(FROZEN)
      expect((await client.query('whoami')).status).toBe(200)
      expect((await client.query('list_activities')).status).toBe(200)
    }
    expect(await root.send('submit/create_wallet', body)).toMatchObject(FROZEN)
    expect((await other.submit('create_wallet', wallet('elsewhere'))).status).toBe(200)
    const denied = `outcome = 'denied' and activity_id is null`
    // Three of the loop, and the body that was known.
    expect(
      await countRows({ server, organizationId: root.organizationId }, 'audit_entry', denied),
    ).toBe(4)
    const byHost = `actor = 'host' and action = 'organization.freeze'`
    expect(
      await countRows({ server, organizationId: root.organizationId }, 'audit_entry', byHost),
    ).toBe(1)
    await asHost(server, 'unfreeze', '--organization', root.organizationId)
    expect((await below.submit('create_wallet', wallet('again'))).status).toBe(200)
    expect(
      await countRows(
        { server, organizationId: root.organizationId },
        'audit_entry',
        `actor = 'host' and action = 'organization.unfreeze'`,
      ),
    ).toBe(1)
  })

  test('of everything is one command, shown in the list, and taken back by another', async () => {
    expect(await asHost(server, 'freeze')).toBe('froze 1 organization\n')
    expect(await root.submit('create_wallet', wallet('stopped'))).toMatchObject(FROZEN)
    expect(JSON.parse(await asHost(server, 'organizations', 'list'))).toMatchObject({
      organizations: [{ organizationId: root.organizationId, frozen: true }],
    })
    expect(await asHost(server, 'unfreeze')).toBe('unfroze 1 organization\n')
    expect((await root.submit('create_wallet', wallet('goes on'))).status).toBe(200)
  })

  test('says so when there is no such organization', async () => {
    const id = '019a0000-0000-7000-8000-000000000009'
    const words = ['freeze', '--data', server.data, '--organization', id]
    expect(await keystead(words, { env: server.env })).toEqual({
      code: 1,
      stdout: '',
      stderr: `keystead: there is no organization ${id}\n`,
    })
  })
})
