// Reading wallet accounts: every row is authenticated before anybody relies on its address or key.
import type { AddressFormat } from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import { isUuid } from '../../platform/ids.ts'
import type { Reader } from '../../store/engine.ts'
import type { Keyvault, SigningKey } from '../keyvault/keyvault.ts'
import type { PrivateKey, Snapshot } from '../organization/model.ts'
import { accountSubject, privateKeySubject, type Subject } from '../policy/subject.ts'
import { addressKey, assertAccount, type WalletAccount } from './wallet.ts'
import {
  type AccountPage,
  type AccountPlace,
  findAccountInWallet,
  findAccountToSignWith,
  listAccounts,
} from './wallet.store.ts'

interface Services {
  reader: Reader
  keyvault: Keyvault
}

/**
 * An account of any wallet of the organization, by its address (key form) or id.
 * @throws Tampered when the row is not one that this server wrote
 */
export async function loadAccountOf(
  services: Services,
  organization: Snapshot,
  place: { addressKey: string } | { id: string },
): Promise<WalletAccount | undefined> {
  const { organizationId } = organization
  const account = await findAccountToSignWith(services.reader, organizationId, place)
  if (account === undefined || !organization.wallets.has(account.wallet_id)) return undefined
  await assertAccounts(services, organizationId, [account])
  return account
}

/** The key of an account. */
export function accountKey(account: WalletAccount): SigningKey {
  const { curve, public_key: publicKey, wallet_id: walletId, path, address } = account
  const { organization_id: organizationId, address_format: addressFormat } = account
  return { organizationId, curve, publicKey, addressFormat, source: { walletId, path, address } }
}

/** What a request about an account is about, for policies; nothing when there is no such account. */
export async function accountSubjectOf(
  ctx: Services & { organization: Snapshot },
  place: { addressKey: string } | { id: string },
): Promise<Subject> {
  const { organization } = ctx
  const account = await loadAccountOf(ctx, organization, place)
  if (account === undefined) return {}
  const wallet = organization.wallets.get(account.wallet_id)
  return wallet === undefined ? {} : accountSubject(wallet, account.address)
}

/**
 * @param signWith an account's address (EVM addresses in any case) or id, or a private key's
 * @throws AppError `SIGNING_RESOURCE_NOT_FOUND` when the organization has no such key
 */
export async function loadSigner(
  services: Services,
  organization: Snapshot,
  signWith: string,
): Promise<SigningKey> {
  const found = await findSigner(services, organization, signWith)
  if (found === undefined) throw new AppError('SIGNING_RESOURCE_NOT_FOUND')
  return found
}

/**
 * What a request that signs is about, for policies; nothing when the organization has no such key.
 * @param what about what is signed
 */
export async function signingSubject(
  ctx: Services & { organization: Snapshot },
  signWith: string,
  what: (signer: SigningKey) => Subject,
): Promise<Subject> {
  const { organization } = ctx
  const signer = await findSigner(ctx, organization, signWith)
  if (signer === undefined) return {}
  return { ...keySubject(organization, signer), ...what(signer), signer }
}

function keySubject(organization: Snapshot, signer: SigningKey): Subject {
  const { source } = signer
  if ('privateKeyId' in source) {
    const key = organization.privateKeys.get(source.privateKeyId)
    return key === undefined ? {} : privateKeySubject(key)
  }
  const wallet = organization.wallets.get(source.walletId)
  return wallet === undefined ? {} : accountSubject(wallet, source.address)
}

async function findSigner(
  services: Services,
  organization: Snapshot,
  signWith: string,
): Promise<SigningKey | undefined> {
  const { organizationId, revision } = organization
  const name = `${organizationId}/${revision}/${addressKey(signWith)}`
  // Keys of accounts never change, and keys and accounts only go with a new revision.
  const cached = services.keyvault.found.get(name)
  if (cached !== undefined) return cached
  const found =
    findPrivateKey(organization, signWith) ?? (await findAccount(services, organization, signWith))
  if (found !== undefined) services.keyvault.found.set(name, found, 1)
  return found
}

function findPrivateKey(organization: Snapshot, signWith: string): SigningKey | undefined {
  const byId = organization.privateKeys.get(signWith.toLowerCase())
  if (byId !== undefined) return signerOf(organization, byId, null)
  const wanted = addressKey(signWith)
  for (const key of organization.privateKeys.values()) {
    const found = key.addresses.find(({ address }) => addressKey(address) === wanted)
    if (found !== undefined) return signerOf(organization, key, found.format)
  }
  return undefined
}

function signerOf(
  { organizationId }: Snapshot,
  { curve, publicKey, id: privateKeyId }: PrivateKey,
  addressFormat: AddressFormat | null,
): SigningKey {
  return { organizationId, curve, publicKey, addressFormat, source: { privateKeyId } }
}

async function findAccount(
  services: Services,
  organization: Snapshot,
  signWith: string,
): Promise<SigningKey | undefined> {
  const place = isUuid(signWith)
    ? { id: signWith.toLowerCase() }
    : { addressKey: addressKey(signWith) }
  const account = await loadAccountOf(services, organization, place)
  return account && accountKey(account)
}

/** One account of a wallet. @throws Tampered when the row is not one that this server wrote */
export async function loadAccount(
  services: Services,
  organizationId: string,
  place: AccountPlace,
): Promise<WalletAccount | undefined> {
  const account = await findAccountInWallet(services.reader, organizationId, place)
  if (account !== undefined) await assertAccounts(services, organizationId, [account])
  return account
}

/** A page of accounts, oldest first. @throws Tampered when a row is not one that this server wrote */
export async function loadAccounts(
  services: Services,
  organizationId: string,
  page: AccountPage,
): Promise<WalletAccount[]> {
  const accounts = await listAccounts(services.reader, organizationId, page)
  await assertAccounts(services, organizationId, accounts)
  return accounts
}

function assertAccounts(
  { reader, keyvault }: Services,
  organizationId: string,
  accounts: readonly WalletAccount[],
): Promise<void> {
  return keyvault.withDataKey(reader, organizationId, (dataKey) => {
    for (const account of accounts) assertAccount(dataKey, account)
  })
}
