// SQL of wallets and their accounts.
import type { Reader, Tx } from '../../store/engine.ts'
import { table } from '../../store/table.ts'
import { walletSecretTable } from '../keyvault/keyvault.store.ts'
import { walletTable } from '../organization/covered.store.ts'
import type { WalletAccount, WalletPlan } from './wallet.ts'

export const walletAccountTable = table('wallet_account', {
  organization_id: 'uuid',
  id: 'uuid',
  wallet_id: 'uuid',
  name: 'text',
  curve: 'text',
  path: 'text',
  address_format: 'text',
  address: 'text',
  address_key: 'text',
  public_key: 'bytes',
  mac: 'bytes',
  created_ms: 'integer',
  seq: 'integer',
  n: 'integer',
  exported: 'integer',
})

const COLUMNS = Object.keys(walletAccountTable.columns).join(', ')

/** @param seq the number of the unit's audit entry: what lists are ordered by */
export async function insertWallet(tx: Tx, plan: WalletPlan, seq: number): Promise<void> {
  await tx.insert(walletTable, [plan.wallet])
  await tx.insert(walletSecretTable, [{ ...plan.secret }])
  await insertAccounts(tx, plan.accounts, seq)
}

/** @param seq the number of the unit's audit entry: what lists are ordered by */
export async function insertAccounts(
  tx: Tx,
  accounts: readonly WalletAccount[],
  seq: number,
): Promise<void> {
  await tx.insert(
    walletAccountTable,
    accounts.map((account, n) => ({ ...account, seq, n })),
  )
}

/** Whether the wallet already has one of these keys in the same address format. */
export async function hasAccountOf(tx: Tx, accounts: readonly WalletAccount[]): Promise<boolean> {
  for (const { organization_id, wallet_id, public_key, address_format } of accounts) {
    const row = await tx.one(
      `select id from wallet_account where organization_id = ?u and wallet_id = ?u
       and public_key = ? and address_format = ?`,
      organization_id,
      wallet_id,
      public_key,
      address_format,
    )
    if (row !== undefined) return true
  }
  return false
}

/** The account with that address (its key form) or id. */
export function findAccountToSignWith(
  reader: Reader,
  organizationId: string,
  signer: { addressKey: string } | { id: string },
): Promise<WalletAccount | undefined> {
  if ('id' in signer) {
    return reader.one<WalletAccount>(
      `select ${COLUMNS} from wallet_account where organization_id = ?u and id = ?u`,
      organizationId,
      signer.id,
    )
  }
  return reader.one<WalletAccount>(
    `select ${COLUMNS} from wallet_account where organization_id = ?u and address_key = ?
     order by id limit 1`,
    organizationId,
    signer.addressKey,
  )
}

/** An account of a wallet, by its address (key form) or, without one, by its path. */
export interface AccountPlace {
  walletId: string
  addressKey: string | null
  path: string | null
}

export function findAccountInWallet(
  reader: Reader,
  organizationId: string,
  { walletId, addressKey, path }: AccountPlace,
): Promise<WalletAccount | undefined> {
  const filters = [
    ...(addressKey === null ? [] : ['and address_key = ?']),
    ...(path === null ? [] : ['and path = ?']),
  ]
  return reader.one<WalletAccount>(
    `select ${COLUMNS} from wallet_account where organization_id = ?u and wallet_id = ?u
     ${filters.join(' ')} order by seq, n limit 1`,
    organizationId,
    walletId,
    ...[addressKey, path].filter((value) => value !== null),
  )
}

/** Renames a wallet. */
export async function updateWalletName(
  tx: Tx,
  organizationId: string,
  wallet: { id: string; name: string; nowMs: number },
): Promise<void> {
  await tx.run(
    'update wallet set name = ?, updated_ms = ? where organization_id = ?u and id = ?u',
    wallet.name,
    wallet.nowMs,
    organizationId,
    wallet.id,
  )
}

/** Notes that a wallet's words were exported. */
export async function markWalletExported(
  tx: Tx & { readonly nowMs: number },
  organizationId: string,
  walletId: string,
): Promise<void> {
  await tx.run(
    'update wallet set exported = 1, updated_ms = ? where organization_id = ?u and id = ?u',
    tx.nowMs,
    organizationId,
    walletId,
  )
}

/** Stores whether an account's key was exported, with the MAC that says so. */
export async function updateAccountExported(tx: Tx, account: WalletAccount): Promise<void> {
  await tx.run(
    'update wallet_account set exported = ?, mac = ? where organization_id = ?u and id = ?u',
    account.exported,
    account.mac,
    account.organization_id,
    account.id,
  )
}

/** Removes wallets: their seeds first of all, and their accounts. */
export async function deleteWallets(
  tx: Tx,
  organizationId: string,
  walletIds: readonly string[],
): Promise<void> {
  for (const id of walletIds) {
    await tx.run(
      'delete from wallet_secret where organization_id = ?u and wallet_id = ?u',
      organizationId,
      id,
    )
    await tx.run(
      'delete from wallet_account where organization_id = ?u and wallet_id = ?u',
      organizationId,
      id,
    )
    await tx.run('delete from wallet where organization_id = ?u and id = ?u', organizationId, id)
  }
}

export async function deleteAccounts(
  tx: Tx,
  organizationId: string,
  accountIds: readonly string[],
): Promise<void> {
  for (const id of accountIds) {
    await tx.run(
      'delete from wallet_account where organization_id = ?u and id = ?u',
      organizationId,
      id,
    )
  }
}

export interface AccountPage {
  walletId: string | null
  limit: number
  /** The id of an account: only those before it. */
  before: string | null
  /** The id of an account: only those after it. */
  after: string | null
}

/** A page of accounts, oldest first; an unknown cursor gives none. */
export async function listAccounts(
  reader: Reader,
  organizationId: string,
  page: AccountPage,
): Promise<WalletAccount[]> {
  const { walletId, before, after, limit } = page
  const backwards = before !== null && after === null
  const place = 'select seq, n from wallet_account where organization_id = ?u and id = ?u'
  const rows = await reader.all<WalletAccount>(
    `select ${COLUMNS} from wallet_account where organization_id = ?u
     ${walletId === null ? '' : 'and wallet_id = ?u'}
     ${before === null ? '' : `and (seq, n) < (${place})`}
     ${after === null ? '' : `and (seq, n) > (${place})`}
     order by seq ${backwards ? 'desc' : 'asc'}, n ${backwards ? 'desc' : 'asc'} limit ?`,
    organizationId,
    ...(walletId === null ? [] : [walletId]),
    ...(before === null ? [] : [organizationId, before]),
    ...(after === null ? [] : [organizationId, after]),
    limit,
  )
  return backwards ? rows.reverse() : rows
}
