// Random sequences of requests through two processes: chains verify, and what was answered is there.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../../tests/support/client.ts'
import { rounds } from '../../../../tests/support/rounds.ts'
import type { App } from '../../src/app.ts'
import { writeCheckpoint } from '../../src/domain/audit/checkpointer.ts'
import {
  accountParams,
  adminClient,
  type AppClient,
  createWallet,
  formQuorum,
  signBody,
} from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

const ORGANIZATIONS = 2
const USERS = 3
const BATCHES_MAX = 6
const BATCH_MAX = 8

/** One request: what, by which user of which organization, through which process. */
const step = fc.record({
  kind: fc.constantFrom(
    'sign',
    'repeat',
    'user',
    'account',
    'wallet',
    'reject',
    'approve',
    'query',
  ),
  organization: fc.nat({ max: ORGANIZATIONS - 1 }),
  user: fc.nat({ max: USERS - 1 }),
  process: fc.nat({ max: 1 }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Steps of one batch are sent at once; a checkpoint may follow. */
const sequence = fc.array(
  fc.record({
    steps: fc.array(step, { minLength: 4, maxLength: BATCH_MAX }),
    checkpoint: fc.boolean(),
  }),
  { minLength: 3, maxLength: BATCHES_MAX },
)

interface World {
  instance: Instance
  apps: App[]
  organizations: { clients: AppClient[]; address: string; walletId: string; last: string }[]
  /** Fingerprints of what waited for votes, by organization. */
  pending: string[][]
  acknowledged: { id: string; status: string }[]
  outcomes: Map<string, number>
  counter: number
}

async function createWorld(engine: Instance['engine']): Promise<World> {
  const instance = await openInstance(engine)
  const organizations = []
  for (let n = 0; n < ORGANIZATIONS; n++) {
    const admin = await instance.createOrganization(`organization ${n}`)
    const first = adminClient(instance.app, admin)
    const wallet = await createWallet(first, 'wallet')
    // In the second organization two must agree; the third user of each is no root user.
    const count = USERS - 1
    const outsider = await first.createUser('outsider')
    const users = await formQuorum(instance.app, admin, { count, threshold: n + 1 })
    const clients = [...users, outsider].map(({ client }) => client)
    organizations.push({ clients, last: '', ...wallet })
  }
  const apps = [instance.app, await instance.openApp()]
  const pending = organizations.map(() => [])
  const counters = { acknowledged: [], outcomes: new Map<string, number>(), counter: 0 }
  return { instance, apps, organizations, pending, ...counters }
}

async function run(world: World, { kind, ...where }: Step): Promise<void> {
  const organization = world.organizations[where.organization]
  const app = world.apps[where.process]
  const client = app === undefined ? undefined : organization?.clients[where.user]?.through(app)
  if (organization === undefined || client === undefined) throw new Error('no such place')
  const name = `${kind} ${world.counter++}`
  const newest = world.pending[where.organization]?.at(-1) ?? `sha256:${'0'.repeat(64)}`
  const send = (): Promise<Answer> => {
    switch (kind) {
      case 'sign':
        organization.last = signBody(client, organization.address, name)
        return client.send('submit/sign_raw_payload', organization.last)
      case 'repeat':
        organization.last ||= signBody(client, organization.address, name)
        return client.send('submit/sign_raw_payload', organization.last)
      case 'user':
        return client.send('submit/create_users', client.userBody(name))
      case 'account': {
        const accounts = [accountParams(world.counter % 7)]
        return client.submit('create_wallet_accounts', {
          walletId: organization.walletId,
          accounts,
        })
      }
      case 'wallet':
        return client.submit('create_wallet', { walletName: name, accounts: [accountParams(0)] })
      case 'approve':
        return client.approve(newest)
      case 'reject':
        return client.reject(newest)
      case 'query':
        return client.query('list_activities')
    }
  }
  const answer = await send()
  const status = answer.status === 200 && kind !== 'query' ? answer.at('activity.status') : ''
  const outcome = `${answer.status} ${status.replace('ACTIVITY_STATUS_', '')}`.trim()
  world.outcomes.set(outcome, (world.outcomes.get(outcome) ?? 0) + 1)
  expect([200, 400, 403, 404]).toContain(answer.status)
  if (status === '') return
  world.acknowledged.push({ id: answer.at('activity.id'), status })
  if (status.endsWith('CONSENSUS_NEEDED') && !['approve', 'reject'].includes(kind)) {
    world.pending[where.organization]?.push(answer.at('activity.fingerprint'))
  }
}

/** Every acknowledged activity is there; one that had ended is as it was acknowledged. */
async function expectAcknowledged({ instance, acknowledged }: World): Promise<void> {
  const rows = await instance.rows<{ id: string; status: string }>(
    'select id, status from activity',
  )
  const stored = new Map(rows.map(({ id, status }) => [id, status]))
  const wrong = acknowledged.filter(({ id, status }) => {
    const now = stored.get(id)
    const was = status.replace('ACTIVITY_STATUS_', '')
    return now === undefined || (was !== 'CONSENSUS_NEEDED' && was !== now)
  })
  expect(wrong).toEqual([])
}

describe.each(engines)('random sequences through two processes on %s', (engine) => {
  test('keep chains verifiable and every acknowledged activity', async () => {
    const outcomes = new Map<string, number>()
    const numRuns = rounds('random sequences')
    const seed = Date.now() % 2 ** 31
    process.stdout.write(`${engine}: seed ${seed}\n`)
    await fc.assert(
      fc.asyncProperty(sequence, async (batches) => {
        const world = await createWorld(engine)
        try {
          for (const { steps, checkpoint } of batches) {
            await Promise.all(steps.map((each) => run(world, each)))
            const { deps, store } = world.instance.app
            const turn = { ...deps, store, holder: 'test', nowMs: Date.now() }
            if (checkpoint) await writeCheckpoint(turn)
            expect(await world.instance.problems()).toEqual([])
          }
          await expectAcknowledged(world)
          for (const [key, n] of world.outcomes) outcomes.set(key, (outcomes.get(key) ?? 0) + n)
        } finally {
          await world.instance.dispose()
        }
      }),
      { numRuns, seed },
    )
    const counts = [...outcomes].map(([key, n]) => `${key}: ${n}`).join(', ')
    process.stdout.write(`${engine}: outcomes ${counts}\n`)
    // A sequence in which all is refused, or nothing ever waits, would show nothing.
    for (const outcome of ['200 COMPLETED', '200 CONSENSUS_NEEDED', '403']) {
      expect(outcomes.get(outcome) ?? 0).toBeGreaterThanOrEqual(numRuns / 2)
    }
  })
})
