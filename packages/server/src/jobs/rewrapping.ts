// What a data key has made, made anew by its newest version: the columns, and how each is renewed.
import type { DataKey } from '../domain/keyvault/dataKeys.ts'
import type { KeyedColumn, KeyedRow } from '../domain/keyvault/rewrapping.store.ts'
import { type SealedTable, sealedColumns, secretPlace } from '../domain/keyvault/sealedColumns.ts'
import { accountMac, assertAccount, type WalletAccount } from '../domain/wallet/wallet.ts'
import { walletAccountTable } from '../domain/wallet/wallet.store.ts'

/** A column that rotation rewraps. */
export interface RenewedColumn extends KeyedColumn {
  /** @throws Error when the row is not what this server wrote */
  renew(dataKey: DataKey, row: KeyedRow): Buffer
}

function sealedColumn(table: SealedTable): RenewedColumn {
  const { column, id, version } = sealedColumns[table]
  return {
    table,
    column,
    id,
    needs: version === null ? [] : [version],
    renew(dataKey, row) {
      const of = version === null ? 1 : Number(row[version])
      const place = secretPlace(table, row.row_id, of)
      return dataKey.seal(place, dataKey.open(place, row.bytes))
    },
  }
}

const accountMacs: RenewedColumn = {
  table: walletAccountTable.name,
  column: 'mac',
  id: 'id',
  needs: Object.keys(walletAccountTable.columns),
  renew(dataKey, row) {
    const account = row as unknown as WalletAccount
    assertAccount(dataKey, account)
    return accountMac(dataKey, account)
  },
}

/** Every column that holds what a data key made, but for those that change with the rotation itself. */
export const renewedColumns: readonly RenewedColumn[] = [
  ...(Object.keys(sealedColumns) as SealedTable[]).map(sealedColumn),
  accountMacs,
]
