// Every table is either in the archive or left out on purpose.
import { expect, test } from 'vitest'
import { describeTable } from '../../src/domain/archive/archive.store.ts'
import { archivedTables, leftOutTables, sealTables } from '../../src/domain/archive/tables.ts'
import { openStore } from '../../src/host/instance.ts'
import { createPlace, engines } from '../support/instance.ts'

const TABLES_MIN = 30

test.each(engines)('an archive knows every table of %s', async (engine) => {
  const place = await createPlace(engine)
  const store = await openStore(place.configure(place.databaseUrl), { checkpoints: false })
  try {
    const rows = await store.reader.all<{ name: string }>(
      engine === 'sqlite'
        ? `select name from sqlite_master where type = 'table' order by name`
        : `select table_name as name from information_schema.tables
           where table_schema = 'public' order by table_name`,
    )
    expect(rows.length).toBeGreaterThanOrEqual(TABLES_MIN)
    const known = [...archivedTables, ...Object.keys(leftOutTables)].sort()
    expect(rows.map(({ name }) => name)).toEqual(known)
    expect(new Set(known).size).toBe(known.length)
    expect(archivedTables).toEqual(expect.arrayContaining([...sealTables]))
    for (const name of archivedTables) {
      // Rows are read in order of the primary key: a table without one would be read in none.
      const table = await describeTable(store.reader, name)
      expect([name, table?.key.length]).not.toEqual([name, 0])
    }
  } finally {
    await store.close()
    await place.drop()
  }
})
