// The monthly signing quota: exact over all processes and all sub-organizations, under load.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adminKey, TestClient } from '../support/client.ts'
import { numberOf, withDatabase } from '../support/database.ts'
import {
  asHost,
  countRows,
  createBelow,
  OVER_QUOTA,
  PARENT_OVER_QUOTA,
  setLimits,
  tally,
} from '../support/governance.ts'
import { load, type Sent, Workload } from '../support/load.ts'
import { seeded } from '../support/random.ts'
import { engines, startServer, type TestServer } from '../support/server.ts'

const QUOTA = 150
const JOBS = 300
const CONNECTIONS = 64

const THIS_MONTH = new Date().toISOString().slice(0, 7)

describe.each(engines)('a signing quota on %s', (engine) => {
  let server: TestServer
  let root: TestClient
  beforeEach(async () => {
    server = await startServer({ engine, workers: 2 })
    root = new TestClient(server, adminKey(server.admin), server.admin.organizationId)
  })
  afterEach(() => server.dispose())

  /** Signs over many connections until all jobs are sent, in turns in each organization. */
  async function sign(workloads: readonly Workload[], jobs: number): Promise<Sent[][]> {
    let left = jobs
    const running = () => left-- > 0
    const connections = CONNECTIONS / workloads.length
    return Promise.all(
      workloads.map((workload) =>
        load(workload, { connections, running, next: () => workload.job('sign') }),
      ),
    )
  }

  const prepare = (client: TestClient) => Workload.prepare(client, seeded('quota'))
  const charged = () =>
    withDatabase(server, (database) =>
      numberOf(
        database,
        'select sum(signatures) from signing_quota where organization_id = ?',
        database.id(root.organizationId),
      ),
    )

  test('allows so many signatures and not one more, in the root and below it together', async () => {
    const below = await createBelow(root)
    const other = await createBelow(root)
    const clients = [root, below, other]
    const workloads = await Promise.all(clients.map(prepare))
    await setLimits(server, root.organizationId, `signaturesPerMonth=${QUOTA}`)
    const sent = await sign(workloads, JOBS)
    const answers = sent.map((part) => tally(part.map(({ answer }) => answer)))
    console.log(`quota on ${engine}:`, answers)
    expect(answers.reduce((sum, part) => sum + (part['ok'] ?? 0), 0)).toBe(QUOTA)
    for (const [index, part] of answers.entries()) {
      const text = index === 0 ? OVER_QUOTA : PARENT_OVER_QUOTA
      expect(Object.keys(part).sort()).toEqual(['ok', text].sort())
    }
    expect(await charged()).toBe(QUOTA)
    const signed = "type = 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2'"
    const stored = await Promise.all(
      clients.map(({ organizationId }) =>
        countRows({ server, organizationId }, 'activity', signed),
      ),
    )
    expect(stored.reduce((sum, count) => sum + count, 0)).toBe(QUOTA)
  })

  test('refuses without an activity, so that the same body signs once more are allowed', async () => {
    const workload = await prepare(root)
    await setLimits(server, root.organizationId, 'signaturesPerMonth=0')
    const { path, body } = workload.job('sign')
    const refused = await root.send(path, body)
    expect(refused).toMatchObject({
      status: 429,
      json: {
        code: 8,
        message: OVER_QUOTA,
        details: [],
        turnkeyErrorCode: 'SIGNING_QUOTA_EXCEEDED',
      },
    })
    expect(await countRows({ server, organizationId: root.organizationId }, 'activity')).toBe(1)
    expect(
      await countRows(
        { server, organizationId: root.organizationId },
        'audit_entry',
        `outcome = 'denied'`,
      ),
    ).toBe(1)
    expect(
      (await root.submit('create_wallet', { walletName: 'no signature', accounts: [] })).status,
    ).toBe(200)
    await setLimits(server, root.organizationId, 'signaturesPerMonth=1')
    const answers = [await root.send(path, body), await root.send(path, body)]
    expect(tally(answers)).toEqual({ ok: 2 })
    expect(await charged()).toBe(1)
    await setLimits(server, root.organizationId, 'signaturesPerMonth=unlimited')
    expect((await root.send(workload.job('sign').path, workload.job('sign').body)).status).toBe(200)
    expect(await charged()).toBe(1)
  })

  test('is without quota not counted; usage is, with all below, and shown by the host command', async () => {
    const below = await createBelow(root)
    const workloads = [await prepare(root), await prepare(below)]
    expect(tally((await sign(workloads, 20)).flat().map(({ answer }) => answer))).toEqual({
      ok: 20,
    })
    expect(await countRows({ server, organizationId: root.organizationId }, 'signing_quota')).toBe(
      0,
    )
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toMatch(/^keystead_signatures_total 20$/m)
    expect(metrics).toMatch(/^keystead_activities_total 23$/m)
    // Written when the processes end, if not before.
    await server.end('SIGTERM')
    const usage = JSON.parse(await asHost(server, 'organizations', 'usage')) as unknown
    expect(usage).toEqual({
      usage: [
        {
          organizationId: root.organizationId,
          month: THIS_MONTH,
          activities: 23,
          signatures: 20,
          charged: 0,
        },
      ],
    })
  })
})
