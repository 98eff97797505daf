// Numbered SQL migrations, forward only; an older program refuses a newer schema.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Busy, type Reader, type Store, type Tx } from './engine.ts'

const folder = new URL('./migrations/', import.meta.url)

const TOKENS: Record<'sqlite' | 'postgres', Record<string, string>> = {
  sqlite: { uuid: 'uuid', bytes: 'blob', narrow: 'without rowid', head: 'without rowid' },
  postgres: { uuid: 'uuid', bytes: 'bytea', narrow: '', head: 'with (fillfactor = 50)' },
}

/** Every migration as `[version, SQL for the engine]`, in order. */
function migrations(engine: 'sqlite' | 'postgres'): { version: number; statements: string[] }[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const text = readFileSync(new URL(name, folder), 'utf8')
        .replaceAll(/^--.*$/gm, '')
        .replaceAll(
          /@(uuid|bytes|narrow|head)\b/g,
          (_, token: string) => TOKENS[engine][token] ?? '',
        )
      const statements = text.split(';').filter((statement) => statement.trim() !== '')
      return { version: Number.parseInt(name, 10), statements }
    })
}

const BUSY_MS_MAX = 5000
const BUSY_MS_STEP = 10

/**
 * Brings the schema to this program's version, in one transaction.
 * @param upTo the last version to apply, if not every one that this program knows
 * @throws Error when the database was written by a newer program
 * @throws Busy when another process has been writing to it for five seconds
 */
export async function migrate(store: Store, upTo = Infinity): Promise<void> {
  // Asked first: a database that is up to date need not be written.
  if ((await presentVersion(store.reader)) === newestOf(migrations(store.engine))) return
  const deadlineMs = performance.now() + BUSY_MS_MAX
  for (;;) {
    try {
      await store.write('alone', (tx) => apply(tx, upTo))
      return
    } catch (error) {
      // A database in use is no reason not to start: on SQLite a running server often writes.
      if (!(error instanceof Busy) || performance.now() > deadlineMs) throw error
      await sleep(BUSY_MS_STEP)
    }
  }
}

/** The version of a database's schema; undefined when it has none. */
export async function presentVersion(reader: Reader): Promise<number | undefined> {
  const table =
    reader.engine === 'postgres'
      ? `select to_regclass('schema_version')::text as name`
      : `select name from sqlite_master where name = 'schema_version'`
  if (((await reader.one<{ name: string | null }>(table))?.name ?? null) === null) return undefined
  const row = await reader.one<{ version: number | null }>(NEWEST)
  return row?.version ?? undefined
}

/** The version that this program brings every schema to. */
export function newestVersion(engine: Reader['engine']): number {
  return newestOf(migrations(engine))
}

const NEWEST = 'select max(version) as version from schema_version'

function newestOf(known: readonly { version: number }[]): number {
  return known.at(-1)?.version ?? 0
}

/**
 * The same inside a transaction of the caller's.
 * @param upTo the version to stop at, for rows that were written by an older program
 */
export async function apply(tx: Tx, upTo = Infinity): Promise<void> {
  if (tx.engine === 'postgres') await tx.all('select pg_advisory_xact_lock(7235487)')
  await tx.run('create table if not exists schema_version (version bigint primary key)')
  const row = await tx.one<{ version: number | null }>(NEWEST)
  const present = row?.version ?? 0
  const known = migrations(tx.engine)
  const newest = newestOf(known)
  if (present > newest) {
    throw new Error(
      `the database has schema ${present}, but this program knows only ${newest}: use a newer keystead`,
    )
  }
  for (const { version, statements } of known) {
    if (version <= present || version > upTo) continue
    await tx.run('insert into schema_version (version) values (?)', version)
    for (const statement of statements) await tx.run(statement)
  }
}
