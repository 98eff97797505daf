// Archives that are taken while others write, restored on either engine: what they hold, what they let in.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey } from '../../../../tests/support/client.ts'
import { backup, drillRestore } from '../../src/commands.ts'
import { describeTable, listRows } from '../../src/domain/archive/archive.store.ts'
import { archivedTables } from '../../src/domain/archive/tables.ts'
import { listChains } from '../../src/domain/audit/audit.store.ts'
import { writeCheckpoint } from '../../src/domain/audit/checkpointer.ts'
import { exportAudit } from '../../src/domain/audit/export.ts'
import { AuditVerifier } from '../../src/domain/audit/verify.ts'
import type { Row, Store } from '../../src/store/engine.ts'
import { archivePath, orderOf, type RestoredInstance, restoreTo } from '../support/archives.ts'
import {
  adminClient,
  type AppClient,
  createWallet,
  formQuorum,
  signBody,
  type TestUser,
} from '../support/client.ts'
import { exercise } from '../support/exercise.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'

/** As many users as an organization may have, with some room. */
const WRITES_MAX = 8 * 80

const OUTSIDE_WINDOW = 'activity timestamp is outside the accepted window'

/** Tables that a restore, or what follows the archive here, adds to or changes. */
const CHANGED = new Set([
  'activity',
  'audit_entry',
  'organization',
  'organization_head',
  'vote',
  'webhook_event',
])

async function rowsOf(store: Store, name: string): Promise<Row[]> {
  const table = await describeTable(store.reader, name)
  if (table === undefined) throw new Error(`there is no table ${name}`)
  return listRows(store.reader, table, { after: null, limit: 100_000 })
}

/** What the tests begin with. */
function must(holds: boolean): void {
  if (!holds) throw new Error('the instance is not as the tests need it')
}

/** Something that a limit of a policy counts. */
async function countSomething(client: AppClient): Promise<void> {
  const window = { rollingSeconds: '86400' }
  const limit = { measure: 'LIMIT_MEASURE_SIGNATURES', per: 'LIMIT_PER_USER', window, max: '9' }
  const policies = [
    { policyName: 'allowed', effect: 'EFFECT_ALLOW', notes: '' },
    { policyName: 'limited', effect: 'EFFECT_DENY', limits: [limit] },
  ]
  expect((await client.submit('create_policies', { policies })).status).toBe(200)
  const { address } = await createWallet(client, 'counted')
  const { client: member } = await client.createUser('counted')
  const signed = await member.send('submit/sign_raw_payload', signBody(member, address, 'counted'))
  expect(signed.status).toBe(200)
}

async function verify(store: Store, key: string) {
  return store.read(async (reader) => {
    const verifier = new AuditVerifier(Buffer.from(key, 'hex'))
    for await (const line of exportAudit(reader, null, key)) verifier.take(JSON.stringify(line))
    return verifier.verdict()
  })
}

