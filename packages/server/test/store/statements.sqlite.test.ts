// Every statement of every store finds its rows by an index on SQLite.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exercise } from '../support/exercise.ts'
import { explainAll, explainSqlite, reasons } from '../support/explain.ts'
import { openInstance } from '../support/instance.ts'

/** How many places in the stores run a statement. */
const CALLS = 138
/** How many different statements that look for rows the scenario runs. */
const STATEMENTS = 279

test('the scenario knows how many calls the stores have', () => {
  const cwd = join(import.meta.dirname, '..', '..', 'src')
  const calls = globSync('**/*.store.ts', { cwd }).flatMap((path) =>
    readFileSync(join(cwd, path), 'utf8').match(/\b(reader|tx)\.(all|one|run)\b/g),
  )
  // A new call belongs into support/exercise.ts, and then the counts here go up.
  expect(calls).toHaveLength(CALLS)
})

test('every statement on SQLite uses an index', async () => {
  const instance = await openInstance('sqlite')
  try {
    await exercise(instance)
    const { explain, close } = explainSqlite(join(instance.config.dataDirectory, 'keystead.db'))
    const { statements, found, excused } = await explainAll('sqlite', explain)
    await close()
    expect(found).toEqual([])
    expect(excused).toEqual(reasons)
    expect(statements).toHaveLength(STATEMENTS)
  } finally {
    await instance.dispose()
  }
})
