// Where secrets lie: every column that holds bytes sealed under a data key is named here.
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'

/** A column of sealed bytes, in a table whose key is its organization and an id. */
export interface SealedColumn {
  column: string
  /** The column with the row's id. */
  id: string
  /** The column with the version of what is sealed; null: it is always 1. */
  version: string | null
}

/**
 * What rotation rewraps, by table. Sealing for a table that is not here does not compile.
 * `instance_key` is not among them: its few rows are rewrapped by the rotation itself.
 */
export const sealedColumns = {
  activity: { column: 'sealed_body', id: 'id', version: null },
  import_key: { column: 'sealed', id: 'id', version: null },
  outbox: { column: 'payload_sealed', id: 'id', version: null },
  private_key_secret: { column: 'sealed', id: 'private_key_id', version: 'version' },
  wallet_secret: { column: 'sealed', id: 'wallet_id', version: 'version' },
  webhook_event: { column: 'body_sealed', id: 'id', version: null },
} as const satisfies Record<string, SealedColumn>

export type SealedTable = keyof typeof sealedColumns

/** Where a secret lies. It is both key derivation input and associated data: rows cannot be swapped. */
export interface SecretPlace {
  table: SealedTable | 'instance_key'
  column: string
  /** The row's id. */
  rowId: string
  version: number
}

export function secretPlace(table: SealedTable, rowId: string, version = 1): SecretPlace {
  return { table, column: sealedColumns[table].column, rowId, version }
}

/** The place as bytes: no two places have the same. */
export function placeBytes(place: SecretPlace): Buffer {
  return encodeFields([
    'keystead.secret',
    place.table,
    place.column,
    uuidToBytes(place.rowId),
    place.version,
  ])
}
