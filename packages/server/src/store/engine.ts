// What the rest of the server may ask of a database: readers, transactions, one writer.
import { setImmediate } from 'node:timers/promises'
import type { Table } from './table.ts'

/** A value as SQL parameters and rows carry it. Ids are UUID text, whatever the engine stores. */
export type Value = string | number | Buffer | null

/** A row by column name. Uuid columns arrive as text, blobs as Buffer, integers as number. */
export type Row = Record<string, Value>

/**
 * Reads. In SQL text `?` is a parameter and `?u` a parameter of type uuid, given as text.
 */
export interface Reader {
  readonly engine: 'sqlite' | 'postgres'
  all<R extends object = Row>(sql: string, ...params: Value[]): Promise<R[]>
  one<R extends object = Row>(sql: string, ...params: Value[]): Promise<R | undefined>
}

/** An open transaction. */
export interface Tx extends Reader {
  /** Runs a statement and returns how many rows it changed. */
  run(sql: string, ...params: Value[]): Promise<number>
  /** Inserts all rows with one round trip. */
  insert(table: Table, rows: readonly Row[]): Promise<void>
  /** Runs `work` so that its writes are undone when it throws, and only they. */
  savepoint<T>(work: () => Promise<T>): Promise<T>
  /** Whether the transaction is still open: an engine may end it on a severe error. */
  isOpen(): boolean
}

/**
 * How a transaction ended for its caller.
 * `unknown`: the connection was lost while committing; the rows may or may not be there.
 */
export type CommitResult<T> = { committed: true; value: T } | { committed: 'unknown'; value: T }

/** Thrown by `write` when another process holds the database: nothing was done. */
export class Busy extends Error {
  override name = 'Busy'
}

/** A failure of the storage itself (full disk, lost connection), as opposed to one of ours. */
export class StorageFailure extends Error {
  override name = 'StorageFailure'
}

export interface Store {
  readonly engine: 'sqlite' | 'postgres'
  /** Single statements outside any transaction. */
  readonly reader: Reader
  /** Runs `work` on one consistent, read-only snapshot. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>
  /**
   * Runs `work` in one transaction and commits it durably.
   * `lane` chooses the connection on PostgreSQL: `shared` is the one of batched flushes,
   * `alone` one of a small pool. On SQLite there is one writer, and callers take turns.
   * @throws Busy, StorageFailure
   */
  write<T>(lane: 'shared' | 'alone', work: (tx: Tx) => Promise<T>): Promise<CommitResult<T>>
  /** Called between two flushes: keeps SQLite's log short. */
  tidy(): Promise<void>
  close(): Promise<void>
}

/** How both engines do `Tx.savepoint`. */
export async function savepoint<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  await tx.run('savepoint unit')
  try {
    const value = await work()
    await tx.run('release savepoint unit')
    return value
  } catch (error) {
    if (tx.isOpen()) await tx.run('rollback to savepoint unit')
    throw error
  }
}

const BUSY_MS_MAX = 5000

/** Repeats `work` while another process holds the database. @throws Busy after five seconds */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + BUSY_MS_MAX
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Busy) || performance.now() > deadlineMs) throw error
      await setImmediate()
    }
  }
}
