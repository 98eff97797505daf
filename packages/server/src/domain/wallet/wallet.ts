// Wallets and their accounts: rules, derivation, and what protects an account's row.
import {
  type AddressFormat,
  addressFormats,
  type Curve,
  encodeAddress,
  type MnemonicLength,
  parsePath,
} from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'
import type { Row } from '../../store/engine.ts'
import { Tampered } from '../audit/head.ts'
import type { DataKey } from '../keyvault/dataKeys.ts'
import { ImportedSecret } from '../keyvault/importKeys.ts'
import { createSeed, type SealedSeed, type Seed } from '../keyvault/seeds.ts'
import { resourceLimits } from '../organization/limits.ts'
import type { Snapshot } from '../organization/model.ts'

/** Where an account lies in a wallet, and how its address is written. */
export interface AccountParams {
  curve: Curve
  path: string
  addressFormat: AddressFormat
  name: string | null
}

/** A row of `wallet_account`. */
export interface WalletAccount {
  organization_id: string
  id: string
  wallet_id: string
  name: string | null
  curve: Curve
  path: string
  address_format: AddressFormat
  address: string
  /** What `signWith` is compared with: {@link addressKey}. */
  address_key: string
  public_key: Buffer
  mac: Buffer
  /** 1: its key was exported, singly; null: not. */
  exported: number | null
  created_ms: number
}

export interface WalletContext {
  organizationId: string
  dataKey: DataKey
  nowMs: number
  newId(): string
}

export interface WalletParams {
  name: string
  /** How many words to generate, the words themselves, or what was imported. */
  mnemonic: MnemonicLength | string | ImportedSecret
  accounts: readonly AccountParams[]
}

export interface WalletPlan {
  walletId: string
  wallet: Row
  secret: SealedSeed
  accounts: WalletAccount[]
}

/**
 * Makes a wallet with its seed and first accounts.
 * @param organization what the organization has; null for one that is about to be created
 * @throws AppError what `refuseWallet`, `createSeed` and `deriveAccounts` throw
 */
export function planWallet(
  context: WalletContext,
  organization: Snapshot | null,
  params: WalletParams,
): WalletPlan {
  refuseWallet(organization, params.name)
  const { organizationId, nowMs } = context
  const walletId = context.newId()
  const { seed, row: secret } = createSeed(context.dataKey, {
    organizationId,
    walletId,
    mnemonic: params.mnemonic,
  })
  return {
    walletId,
    secret,
    accounts: deriveAccounts(context, { walletId, seed, accounts: params.accounts }),
    wallet: {
      organization_id: organizationId,
      id: walletId,
      name: params.name,
      exported: 0,
      imported: params.mnemonic instanceof ImportedSecret ? 1 : 0,
      created_ms: nowMs,
      updated_ms: nowMs,
    },
  }
}

/**
 * Refuses one wallet more of that name.
 * @throws AppError `WALLET_LIMIT`, `WALLET_LABEL_NOT_UNIQUE`
 */
export function refuseWallet(organization: Snapshot | null, name: string): void {
  const present = [...(organization?.wallets.values() ?? [])]
  const limits = organization?.limits ?? resourceLimits(true)
  if (present.length >= limits.wallets) throw new AppError('WALLET_LIMIT')
  if (present.some((wallet) => wallet.name === name)) throw new AppError('WALLET_LABEL_NOT_UNIQUE')
}

/**
 * Derives accounts of a wallet, in the order of the request.
 * @throws AppError `INVALID_PATH` (malformed, or twice the same), `INVALID_ADDRESS_FORMAT` (for its curve)
 */
export function deriveAccounts(
  context: WalletContext,
  wallet: { walletId: string; seed: Seed; accounts: readonly AccountParams[] },
): WalletAccount[] {
  const derived = wallet.accounts.map((params) => {
    if (parsePath(params.path) === undefined) throw new AppError('INVALID_PATH')
    if (!addressFormats[params.addressFormat].curves.includes(params.curve)) {
      throw new AppError('INVALID_ADDRESS_FORMAT')
    }
    const publicKey = wallet.seed.publicKey(params.curve, params.path)
    const address = encodeAddress(params.addressFormat, params.curve, publicKey)
    const account = {
      organization_id: context.organizationId,
      id: context.newId(),
      wallet_id: wallet.walletId,
      name: params.name,
      curve: params.curve,
      path: params.path,
      address_format: params.addressFormat,
      address,
      address_key: addressKey(address),
      public_key: publicKey,
      exported: null,
      created_ms: context.nowMs,
    }
    return { ...account, mac: accountMac(context.dataKey, account) }
  })
  // By key, not by text: two ways to write a path are one account.
  const keys = derived.map((row) => `${row.public_key.toString('hex')} ${row.address_format}`)
  if (new Set(keys).size < keys.length) throw new AppError('INVALID_PATH')
  return derived
}

/** How an address is looked up: EVM, Sui and Aptos addresses in any case, all others exactly. */
export function addressKey(address: string): string {
  return /^0x(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(address) ? address.toLowerCase() : address
}

/** The account as one whose key was exported. */
export function exportedAccount(dataKey: DataKey, account: WalletAccount): WalletAccount {
  const exported = { ...account, exported: 1 }
  return { ...exported, mac: accountMac(dataKey, exported) }
}

/** @throws Tampered when the row is not one that this server wrote */
export function assertAccount(dataKey: DataKey, account: WalletAccount): void {
  if (!dataKey.verifies('row', accountBytes(account), account.mac)) {
    throw new Tampered(`wallet account ${account.id} was changed from outside`)
  }
}

/** What authenticates the row, by the newest version of the data key. */
export function accountMac(dataKey: DataKey, account: Omit<WalletAccount, 'mac'>): Buffer {
  return dataKey.mac('row', accountBytes(account))
}

function accountBytes(account: Omit<WalletAccount, 'mac'>): Buffer {
  return encodeFields([
    'keystead.wallet-account',
    uuidToBytes(account.organization_id),
    uuidToBytes(account.id),
    uuidToBytes(account.wallet_id),
    account.curve,
    account.path,
    account.address_format,
    account.address,
    account.public_key,
    // Only where it is set, so that rows from before it keep their MAC.
    ...(account.exported === null ? [] : [account.exported]),
  ])
}
