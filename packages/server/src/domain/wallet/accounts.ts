// Reading wallet accounts: every row is authenticated before anybody relies on its address or key.
import { isUuid } from '../../platform/ids.ts'
import type { Reader } from '../../store/engine.ts'
import type { Keyvault, SigningAccount } from '../keyvault/keyvault.ts'
import type { Snapshot } from '../organization/snapshot.ts'
import { addressKey, assertAccount, type WalletAccount } from './wallet.ts'
import { type AccountPage, findAccountToSignWith, listAccounts } from './wallet.store.ts'

interface Services {
  reader: Reader
  keyvault: Keyvault
}

/**
 * @param signWith an account's address (EVM addresses in any case) or its id
 * @returns undefined when the organization has no such account
 */
export async function findSigner(
  services: Services,
  organization: Snapshot,
  signWith: string,
): Promise<SigningAccount | undefined> {
  const { organizationId, revision } = organization
  const key = `${organizationId}/${revision}/${addressKey(signWith)}`
  // Accounts never change, and wallets only go with a new revision of their organization.
  const cached = services.keyvault.accounts.get(key)
  if (cached !== undefined) return cached
  const account = await findAccountToSignWith(
    services.reader,
    organizationId,
    isUuid(signWith) ? { id: signWith.toLowerCase() } : { addressKey: addressKey(signWith) },
  )
  if (account === undefined || !organization.wallets.has(account.wallet_id)) return undefined
  assertAccount(await services.keyvault.dataKey(services.reader, organizationId), account)
  const signer: SigningAccount = {
    organizationId,
    walletId: account.wallet_id,
    curve: account.curve,
    path: account.path,
    publicKey: account.public_key,
  }
  services.keyvault.accounts.set(key, signer, 1)
  return signer
}

/** A page of accounts, oldest first. @throws Tampered when a row is not one that this server wrote */
export async function loadAccounts(
  { reader, keyvault }: Services,
  organizationId: string,
  page: AccountPage,
): Promise<WalletAccount[]> {
  const accounts = await listAccounts(reader, organizationId, page)
  const dataKey = await keyvault.dataKey(reader, organizationId)
  for (const account of accounts) assertAccount(dataKey, account)
  return accounts
}
