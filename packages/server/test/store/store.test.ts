// What the two engines must do alike: values, inserts, savepoints, snapshots, migrations, tables.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/host/instance.ts'
import { newUuid } from '../../src/platform/ids.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { Row, Store, Value } from '../../src/store/engine.ts'
import { table } from '../../src/store/table.ts'
import { createPlace, engines } from '../support/instance.ts'

const SOURCES = join(import.meta.dirname, '..', '..', 'src')
const TABLES = 29
/** What a declared type is in each engine's own words, lowercase. */
const COLUMN_TYPES: Record<Store['engine'], Record<string, string[]>> = {
  sqlite: { uuid: ['uuid'], bytes: ['blob'], text: ['text'], integer: ['bigint', 'smallint'] },
  postgres: {
    uuid: ['uuid'],
    bytes: ['bytea'],
    text: ['text'],
    integer: ['bigint', 'smallint'],
  },
}

const sample = table('sample', { id: 'uuid', bytes: 'bytes', name: 'text', n: 'integer' })

/** Every `table(…)` that a store declares, read from the sources: name → column → type. */
function declaredTables(): Map<string, Record<string, string>> {
  const declared = new Map<string, Record<string, string>>()
  for (const path of globSync('**/*.store.ts', { cwd: SOURCES })) {
    const text = readFileSync(join(SOURCES, path), 'utf8')
    for (const [, name = '', body = ''] of text.matchAll(/\btable\('(\w+)', \{([^}]*)\}/g)) {
      const columns = [...body.matchAll(/(\w+): '(\w+)'/g)].map(([, column, type]) => [
        column,
        type,
      ])
      expect(declared.has(name)).toBe(false)
      declared.set(name, Object.fromEntries(columns) as Record<string, string>)
    }
  }
  return declared
}

