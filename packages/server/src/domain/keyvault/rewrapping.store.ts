// SQL of rewrapping: rows whose bytes a data key has made, and putting new bytes in their place.
import type { Reader, Row, Tx } from '../../store/engine.ts'

/** A column whose bytes are made by a data key, in a table whose key is its organization and an id. */
export interface KeyedColumn {
  table: string
  column: string
  /** The column with the row's id. */
  id: string
  /** The columns that new bytes are made from. */
  needs: readonly string[]
}

/** A row with `row_id`, the `bytes` of its column, and what the column needs. */
export type KeyedRow = Row & { row_id: string; bytes: Buffer }

/** Rows of an organization in order of id, those without bytes left out. */
export function listKeyed(
  reader: Reader,
  { table, column, id, needs }: KeyedColumn,
  page: { organizationId: string; after: string; limit: number },
): Promise<KeyedRow[]> {
  return reader.all<KeyedRow>(
    `select ${[`${id} as row_id`, `${column} as bytes`, ...needs].join(', ')} from ${table}
     where organization_id = ?u and ${id} > ?u and ${column} is not null and length(${column}) > 0
     order by ${id} limit ?`,
    page.organizationId,
    page.after,
    page.limit,
  )
}

/** Writes new bytes, unless the row has changed since it was read. */
export async function replaceBytes(
  tx: Tx,
  { table, column, id }: KeyedColumn,
  change: { organizationId: string; rowId: string; before: Buffer; after: Buffer },
): Promise<void> {
  await tx.run(
    `update ${table} set ${column} = ? where organization_id = ?u and ${id} = ?u and ${column} = ?`,
    change.after,
    change.organizationId,
    change.rowId,
    change.before,
  )
}
