// Every statement of every store finds its rows by an index on PostgreSQL.
import { expect, test } from 'vitest'
import { exercise } from '../support/exercise.ts'
import { explainAll, explainPostgres, reasons } from '../support/explain.ts'
import { openInstance } from '../support/instance.ts'

/** How many different statements that look for rows the scenario runs. */
const STATEMENTS = 281

test('every statement on PostgreSQL uses an index', async () => {
  const instance = await openInstance('postgres')
  try {
    await exercise(instance)
    const { explain, close } = await explainPostgres(instance.config.databaseUrl ?? '')
    const { statements, found, excused } = await explainAll('postgres', explain)
    await close()
    expect(found).toEqual([])
    expect(excused).toEqual(reasons)
    expect(statements).toHaveLength(STATEMENTS)
  } finally {
    await instance.dispose()
  }
})
