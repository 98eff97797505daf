// Rotating data keys: everything is rewrapped and readable, and the old key opens nothing any more.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type DataKey, keyVersionOf } from '../../src/domain/keyvault/dataKeys.ts'
import { type KeyedRow, listKeyed } from '../../src/domain/keyvault/rewrapping.store.ts'
import { rotateDataKeys } from '../../src/host/rotation.ts'
import { type RenewedColumn, renewedColumns } from '../../src/jobs/rewrapping.ts'
import { INSTANCE_ID } from '../../src/platform/ids.ts'
import { accountParams, adminClient, createWallet } from '../support/client.ts'
import { engines, type Instance, openInstance } from '../support/instance.ts'
import {
  expectComplete,
  type Furniture,
  furnish,
  organizations,
  readEverything,
  rotationOfApp,
} from './furnished.ts'

const MINUTE_MS = 60_000
/** What bytes of a later version than the first begin with. */
const PREFIX_BYTES = 12

/** Columns that end like those that data keys make, but are made by other keys. */
const MADE_OTHERWISE = new Set(['instance_key.sealed'])

/** Without the version that the bytes name, too: the key itself must not fit. */
function opens(old: DataKey, column: RenewedColumn, row: KeyedRow): boolean {
  return [row.bytes, row.bytes.subarray(PREFIX_BYTES)].some((bytes) => {
    try {
      return column.renew(old, { ...row, [column.column]: bytes, bytes }).length > 0
    } catch {
      return false
    }
  })
}

