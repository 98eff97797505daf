// SQL straight into a server's database, past the server: to look, and to tamper.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { TestServer } from './server.ts'

export type Cell = string | number | bigint | Uint8Array | null
export type Cells = Record<string, Cell>

export interface Database {
  /** Rows as they are stored: integers as numbers, UUIDs as hexadecimal digits without dashes. */
  all(sql: string, ...params: Cell[]): Promise<Cells[]>
  /** Runs a statement and returns how many rows it changed. */
  run(sql: string, ...params: Cell[]): Promise<number>
  /** A UUID as a parameter. */
  id(uuid: string): Cell
  close(): Promise<void>
}

/** Opens the database of a server, running or stopped. `?` marks parameters. */
async function openDatabase(server: TestServer): Promise<Database> {
  return server.databaseUrl === null
    ? openSqlite(join(server.data, 'keystead.db'))
    : openPostgres(server.databaseUrl)
}

function openSqlite(path: string): Database {
  const db = new DatabaseSync(path, { timeout: 10_000 })
  return {
    all: (sql, ...params) => Promise.resolve(db.prepare(sql).all(...params) as Cells[]),
    run: (sql, ...params) => Promise.resolve(Number(db.prepare(sql).run(...params).changes)),
    id: (uuid) => Buffer.from(uuid.replaceAll('-', ''), 'hex'),
    close: () => Promise.resolve(db.close()),
  }
}

async function openPostgres(url: string): Promise<Database> {
  const client = new pg.Client(url)
  await client.connect()
  const query = (sql: string, params: Cell[]) => {
    let n = 0
    return client.query<Cells>(
      sql.replaceAll('?', () => `$${++n}`),
      params,
    )
  }
  return {
    all: async (sql, ...params) => (await query(sql, params)).rows,
    run: async (sql, ...params) => (await query(sql, params)).rowCount ?? 0,
    id: (uuid) => uuid,
    close: () => client.end(),
  }
}

/** Opens the database for `work` only. */
export async function withDatabase<T>(
  server: TestServer,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(server)
  try {
    return await work(database)
  } finally {
    await database.close()
  }
}

/** The one number of a query such as `select count(*)`. */
export async function numberOf(database: Database, sql: string, ...params: Cell[]) {
  const [row] = await database.all(sql, ...params)
  return Number(Object.values(row ?? {})[0])
}
