// Table definitions: the column types that inserts and canonical encodings need.

export type ColumnType = 'uuid' | 'bytes' | 'text' | 'integer'

export interface Table {
  readonly name: string
  readonly columns: Readonly<Record<string, ColumnType>>
}

/** Declares a table as `migrations/` creates it; a test compares both. */
export function table(name: string, columns: Record<string, ColumnType>): Table {
  return { name, columns }
}
