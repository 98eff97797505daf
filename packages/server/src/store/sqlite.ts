// SQLite through node:sqlite: one writing connection, one reading connection, WAL, synced commits.
import { statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { uuidFromBytes, uuidToBytes } from '../platform/ids.ts'
import { Turns } from '../platform/turns.ts'
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
import type { Table } from './table.ts'

const LOG_BYTES_MAX = 64 * 1024 * 1024
const FLUSHES_BETWEEN_LOOKS = 8

const BUSY = 5
const IOERR = 10
const FULL = 13
const FAILED_SYNCS = new Set([IOERR | (4 << 8), IOERR | (5 << 8)])

interface Prepared {
  statement: StatementSync
  uuids: readonly boolean[]
  uuidColumns: string[]
}

interface PreparedInsert {
  statement: StatementSync
  columns: readonly { name: string; isUuid: boolean }[]
}

/** One connection and its prepared statements. */
class Connection implements Tx {
  readonly engine = 'sqlite'
  readonly db: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()
  readonly #inserts = new Map<Table, PreparedInsert>()

  constructor(path: string, readOnly: boolean) {
    this.db = new DatabaseSync(path, { readOnly, timeout: 5000 })
    this.db.exec(
      'PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0',
    )
    // SECURITY: wrapped keys that were deleted do not stay in pages that are written anyway.
    this.db.exec('PRAGMA secure_delete = FAST')
    this.db.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY')
  }

  // SQLite works synchronously; a throw must still become a rejection.
  async all<R extends object = Row>(sql: string, ...params: Value[]): Promise<R[]> {
    const { statement, uuids, uuidColumns } = this.#prepare(sql)
    const rows = statement.all(...bind(params, uuids)) as Record<string, unknown>[]
    for (const row of rows) adopt(row, uuidColumns)
    return rows as R[]
  }

  async one<R extends object = Row>(sql: string, ...params: Value[]): Promise<R | undefined> {
    return (await this.all<R>(sql, ...params))[0]
  }

  async run(sql: string, ...params: Value[]): Promise<number> {
    const { statement, uuids } = this.#prepare(sql)
    return Number(statement.run(...bind(params, uuids)).changes)
  }

  async insert(table: Table, rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return
    const { statement, columns } = this.#prepareInsert(table)
    for (const row of rows) {
      const values: Value[] = []
      for (const { name, isUuid } of columns) values.push(stored(row[name] ?? null, isUuid))
      statement.run(...values)
    }
  }

  savepoint<T>(work: () => Promise<T>): Promise<T> {
    return savepoint(this, work)
  }

  isOpen(): boolean {
    return this.db.isTransaction
  }

  #prepareInsert(table: Table): PreparedInsert {
    let prepared = this.#inserts.get(table)
    if (prepared === undefined) {
      const columns = Object.entries(table.columns).map(([name, type]) => ({
        name,
        isUuid: type === 'uuid',
      }))
      const names = columns.map(({ name }) => name).join(', ')
      const marks = columns.map(({ isUuid }) => (isUuid ? '?u' : '?')).join(', ')
      const { statement } = this.#prepare(`insert into ${table.name} (${names}) values (${marks})`)
      prepared = { statement, columns }
      this.#inserts.set(table, prepared)
    }
    return prepared
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql)
    if (prepared === undefined) {
      const { sqlite, uuids } = compile(sql)
      const statement = this.db.prepare(sqlite)
      const uuidColumns = statement
        .columns()
        .filter((column) => column.type === 'uuid')
        .map((column) => column.name)
      prepared = { statement, uuids, uuidColumns }
      this.#prepared.set(sql, prepared)
    }
    return prepared
  }
}

function bind(params: readonly Value[], uuids: readonly boolean[]): Value[] {
  return params.map((value, index) => stored(value, uuids[index] === true))
}

function stored(value: Value, isUuid: boolean): Value {
  return isUuid && typeof value === 'string' ? uuidToBytes(value) : value
}

