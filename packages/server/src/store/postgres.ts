// PostgreSQL through pg: a pool for reads, one connection for shared flushes, eight for units alone.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import {
  Busy,
  type CommitResult,
  type Reader,
  type Row,
  StorageFailure,
  savepoint,
  type Store,
  type Tx,
  type Value,
} from './engine.ts'
import { compile } from './sql.ts'
import { arrayType, encodeArray } from './postgresArrays.ts'
import type { Table } from './table.ts'

const INT8 = 20

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
}

class Session implements Tx {
  readonly engine = 'postgres'
  readonly #client: pg.ClientBase | pg.Pool
  #open = true

  constructor(client: pg.ClientBase | pg.Pool) {
    this.#client = client
  }

  async all<R extends object = Row>(sql: string, ...params: Value[]): Promise<R[]> {
    return (await this.#query<R>(sql, params)).rows
  }

  async one<R extends object = Row>(sql: string, ...params: Value[]): Promise<R | undefined> {
    return (await this.#query<R>(sql, params)).rows[0]
  }

  async run(sql: string, ...params: Value[]): Promise<number> {
    return (await this.#query(sql, params)).rowCount ?? 0
  }

  async insert(table: Table, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return
    const columns = Object.entries(table.columns)
    const names = columns.map(([name]) => name).join(', ')
    const arrays = columns.map(([, type], index) => `$${index + 1}::${arrayType(type)}`)
    await this.#client.query({
      // A restore inserts with the columns of an older schema, too.
      name: `insert_${table.name}_${columns.length}`,
      text: `insert into ${table.name} (${names}) select * from unnest(${arrays.join(', ')})`,
      values: columns.map(([name, type]) =>
        encodeArray(
          type,
          rows.map((row) => row[name] ?? null),
        ),
      ),
    })
  }

  savepoint<T>(work: () => Promise<T>): Promise<T> {
    return savepoint(this, work)
  }

  isOpen(): boolean {
    return this.#open
  }

  end(): void {
    this.#open = false
  }

  #query<R extends object = Row>(
    sql: string,
    values: Value[],
  ): Promise<pg.QueryResult<R & pg.QueryResultRow>> {
    const { postgres, name } = compile(sql)
    const query = { name, text: postgres, values }
    return this.#client.query<R & pg.QueryResultRow>(query).catch(rethrow)
  }
}

const SERIALIZATION_FAILURES = new Set(['40001', '40P01', '55P03'])
const CONNECTION_OR_SPACE = /^(08|53|57|58)/

function translate(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (SERIALIZATION_FAILURES.has(code)) return new Busy('the rows are locked', { cause: error })
  if (CONNECTION_OR_SPACE.test(code) || isLostConnection(error)) {
    return new StorageFailure('the database cannot be used', { cause: error })
  }
  return error
}

function isLostConnection(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined
  return (
    code === 'ECONNREFUSED' ||
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    /Connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable/i.test(
      error.message,
    )
  )
}

export class PostgresStore implements Store {
  readonly engine = 'postgres'
  readonly reader: Reader
  readonly #reads: pg.Pool
  readonly #writes: Record<'shared' | 'alone', pg.Pool>

  /** @param url `postgres://user@host:port/database` */
  constructor(url: string) {
    const base = { connectionString: url, types, connectionTimeoutMillis: 5000 }
    const writing = {
      ...base,
      statement_timeout: 10_000,
      idle_in_transaction_session_timeout: 10_000,
    }
    this.#reads = new pg.Pool({ ...base, max: 8, statement_timeout: 10_000 })
    this.#writes = {
      shared: new pg.Pool({ ...writing, max: 1 }),
      alone: new pg.Pool({ ...writing, max: 8 }),
    }
    for (const pool of [this.#reads, ...Object.values(this.#writes)]) {
      // An idle connection that breaks is replaced at its next use; without a listener it would throw.
      pool.on('error', () => undefined)
      // The same for one in use: the query that was running rejects, and that is who must know.
      pool.on('connect', (client) => client.on('error', () => undefined))
    }
    this.reader = new Session(this.#reads)
  }

  /** Refuses a server that acknowledges commits before they are durable. */
  async assertDurable(): Promise<void> {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const row = await this.reader.one<{ value: string }>(
        `select current_setting(?) as value`,
        setting,
      )
      if (row?.value === 'off') {
        throw new Error(`PostgreSQL runs with \`${setting} = off\`: commits would not be durable`)
      }
    }
  }

  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const client = await this.#reads.connect().catch(rethrow)
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      const value = await work(new Session(client))
      await client.query('COMMIT')
      client.release()
      return value
    } catch (error) {
      await abandon(client)
      throw translate(error)
    }
  }

  async write<T>(lane: 'shared' | 'alone', work: (tx: Tx) => Promise<T>): Promise<CommitResult<T>> {
    const client = await this.#writes[lane].connect().catch(rethrow)
    const session = new Session(client)
    let value: T
    try {
      await client.query('BEGIN')
      value = await work(session)
    } catch (error) {
      session.end()
      await abandon(client)
      throw translate(error)
    }
    session.end()
    try {
      await client.query('COMMIT')
      client.release()
      return { committed: true, value }
    } catch (error) {
      client.release(true)
      if (isLostConnection(error as Error)) return { committed: 'unknown', value }
      throw translate(error)
    }
  }

  tidy(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    await Promise.all([this.#reads, ...Object.values(this.#writes)].map((pool) => pool.end()))
  }
}

/** Makes an empty database beside the one of `url`, on the same server. */
export async function createScratchDatabase(
  url: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `keystead_drill_${randomUUID().replaceAll('-', '')}`
  const onServer = async (statement: string) => {
    const client = new pg.Client(url)
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
  await onServer(`create database ${name}`)
  const scratch = new URL(url)
  scratch.pathname = name
  return { url: scratch.href, drop: () => onServer(`drop database if exists ${name} with (force)`) }
}

function rethrow(error: unknown): never {
  throw translate(error)
}

async function abandon(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch {
    client.release(true)
  }
}