describe.each(engines)('the %s store', (engine) => {
  let place: Awaited<ReturnType<typeof createPlace>>
  let store: Store

  const open = () => openStore(place.configure(place.databaseUrl), { checkpoints: false })
  const write = (sql: string, ...params: Value[]) =>
    store.write('alone', (tx) => tx.run(sql, ...params))
  const insert = (rows: readonly Row[]) => store.write('shared', (tx) => tx.insert(sample, rows))
  const row = (fields: Partial<Row> = {}): Row => ({
    id: newUuid(Date.now()),
    bytes: null,
    name: null,
    n: null,
    ...fields,
  })
  const find = (id: Value | undefined) =>
    store.reader.one('select id, bytes, name, n from sample where id = ?u', id ?? null)
  const names = async () =>
    (await store.reader.all<{ name: string }>('select name from sample order by name')).map(
      ({ name }) => name,
    )

  beforeAll(async () => {
    place = await createPlace(engine)
    store = await open()
    const [bytes] = COLUMN_TYPES[engine]['bytes'] ?? []
    await write(`create table sample (id uuid primary key, bytes ${bytes}, name text, n bigint)`)
  })
  afterAll(async () => {
    await store.close()
    await place.drop()
  })

  test.each<[string, Partial<Row>]>([
    ['the null of every column', {}],
    ['an empty text and empty bytes', { name: '', bytes: Buffer.alloc(0) }],
    ['every byte', { bytes: Buffer.from(Array.from({ length: 256 }, (_, n) => n)) }],
    ['sixteen bytes that are no uuid', { bytes: Buffer.alloc(16, 0xab) }],
    ['64 kB', { bytes: Buffer.alloc(65_536, 0x5a), name: 'x'.repeat(65_536) }],
    ['quotes', { name: `it's "quoted" \\ {a,b} (c) $1 ? ?u ; -- /* */ %` }],
    ['unicode', { name: 'é ñ 漢字 🔑 \u{10ffff} e\u0301 \u202e' }],
    ['line ends and tabs', { name: 'a\r\nb\tc' }],
    ['text that looks like null', { name: 'NULL' }],
    ['zero', { n: 0 }],
    ['the largest safe integer', { n: Number.MAX_SAFE_INTEGER }],
    ['the smallest safe integer', { n: Number.MIN_SAFE_INTEGER }],
    ['an integer above 32 bits', { n: 2 ** 32 }],
  ])('returns %s as it was written', async (_, fields) => {
    const inserted = row(fields)
    await insert([inserted])
    expect(await find(inserted['id'])).toEqual(inserted)
    const bound = row(fields)
    await write(
      'insert into sample (id, bytes, name, n) values (?u, ?, ?, ?)',
      ...['id', 'bytes', 'name', 'n'].map((column) => bound[column] ?? null),
    )
    expect(await find(bound['id'])).toEqual(bound)
  })

  test('finds a uuid in either case', async () => {
    const inserted = row({ name: 'either case' })
    await insert([inserted])
    expect(await find(String(inserted['id']).toUpperCase())).toEqual(inserted)
  })

  test('inserts no row, and a thousand, with one call', async () => {
    await insert([])
    const rows = Array.from({ length: 1000 }, (_, n) => row({ n, name: 'one of a thousand' }))
    await insert(rows)
    const found = await store.reader.all(
      'select id, bytes, name, n from sample where name = ? order by n',
      'one of a thousand',
    )
    expect(found).toEqual(rows)
  })

  test('inserts all rows of a call or none', async () => {
    const twice = row({ name: 'twice' })
    await expect(insert([row({ name: 'twice' }), twice, twice])).rejects.toThrow(/unique/i)
    expect(await names()).not.toContain('twice')
  })

  test('undoes what a savepoint wrote when it throws, and keeps the rest', async () => {
    await store.write('alone', async (tx) => {
      await tx.insert(sample, [row({ name: 'sp before' })])
      const failing = tx.savepoint(async () => {
        await tx.insert(sample, [row({ name: 'sp inside' })])
        throw new Error('out of the savepoint')
      })
      await expect(failing).rejects.toThrow('out of the savepoint')
      expect(tx.isOpen()).toBe(true)
      expect(await tx.savepoint(() => Promise.resolve('value'))).toBe('value')
      await tx.savepoint(() => tx.insert(sample, [row({ name: 'sp after' })]))
    })
    expect((await names()).filter((name) => name?.startsWith('sp'))).toEqual([
      'sp after',
      'sp before',
    ])
  })

  test('goes on in a transaction after a statement failed inside a savepoint', async () => {
    const taken = row({ name: 'taken' })
    await store.write('alone', async (tx) => {
      await tx.insert(sample, [taken])
      await expect(tx.savepoint(() => tx.insert(sample, [taken]))).rejects.toThrow(/unique/i)
      await tx.insert(sample, [row({ name: 'taken, then more' })])
    })
    expect(await names()).toEqual(expect.arrayContaining(['taken', 'taken, then more']))
  })

  test('writes nothing of a transaction that throws', async () => {
    const failing = store.write('shared', async (tx) => {
      await tx.insert(sample, [row({ name: 'thrown away' })])
      throw new Error('thrown')
    })
    await expect(failing).rejects.toThrow('thrown')
    expect(await names()).not.toContain('thrown away')
    expect(await store.write('shared', () => Promise.resolve(7))).toEqual({
      committed: true,
      value: 7,
    })
  })

  test('reads one snapshot, whatever is committed meanwhile', async () => {
    const count = 'select count(*) as n from sample'
    const seen = await store.read(async (reader) => {
      const first = await reader.one<{ n: number }>(count)
      await insert([row({ name: 'meanwhile' })])
      return [first?.n, (await reader.one<{ n: number }>(count))?.n]
    })
    expect(seen[0]).toBe(seen[1])
    const [now] = await store.reader.all<{ n: number }>(count)
    expect(now?.n).toBe((seen[0] ?? 0) + 1)
  })

  test('cannot write while it reads', async () => {
    const writing = store.read((reader) =>
      reader.all(`insert into sample (id) values (?u)`, newUuid(Date.now())),
    )
    await expect(writing).rejects.toThrow(/read.?only/)
    expect(await store.read((reader) => reader.one('select 1 as one'))).toEqual({ one: 1 })
  })

  test('migrates once, however often and by however many it is opened', async () => {
    const versions = () => store.reader.all('select version from schema_version order by version')
    const before = await versions()
    await migrate(store)
    const others = await Promise.all([open(), open()])
    await Promise.all(others.map((other) => other.close()))
    expect(await versions()).toEqual(before)
    expect(before.map(({ version }) => version)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ])
  })

  test('opens a database that another process is writing to', async () => {
    const writer = await open()
    const held = Promise.withResolvers<void>()
    const writing = writer.write('alone', async (tx) => {
      await tx.insert(sample, [row({ name: 'held open' })])
      await held.promise
    })
    const opening = open()
    setImmediate(() => held.resolve())
    await writing
    await (await opening).close()
    await writer.close()
    expect(await names()).toContain('held open')
  })

  test('refuses a schema that a newer program wrote', async () => {
    await write('insert into schema_version (version) values (?)', 9999)
    await expect(open()).rejects.toThrow(/schema 9999, but this program knows only \d+/)
    await write('delete from schema_version where version = ?', 9999)
    await (await open()).close()
  })

  test('has the tables that the stores declare, column by column', async () => {
    const declared = declaredTables()
    expect(declared.size).toBe(TABLES)
    for (const [name, columns] of declared) {
      const rows =
        engine === 'sqlite'
          ? await store.reader.all<{ name: string; type: string }>(
              'select name, type from pragma_table_info(?) order by cid',
              name,
            )
          : await store.reader.all<{ name: string; type: string }>(
              `select column_name as name, data_type as type from information_schema.columns
               where table_name = ? order by ordinal_position`,
              name,
            )
      expect([name, ...rows.map((column) => column.name)]).toEqual([name, ...Object.keys(columns)])
      for (const column of rows) {
        const types = COLUMN_TYPES[engine][columns[column.name] ?? '']
        expect(types).toContain(column.type.toLowerCase())
      }
    }
  })

  test('has no table that no store declares, but for those named here', async () => {
    const undeclared = {
      schema_version: 'migrate.ts alone',
      lease: 'written by upsert',
      rate_window: 'written by upsert',
      rotation_request: 'written by upsert',
      signing_quota: 'written by upsert',
      usage_month: 'written by upsert',
      sample: '',
    }
    const rows = await store.reader.all<{ name: string }>(
      engine === 'sqlite'
        ? `select name from sqlite_master where type = 'table' order by name`
        : `select table_name as name from information_schema.tables
           where table_schema = 'public' order by table_name`,
    )
    const known = [...declaredTables().keys(), ...Object.keys(undeclared)].sort()
    expect(rows.map(({ name }) => name)).toEqual(known)
  })
})