describe.each(engines)('data keys on %s', (engine) => {
  let instance: Instance
  let furniture: Furniture
  let laterMs: number
  const clock = { now: () => Date.now() + laterMs }

  beforeEach(async () => {
    laterMs = 0
    instance = await openInstance(engine)
    furniture = await furnish(instance)
  })
  afterEach(() => instance.dispose())

  const run = (app = instance.app, holder = 'test') => rotationOfApp(app, clock, holder).run()
  /** Rewraps, and lets the time pass after which old versions go. */
  async function complete(): Promise<void> {
    await run()
    laterMs += 2 * MINUTE_MS
    await run()
    await expectComplete(instance.app.store.reader)
  }
  const rotateOne = (organizationId = instance.organizationId) =>
    rotateDataKeys(instance.app, { organizationId })

  async function dataKeyOf(organizationId: string): Promise<DataKey> {
    const { deps, store } = instance.app
    const organization = await deps.directory.refresh(organizationId)
    if (organization === undefined) throw new Error('there is no organization')
    return deps.keyvault.dataKey(store.reader, organization)
  }

  /** Which versions made what lies in each column, by table. */
  async function versions(organizationId: string): Promise<Record<string, number[]>> {
    const { reader } = instance.app.store
    const found: Record<string, number[]> = {}
    for (const column of renewedColumns) {
      const page = { organizationId, after: INSTANCE_ID, limit: 1000 }
      const rows = await listKeyed(reader, column, page)
      if (rows.length > 0) {
        found[column.table] = [...new Set(rows.map(({ bytes }) => keyVersionOf(bytes)))]
      }
    }
    return found
  }

  /** What `old` still opens or verifies, of everything in the database. */
  async function openedBy(old: DataKey, organizationId: string): Promise<string[]> {
    const { reader } = instance.app.store
    const opened: string[] = []
    for (const column of renewedColumns) {
      const page = { organizationId, after: INSTANCE_ID, limit: 1000 }
      for (const row of await listKeyed(reader, column, page)) {
        if (opens(old, column, row)) opened.push(`${column.table} ${row.row_id}`)
      }
    }
    return opened
  }

  test('make every column whose name says so, and rotation knows it', async () => {
    const named = await instance.rows<{ place: string }>(
      engine === 'sqlite'
        ? `select m.name || '.' || c.name as place from sqlite_master m, pragma_table_info(m.name) c
           where m.type = 'table' and (c.name like '%sealed%' or c.name like '%mac%')`
        : `select table_name || '.' || column_name as place from information_schema.columns
           where table_schema = 'public' and (column_name like '%sealed%' or column_name like '%mac%')`,
    )
    // The state's MAC is made anew by the rotation itself.
    const known = ['organization_head.state_mac', ...MADE_OTHERWISE]
    known.push(...renewedColumns.map(({ table, column }) => `${table}.${column}`))
    expect(named.map(({ place }) => place).sort()).toEqual(known.sort())
    const filled = new Set<string>()
    for (const { organization_id } of await organizations(instance)) {
      for (const table of Object.keys(await versions(organization_id))) filled.add(table)
    }
    expect([...filled].sort()).toEqual(renewedColumns.map(({ table }) => table).sort())
  })

  test('that were rotated and removed open nothing, and everything is readable', async () => {
    const kept = new Map<string, DataKey>()
    for (const { organization_id } of await organizations(instance)) {
      const old = await dataKeyOf(organization_id)
      kept.set(organization_id, old)
      expect(await openedBy(old, organization_id)).toHaveLength(await countOf(organization_id))
    }
    await rotateDataKeys(instance.app, { organizationId: null })
    await complete()
    expect(kept.size).toBe(3)
    for (const [organizationId, old] of kept) {
      expect(await openedBy(old, organizationId)).toEqual([])
      for (const found of Object.values(await versions(organizationId))) expect(found).toEqual([2])
    }
    expect(await instance.rows('select version from organization_key')).toEqual(
      [...kept].map(() => ({ version: 2 })),
    )
    const [head] = await instance.rows<{ state_mac: Buffer }>(
      'select state_mac from organization_head where organization_id = ?u',
      instance.organizationId,
    )
    expect(keyVersionOf(head?.state_mac ?? Buffer.alloc(0))).toBe(2)
    await readEverything(instance, furniture)
  })

  async function countOf(organizationId: string): Promise<number> {
    let count = 0
    for (const column of renewedColumns) {
      const page = { organizationId, after: INSTANCE_ID, limit: 1000 }
      count += (await listKeyed(instance.app.store.reader, column, page)).length
    }
    return count
  }

  test('are both in use until everything is rewrapped', async () => {
    await rotateOne()
    expect((await versions(instance.organizationId))['wallet_secret']).toEqual([1])
    await readEverything(instance, furniture)
    await createWallet(adminClient(instance.app, instance.admin), 'by the new one')
    expect((await versions(instance.organizationId))['wallet_secret']?.sort()).toEqual([1, 2])
    await readEverything(instance, furniture)
    await run()
    expect((await versions(instance.organizationId))['wallet_secret']).toEqual([2])
    // The old one stays for those who have read before, and then goes.
    expect(await instance.count('organization_key')).toBe(4)
    await complete()
    expect(await instance.count('organization_key')).toBe(3)
    await readEverything(instance, furniture)
  })

  test('can be rotated again while the last rotation is not complete', async () => {
    await rotateOne()
    await rotateOne()
    await readEverything(instance, furniture)
    await complete()
    await rotateOne()
    await complete()
    expect((await versions(instance.organizationId))['wallet_secret']).toEqual([4])
    await readEverything(instance, furniture)
  })

  test('are found by processes that knew only the old one, before and after its removal', async () => {
    const other = await instance.openApp()
    const third = await instance.openApp()
    for (const app of [other, third]) await readEverything(instance, furniture, app)
    await rotateOne()
    await readEverything(instance, furniture, other)
    await createWallet(adminClient(other, instance.admin), 'by another process')
    await complete()
    await createWallet(adminClient(third, instance.admin), 'by a third process')
    await readEverything(instance, furniture, third)
    const { walletId } = await createWallet(adminClient(other, instance.admin), 'and accounts')
    const accounts = [accountParams(7)]
    const client = adminClient(third, instance.admin)
    expect((await client.submit('create_wallet_accounts', { walletId, accounts })).status).toBe(200)
    expect((await versions(instance.organizationId))['wallet_secret']).toEqual([2])
  })

  test('are rewrapped by one process at a time', async () => {
    await rotateOne()
    const other = await instance.openApp()
    await instance.tamper(
      `insert into lease (name, holder, epoch, until_ms) values ('rewrap-data-keys', 'x', 1, ?)`,
      Date.now() + MINUTE_MS,
    )
    await run(other, 'other')
    expect((await versions(instance.organizationId))['wallet_secret']).toEqual([1])
    laterMs += 2 * MINUTE_MS
    await run(other, 'other')
    expect((await versions(instance.organizationId))['wallet_secret']).toEqual([2])
  })

  test('are rotated with an entry in the chain of their organization', async () => {
    await rotateOne()
    await complete()
    const entries = (await instance.entries()).map(({ action }) => action)
    expect(entries.slice(-2)).toEqual(['data-key.rotate', 'data-key.remove'])
    await rotateDataKeys(instance.app, { organizationId: null })
    await complete()
    const own = (await instance.entries(INSTANCE_ID)).map(({ action }) => action)
    expect(own.slice(-3)).toEqual(['data-keys.rotate', 'data-key.rotate', 'data-key.remove'])
  })
})