function adopt(row: Record<string, unknown>, uuidColumns: readonly string[]): void {
  for (const name in row) {
    const value = row[name]
    if (value instanceof Uint8Array) {
      row[name] = uuidColumns.includes(name)
        ? uuidFromBytes(value)
        : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
  }
}

function errcode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code : 0
}

function translate(error: unknown): unknown {
  const code = errcode(error)
  if (FAILED_SYNCS.has(code)) {
    // SECURITY: after a failed sync nobody knows what is on disk; answering would be a guess.
    process.stderr.write('keystead: syncing the database to disk failed; stopping\n')
    process.exit(70)
  }
  if ((code & 0xff) === BUSY) return new Busy('another process is writing', { cause: error })
  if ((code & 0xff) === FULL || (code & 0xff) === IOERR) {
    return new StorageFailure('the database cannot be written', { cause: error })
  }
  return error
}

function startCheckpointer(path: string): Worker {
  const file = new URL('./sqliteCheckpointer.ts', import.meta.url)
  const worker = new Worker(file, { workerData: path })
  worker.unref()
  return worker
}

export class SqliteStore implements Store {
  readonly engine = 'sqlite'
  readonly reader: Reader
  readonly #path: string
  readonly #writing: Connection
  readonly #reading: Connection
  readonly #turns = new Turns()
  #untilLook = 0
  readonly #takeRead = <T>(work: () => Promise<T>) => this.#turns.take('read', work)
  readonly #takeWrite = <T>(work: () => Promise<T>) => this.#turns.take('write', work)
  readonly #checkpointer: Worker | undefined

  /** @param options.checkpoints whether this process shortens the log; one process is enough */
  constructor(path: string, options: { checkpoints: boolean }) {
    this.#path = path
    this.#writing = new Connection(path, false)
    this.#writing.db.exec('PRAGMA journal_mode = WAL')
    this.#writing.db.exec('PRAGMA synchronous = FULL')
    this.#reading = new Connection(path, true)
    // A flush that finds the database busy comes back later instead of blocking the process.
    this.#writing.db.exec('PRAGMA busy_timeout = 0')
    this.#checkpointer = options.checkpoints ? startCheckpointer(path) : undefined
    const reading = this.#reading
    const take = this.#takeRead
    this.reader = {
      engine: 'sqlite',
      all: (sql, ...params) => take(() => reading.all(sql, ...params)),
      one: (sql, ...params) => take(() => reading.one(sql, ...params)),
    }
  }

  read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#takeRead(async () => {
      this.#reading.db.exec('BEGIN')
      try {
        return await work(this.#reading)
      } finally {
        this.#reading.db.exec('COMMIT')
      }
    })
  }

  write<T>(_lane: 'shared' | 'alone', work: (tx: Tx) => Promise<T>): Promise<CommitResult<T>> {
    return this.#takeWrite(async () => {
      const { db } = this.#writing
      try {
        db.exec('BEGIN IMMEDIATE')
        const value = await work(this.#writing)
        db.exec('COMMIT')
        return { committed: true, value }
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw translate(error)
      }
    })
  }

  /** Resets the log when passive checkpoints cannot: they never do so under constant load. */
  tidy(): Promise<void> {
    // A flush adds a few MiB at most, so that the log cannot grow far between two looks.
    this.#untilLook--
    if (this.#untilLook > 0) return Promise.resolve()
    this.#untilLook = FLUSHES_BETWEEN_LOOKS
    const log = statSync(`${this.#path}-wal`, { throwIfNoEntry: false })
    if (log === undefined || log.size < LOG_BYTES_MAX) return Promise.resolve()
    return this.#takeWrite(() => {
      const { db } = this.#writing
      db.exec('PRAGMA busy_timeout = 250')
      try {
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      } catch (error) {
        if ((errcode(error) & 0xff) !== BUSY) throw translate(error)
      } finally {
        db.exec('PRAGMA busy_timeout = 0')
      }
      return Promise.resolve()
    })
  }

  async close(): Promise<void> {
    await this.#checkpointer?.terminate()
    await this.#takeWrite(() => {
      this.#writing.db.close()
      return Promise.resolve()
    })
    await this.#takeRead(() => {
      this.#reading.db.close()
      return Promise.resolve()
    })
  }
}
