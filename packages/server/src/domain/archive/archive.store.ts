// SQL of archives: any table by its own description, in order of its primary key, and past backups.
import { INSTANCE_ID } from '../../platform/ids.ts'
import type { Reader, Row, Tx, Value } from '../../store/engine.ts'
import { type ColumnType, type Table, table } from '../../store/table.ts'

const TYPES: Readonly<Record<string, ColumnType>> = {
  uuid: 'uuid',
  blob: 'bytes',
  bytea: 'bytes',
  text: 'text',
  bigint: 'integer',
  smallint: 'integer',
}

/** A table as the database has it. */
export interface DescribedTable extends Table {
  /** The columns of its primary key, in order. */
  readonly key: readonly string[]
}

/** Describes a table; undefined when there is none of that name. */
export async function describeTable(
  reader: Reader,
  name: string,
): Promise<DescribedTable | undefined> {
  const rows = await reader.all<{ name: string; type: string; place: number }>(
    reader.engine === 'sqlite'
      ? 'select name, lower(type) as type, pk as place from pragma_table_info(?) order by cid'
      : `select a.attname as name, format_type(a.atttypid, null) as type,
           coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0) as place
         from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
         where a.attrelid = to_regclass(?) and a.attnum > 0 and not a.attisdropped
         order by a.attnum`,
    name,
  )
  if (rows.length === 0) return undefined
  const columns = rows.map((row) => [row.name, columnType(name, row)] as const)
  const key = rows.filter(({ place }) => place > 0).sort((a, b) => a.place - b.place)
  return { ...table(name, Object.fromEntries(columns)), key: key.map((row) => row.name) }
}

function columnType(table: string, { name, type }: { name: string; type: string }): ColumnType {
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined
  if (known === undefined)
    throw new Error(`${table}.${name} is of a type that archives do not have`)
  return known
}

/** Rows after the one with the key `after`, in order of the primary key. */
export function listRows(
  reader: Reader,
  { name, columns, key }: DescribedTable,
  page: { after: Row | null; limit: number },
): Promise<Row[]> {
  const { after, limit } = page
  const marks = key.map((column) => (columns[column] === 'uuid' ? '?u' : '?')).join(', ')
  const where = after === null ? '' : `where (${key.join(', ')}) > (${marks})`
  const values: Value[] = after === null ? [] : key.map((column) => after[column] ?? null)
  return reader.all(
    `select ${Object.keys(columns).join(', ')} from ${name} ${where}
     order by ${key.join(', ')} limit ?`,
    ...values,
    limit,
  )
}

/** Lets statements of this transaction take as long as they need. */
export async function waitForSlowStatements(tx: Tx): Promise<void> {
  if (tx.engine === 'postgres') await tx.run('set local statement_timeout = 0')
}

const backupTable = table('backup', {
  actor: 'text',
  id: 'uuid',
  at_ms: 'integer',
  height: 'integer',
})

/** A backup that was made. */
export interface BackupRow {
  /** The person at the host's shell, or the schedule. */
  actor: 'host' | 'system'
  /** A UUIDv7, so that the newest comes last. */
  id: string
  /** The moment that the archive shows. */
  at_ms: number
  /** Of the newest checkpoint in it; 0: there was none. */
  height: number
}

export async function insertBackup(tx: Tx, row: BackupRow): Promise<void> {
  await tx.insert(backupTable, [{ ...row }])
}

/** When the newest backup of `actor` was taken. */
export async function findBackupTime(
  reader: Reader,
  actor: BackupRow['actor'],
): Promise<number | undefined> {
  const row = await reader.one<{ at_ms: number }>(
    'select at_ms from backup where actor = ? order by id desc limit 1',
    actor,
  )
  return row?.at_ms
}

/** Marks events that were to be delivered as given up. @param answer why, for the delivery log */
export async function giveUpWaitingEvents(tx: Tx, answer: string): Promise<number> {
  return tx.run(
    `update webhook_event set outcome = 'failed', last_answer = ? where outcome = 'waiting'`,
    answer,
  )
}

/** From when on the instance accepts new bodies: everything with an earlier time is refused. */
export async function setAcceptedFrom(tx: Tx, acceptedFromMs: number): Promise<void> {
  await tx.run(
    'update organization set accepted_from_ms = ? where organization_id = ?u',
    acceptedFromMs,
    INSTANCE_ID,
  )
}
