// Deleting wallets and accounts: what must be there, and what must have been exported before.
import { AppError } from '../../errors.ts'
import type { Snapshot } from '../organization/model.ts'
import type { WalletAccount } from './wallet.ts'

/**
 * @param deletion.ids what the request names
 * @throws AppError `WALLET_NOT_FOUND`, `WALLET_NOT_EXPORTED`
 */
export function planWalletDeletion(
  { wallets }: Snapshot,
  { ids, withoutExport }: { ids: readonly string[]; withoutExport: boolean },
): string[] {
  const named = ids.map((id) => wallets.get(id))
  if (named.includes(undefined)) throw new AppError('WALLET_NOT_FOUND')
  if (!withoutExport && !named.every((wallet) => wallet?.exported)) {
    throw new AppError('WALLET_NOT_EXPORTED')
  }
  return [...new Set(ids)]
}

/**
 * An account counts as exported with its wallet, too.
 * @param deletion.found what the request names; undefined where there is no such account
 * @throws AppError `WALLET_ACCOUNT_NOT_FOUND`, `WALLET_ACCOUNT_NOT_EXPORTED`
 */
export function planAccountDeletion(
  { wallets }: Snapshot,
  {
    found,
    withoutExport,
  }: { found: readonly (WalletAccount | undefined)[]; withoutExport: boolean },
): string[] {
  const accounts = found.filter((account) => account !== undefined)
  if (accounts.length < found.length) throw new AppError('WALLET_ACCOUNT_NOT_FOUND')
  const isExported = ({ exported, wallet_id }: WalletAccount) =>
    exported === 1 || wallets.get(wallet_id)?.exported === true
  if (!withoutExport && !accounts.every(isExported)) {
    throw new AppError('WALLET_ACCOUNT_NOT_EXPORTED')
  }
  return [...new Set(accounts.map(({ id }) => id))]
}
