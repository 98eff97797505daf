// Rows as lines of JSON, independent of the engine that they come from or go to.
import { z } from 'zod'
import type { Row, Value } from '../../store/engine.ts'
import type { ColumnType, Table } from '../../store/table.ts'

const name = z.string().regex(/^[a-z][a-z_]{0,62}$/)

const columnTypes = ['uuid', 'bytes', 'text', 'integer'] as const satisfies readonly ColumnType[]

/** The line before the rows of a table. SECURITY: its names become part of SQL. */
const tableLine = z.strictObject({ table: name, columns: z.record(name, z.enum(columnTypes)) })

const endLine = z.strictObject({ end: z.strictObject({ rows: z.int().min(0) }) })

const rowLine = z.array(z.union([z.string(), z.int(), z.null()]))

/** One line: a table begins, a row of it, or the end, which says how many rows there were. */
export type ArchiveLine =
  | { table: Table }
  | { values: readonly (string | number | null)[] }
  | { rows: number }

export function tableText({ name: table, columns }: Table): string {
  return JSON.stringify({ table, columns })
}

/** A row's values in order of its table's columns, bytes as base64. */
export function rowText({ columns }: Table, row: Row): string {
  const values = Object.keys(columns).map((column) => row[column] ?? null)
  return JSON.stringify(values.map((value) => (Buffer.isBuffer(value) ? base64(value) : value)))
}

export function endText(rows: number): string {
  return JSON.stringify({ end: { rows } })
}

/** @throws Error when it is no line of an archive */
export function parseLine(text: string): ArchiveLine {
  const json: unknown = JSON.parse(text)
  if (Array.isArray(json)) return { values: rowLine.parse(json) }
  const ended = endLine.safeParse(json)
  if (ended.success) return { rows: ended.data.end.rows }
  const { table, columns } = tableLine.parse(json)
  return { table: { name: table, columns } }
}

/** @throws Error when the values are not of the columns' types */
export function rowOf({ columns }: Table, values: readonly (string | number | null)[]): Row {
  const entries = Object.entries(columns)
  if (entries.length !== values.length) throw new Error('a row with another number of columns')
  return Object.fromEntries(
    entries.map(([column, type], index) => [column, valueOf(type, values[index] ?? null)]),
  )
}

function valueOf(type: ColumnType, value: string | number | null): Value {
  if (value === null) return null
  if ((typeof value === 'number') !== (type === 'integer'))
    throw new Error(`a value that is no ${type}`)
  return type === 'bytes' ? Buffer.from(String(value), 'base64') : value
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64')
}