describe.each(engines)('an archive of %s', (from) => {
  let source: Instance
  let admin: AppClient
  /** Of an organization that is written to while the archive is taken. */
  let loaded: AppClient
  let second: TestUser
  let address: string
  let archive: string
  /** Bodies that the source knows, and what it answered. */
  const sent: Record<'before' | 'after' | 'held' | 'unsent', string> = {
    before: '',
    after: '',
    held: '',
    unsent: '',
  }
  let known: string
  let written = 0

  beforeAll(async () => {
    source = await openInstance(from)
    await exercise(source)
    const owner = await source.createOrganization('restored')
    admin = adminClient(source.app, owner)
    loaded = adminClient(source.app, await source.createOrganization('under load'))
    await countSomething(loaded)
    address = (await createWallet(admin, 'restored')).address
    const users = await formQuorum(source.app, owner, { count: 2, threshold: 2 })
    second = users[1]!
    sent.before = signBody(admin, address, 'before')
    const signed = await admin.send('submit/sign_raw_payload', sent.before)
    await second.client.approve(signed.at('activity.fingerprint'))
    known = signed.at('activity.id')
    sent.held = signBody(admin, address, 'held')
    const held = await admin.send('submit/sign_raw_payload', sent.held)
    must(held.at('activity.status') === 'ACTIVITY_STATUS_CONSENSUS_NEEDED')
    const { app } = source
    await writeCheckpoint({ ...app.deps, store: app.store, holder: 'test', nowMs: Date.now() })
    archive = archivePath(source.config, 'one.archive')
    await underLoad(() => backup(source.config, archive))
    sent.after = signBody(admin, address, 'after')
    const lost = await admin.send('submit/sign_raw_payload', sent.after)
    must((await second.client.approve(lost.at('activity.fingerprint'))).status === 200)
    sent.unsent = signBody(admin, address, 'unsent')
  })
  afterAll(() => source.dispose())

  /** Writes to the source from several sides for as long as `work` takes. */
  async function underLoad(work: () => Promise<unknown>): Promise<void> {
    const { address: key } = await createWallet(loaded, 'load')
    const working = { is: true }
    const write = () =>
      written++ % 8 === 0
        ? loaded.send('submit/create_users', loaded.userBody(`user ${written}`))
        : loaded.send('submit/sign_raw_payload', signBody(loaded, key, `payload ${written}`))
    const writer = async () => {
      while (working.is && written < WRITES_MAX) expect((await write()).status).toBe(200)
    }
    const writers = [writer(), writer(), writer(), writer()]
    await work().finally(() => (working.is = false))
    await Promise.all(writers)
    expect(written).toBeGreaterThan(3)
  }

  describe.each(engines)('restored on %s', (to) => {
    let restored: RestoredInstance

    beforeAll(async () => {
      const { sealFile } = source.config
      restored = await restoreTo(to, orderOf(archive, source.config), { sealFile, aheadMs: 1 })
    })
    afterAll(() => restored.dispose())

    const through = () => admin.through(restored.app)

    test('has every row of the moment that it shows', async () => {
      for (const name of archivedTables.filter((table) => !CHANGED.has(table))) {
        const still = (row: Row) => row['organization_id'] !== loaded.organizationId
        const then = (await rowsOf(source.app.store, name)).filter(still)
        const now = (await rowsOf(restored.store, name)).filter(still)
        expect([name, now]).toEqual([name, then])
      }
      // Those that others wrote to meanwhile: nothing is there that was not, and only the newest is missing.
      for (const name of ['audit_entry', 'activity'] as const) {
        const ids = (rows: Row[]) =>
          rows.map((row) => `${String(row['organization_id'])} ${String(row['seq'])}`)
        const then = ids(await rowsOf(source.app.store, name))
        const now = ids(await rowsOf(restored.store, name)).filter((id) => then.includes(id))
        expect(now.length).toBeGreaterThan(20)
        expect(then.length).toBeGreaterThan(now.length)
      }
    })

    test('verifies: every chain, every organization, the checkpoint that it was taken at', async () => {
      const { deps } = restored.app
      const keys = deps.keyvault.instance.published()
      const key = keys.find(({ name }) => name === 'audit-checkpoint')?.publicKey ?? ''
      const { problems, chains, checkpoints } = await verify(restored.store, key)
      expect(problems).toEqual([])
      expect(checkpoints).toBeGreaterThan(0)
      const ids = await listChains(restored.store.reader)
      expect(Object.keys(chains).sort()).toEqual(ids)
      for (const id of ids) {
        // Undefined are those that were deleted; any that was changed throws.
        await deps.directory.find(id)
      }
    })

    test('does not run what was signed before the restore, but for what it knows', async () => {
      for (const body of [sent.after, sent.unsent]) {
        expect(await through().send('submit/sign_raw_payload', body)).toMatchObject({
          status: 400,
          json: { code: 3, message: OUTSIDE_WINDOW },
        })
      }
      const answer = await through().send('submit/sign_raw_payload', sent.before)
      expect(answer.at('activity.id')).toBe(known)
      expect(answer.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
    })

    test('rejected what waited for votes', async () => {
      const answer = await through().send('submit/sign_raw_payload', sent.held)
      expect(answer.at('activity.status')).toBe('ACTIVITY_STATUS_REJECTED')
      const vote = await second.client
        .through(restored.app)
        .approve(answer.at('activity.fingerprint'))
      expect(vote.at('activity.status')).toBe('ACTIVITY_STATUS_REJECTED')
      expect(restored.summary.rejected).toBeGreaterThan(0)
    })

    test('goes on: the same keys sign, and new users are made', async () => {
      const signed = await through().send(
        'submit/sign_raw_payload',
        signBody(admin, address, 'anew'),
      )
      expect(signed.at('activity.status')).toBe('ACTIVITY_STATUS_CONSENSUS_NEEDED')
      const voted = await second.client
        .through(restored.app)
        .approve(signed.at('activity.fingerprint'))
      expect(voted.at('activity.status')).toBe('ACTIVITY_STATUS_COMPLETED')
      const made = await through().send(
        'submit/create_users',
        admin.userBody('anew', generateKey()),
      )
      expect(made.status).toBe(200)
    })

    test('drops what was to be sent, and gives its events up', async () => {
      expect(await restored.store.reader.all('select id from outbox')).toEqual([])
      const outcomes = await restored.store.reader.all('select distinct outcome from webhook_event')
      expect(outcomes).not.toContainEqual({ outcome: 'waiting' })
    })

    test('says in its chain what it was restored from, and begins a new epoch', async () => {
      const [entry] = await restored.store.reader.all<{ payload: string; actor: string }>(
        `select payload, actor from audit_entry where action = 'instance.restore'`,
      )
      expect(entry?.actor).toBe('host')
      const [newest] = await source.rows<{ height: number; epoch: number; root: Buffer }>(
        'select height, epoch, root from checkpoint order by height desc limit 1',
      )
      expect(JSON.parse(entry?.payload ?? '')).toMatchObject({
        checkpoint: newest?.height,
        root: newest?.root.toString('hex'),
        epoch: (newest?.epoch ?? 0) + 1,
        takenMs: Date.parse(restored.summary.takenAt),
      })
      const { deps, store } = restored.app
      await writeCheckpoint({ ...deps, store, holder: 'restored', nowMs: Date.now() })
      const [next] = await store.reader.all<{ height: number; epoch: number }>(
        'select height, epoch from checkpoint order by height desc limit 1',
      )
      expect(next?.height).toBe((newest?.height ?? 0) + 1)
      expect(next?.epoch).toBeGreaterThan((newest?.epoch ?? 0) + 1)
    })

    test('passes the drill on that engine, with every key signing, and can be archived again', async () => {
      const again = archivePath(source.config, `of ${to}.archive`)
      await backup(restored.config, again)
      const databaseUrl = to === 'postgres' ? restored.config.databaseUrl : null
      const order = orderOf(again, source.config)
      const verdict = await drillRestore(restored.config, { ...order, databaseUrl })
      expect(verdict.problems).toEqual([])
      expect(verdict.organizations).toBeGreaterThan(3)
      expect(verdict.opened.seeds).toBeGreaterThan(1)
      expect(verdict.opened.accounts).toBeGreaterThan(2)
      expect(verdict.opened.privateKeys).toBeGreaterThan(0)
      expect(verdict.opened.counters).toBeGreaterThan(0)
      expect(verdict.opened.events).toBeGreaterThan(0)
      expect(verdict.signatures).toBe(verdict.opened.accounts + verdict.opened.privateKeys)
      expect(verdict.audit.checkpoints).toBeGreaterThan(0)
    })
  })
})
