// Somebody with SQL: rows that this server did not write are noticed, and nothing is decided on them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateKey } from '../../../../tests/support/client.ts'
import type { App } from '../../src/app.ts'
import { Tampered } from '../../src/domain/audit/head.ts'
import { writeCheckpoint } from '../../src/domain/audit/checkpointer.ts'
import { newUuid } from '../../src/platform/ids.ts'
import type { Row } from '../../src/store/engine.ts'
import { adminClient, AppClient, createWallet, signBody } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import { insertsUser, unitOf } from '../support/units.ts'

describe.each(engines)('SQL from outside on %s', (engine) => {
  let instance: Instance
  let admin: AppClient
  let id: string
  let address: string

  beforeEach(async () => {
    instance = await openInstance(engine)
    admin = adminClient(instance.app, instance.admin)
    id = instance.organizationId
    address = (await createWallet(admin, 'tampered')).address
    // The process has the organization in its cache as it now is.
    await sign(admin, 'before')
  })
  afterEach(() => instance.dispose())

  const sign = (client: AppClient, payload: string) =>
    client.send('submit/sign_raw_payload', signBody(client, address, payload))

  /** Inserts a root user with a key of ours, past the server. */
  async function insertIntruder(): Promise<AppClient> {
    const key = generateKey()
    const userId = newUuid(Date.now())
    await instance.tamper(
      `insert into org_user (organization_id, id, name, email, phone, is_root, created_ms, updated_ms)
       values (?u, ?u, 'intruder', null, null, 1, 1, 1)`,
      id,
      userId,
    )
    await instance.tamper(
      `insert into api_key (organization_id, id, user_id, name, curve, public_key, expires_ms,
         expiration_seconds, created_ms, updated_ms)
       values (?u, ?u, ?u, 'intruder', 'p256', ?, null, null, 1, 1)`,
      id,
      newUuid(Date.now()),
      userId,
      Buffer.from(key.publicKey, 'hex'),
    )
    return new AppClient(instance.app, key, id)
  }

  test('that inserts a user lets it do nothing where the organization is cached', async () => {
    const intruder = await insertIntruder()
    expect(await sign(intruder, 'intruder')).toMatchObject({ status: 401 })
    expect((await sign(admin, 'admin')).status).toBe(200)
  })

  test('that inserts a user stops a process that has not loaded the organization', async () => {
    const intruder = await insertIntruder()
    const app = await instance.openApp()
    const before = await instance.entries()
    for (const client of [intruder.through(app), admin.through(app)]) {
      expect(await sign(client, 'fresh')).toMatchObject({
        status: 500,
        json: { code: 13, turnkeyErrorCode: 'INTERNAL' },
      })
      expect((await client.query('whoami')).status).toBe(500)
    }
    expect(await instance.entries()).toEqual(before)
  })

  test('that inserts a user is not laundered by the next change of the organization', async () => {
    const before = await instance.entries()
    const intruder = await insertIntruder()
    const changing = instance.app.deps.queue.submit(
      unitOf(id, 'change', { changes: 'snapshot', effects: insertsUser(id, 'honest') }),
    )
    await expect(changing).rejects.toThrow(Tampered)
    const made = await admin.send('submit/create_users', admin.userBody('through the pipeline'))
    expect(made).toMatchObject({ status: 500, json: { code: 13 } })
    // 401 while the process has its own snapshot; never more than that.
    expect(await sign(intruder, 'laundered')).toMatchObject({ status: 401 })
    expect(await instance.rows('select name from org_user order by name')).toEqual([
      { name: 'admin' },
      { name: 'intruder' },
    ])
    // What failed inside is in the chain; nothing else is.
    const entries = (await instance.entries()).slice(before.length)
    expect(entries.map(({ outcome }) => outcome)).toEqual(entries.map(() => 'failed'))
  })

  test('in one organization fails none of another in the same flush', async () => {
    const other = await instance.createOrganization('other')
    await insertIntruder()
    const units = [id, other.organizationId, id, other.organizationId].map((organizationId) =>
      unitOf(organizationId, 'change', {
        changes: 'snapshot',
        effects: insertsUser(organizationId, 'honest'),
      }),
    )
    const settled = await Promise.allSettled(
      units.map((unit) => instance.app.deps.queue.submit(unit)),
    )
    expect(settled.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })

  test('that edits any column of a head ends every unit of that organization', async () => {
    const other = adminClient(instance.app, await instance.createOrganization('other'))
    const edits = ['revision = revision + 1', 'seq = seq + 1', 'last_ms = last_ms + 1']
    const blobs = ['link', 'state_mac', 'tag']
    const [head] = await instance.rows(
      'select revision, seq, last_ms, link, state_mac, tag from organization_head where organization_id = ?u',
      id,
    )
    const entries = await instance.entries()
    const expectRefused = async (column: string) => {
      const answer = await sign(admin, `after ${column}`)
      expect(`${column}: ${answer.status}`).toBe(`${column}: 500`)
      expect((await other.query('whoami')).status).toBe(200)
      await restoreHead(head)
    }
    for (const edit of edits) {
      await instance.tamper(`update organization_head set ${edit} where organization_id = ?u`, id)
      await expectRefused(edit)
    }
    for (const column of blobs) {
      await instance.tamper(
        `update organization_head set ${column} = ? where organization_id = ?u`,
        Buffer.alloc(32, 7),
        id,
      )
      await expectRefused(column)
    }
    expect(await instance.entries()).toEqual(entries)
    expect((await sign(admin, 'as it was')).status).toBe(200)
    expect(await instance.problems()).toEqual([])
  })

  const headOf = async () => {
    const [head] = await instance.rows(
      'select revision, seq, last_ms, link, state_mac, tag from organization_head where organization_id = ?u',
      id,
    )
    return head
  }

  async function restoreHead(head: Row | undefined): Promise<void> {
    await instance.tamper(
      `update organization_head set revision = ?, seq = ?, last_ms = ?, link = ?, state_mac = ?,
         tag = ? where organization_id = ?u`,
      ...['revision', 'seq', 'last_ms', 'link', 'state_mac', 'tag'].map(
        (name) => head?.[name] ?? null,
      ),
      id,
    )
  }

  /** Puts the organization back to what it was at `head`, as a copy of the database would. */
  async function putBack(head: Row | undefined): Promise<void> {
    await restoreHead(head)
    for (const table of ['audit_entry', 'activity']) {
      await instance.tamper(
        `delete from ${table} where organization_id = ?u and seq > ?`,
        id,
        head?.['seq'] ?? null,
      )
    }
  }

  const checkpoint = (app: App) =>
    writeCheckpoint({ ...app.deps, store: app.store, holder: 'test', nowMs: Date.now() })

  test('that puts a head back from a copy is refused by the process that saw it', async () => {
    const copy = await headOf()
    expect((await sign(admin, 'forgotten')).status).toBe(200)
    await putBack(copy)
    expect(await sign(admin, 'after')).toMatchObject({ status: 500, json: { code: 13 } })
    expect(await headOf()).toEqual(copy)
    // A copy alone verifies: only memory, and signed checkpoints, know that there was more.
    expect((await instance.verify()).problems).toEqual([])
  })

  test('that puts a head back is refused after a restart, for a checkpoint knows it', async () => {
    const copy = await headOf()
    expect((await sign(admin, 'forgotten')).status).toBe(200)
    await checkpoint(instance.app)
    await putBack(copy)
    const restarted = await instance.openApp()
    expect((await sign(admin.through(restarted), 'after')).status).toBe(500)
    expect((await admin.through(restarted).query('whoami')).status).toBe(500)
    expect(await headOf()).toEqual(copy)
    const { problems } = await instance.verify()
    expect(problems).toEqual([expect.stringContaining('truncated')])
  })

  test('that replaces the chain from a checkpoint on is refused after a restart', async () => {
    const copy = await headOf()
    await sign(admin, 'first history')
    await checkpoint(instance.app)
    await putBack(copy)
    const link = Buffer.alloc(32, 1)
    await instance.tamper(
      'update checkpoint_leaf set link = ? where organization_id = ?u',
      link,
      id,
    )
    const restarted = await instance.openApp()
    expect((await sign(admin.through(restarted), 'second history')).status).toBe(500)
  })

  test('that edits, drops or swaps an entry is found by the verifier', async () => {
    for (const payload of ['one', 'two', 'three']) await sign(admin, payload)
    expect(await instance.problems()).toEqual([])
    const [entry] = await instance.rows<{ seq: number }>(
      'select max(seq) - 1 as seq from audit_entry where organization_id = ?u',
      id,
    )
    const seq = entry?.seq ?? 0
    await instance.tamper(
      `update audit_entry set outcome = 'denied' where organization_id = ?u and seq = ?`,
      id,
      seq,
    )
    expect((await instance.verify()).problems.join()).toContain(`entry ${seq}: the link`)
    await instance.tamper('delete from audit_entry where organization_id = ?u and seq = ?', id, seq)
    expect((await instance.verify()).problems.join()).toContain(`expected entry ${seq}`)
  })
})
