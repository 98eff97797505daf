// CREATE_WALLET_ACCOUNTS: derives further accounts of a wallet.
import { z } from 'zod'
import { hasAccountOf, insertAccounts } from '../../../domain/wallet/wallet.store.ts'
import { deriveAccounts } from '../../../domain/wallet/wallet.ts'
import { AppError } from '../../../errors.ts'
import { walletSubject } from '../../../domain/policy/subject.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { list, uuid } from '../../../operation/schemas.ts'
import { walletAccountParams } from '../parameters.ts'

export const createWalletAccounts = defineActivity({
  name: 'createWalletAccounts',
  path: '/public/v1/submit/create_wallet_accounts',
  type: 'ACTIVITY_TYPE_CREATE_WALLET_ACCOUNTS',
  intentKey: 'createWalletAccountsIntent',
  resultKey: 'createWalletAccountsResult',
  summary: 'Derive further accounts of a wallet',
  spec: 'api-reference/activities/create-wallet-accounts',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: ({ organization }, { walletId }) => walletSubject(organization, walletId),
  limit: 'crypto',
  params: z.strictObject({
    walletId: uuid,
    accounts: list(walletAccountParams, 100),
    persist: z.boolean().optional().describe('False: only answer the addresses.'),
  }),
  older: [],
  result: z.object({ addresses: z.array(z.string()) }),
  errors: ['WALLET_NOT_FOUND', 'INVALID_PATH', 'INVALID_ADDRESS_FORMAT'],
  example: {
    params: {
      walletId: '019a0000-0000-7000-8000-000000000001',
      accounts: [
        {
          curve: 'CURVE_ED25519',
          pathFormat: 'PATH_FORMAT_BIP32',
          path: "m/44'/501'/0'/0'",
          addressFormat: 'ADDRESS_FORMAT_SOLANA',
        },
      ],
    },
    result: { addresses: ['oeYf6KAJkLYhBuR8CiGc6L4D4Xtfepr85fuDgA9kq96'] },
  },
  changes: 'rows',
  async prepare(ctx, { walletId, accounts, persist }) {
    const { organizationId, wallets } = ctx.organization
    if (!wallets.has(walletId)) return ctx.fail('WALLET_NOT_FOUND')
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
    const seed = await ctx.keyvault.seed(ctx.reader, organizationId, walletId)
    const derived = deriveAccounts(
      { ...ctx, organizationId, dataKey },
      { walletId, seed, accounts },
    )
    const addresses = derived.map(({ address }) => address)
    return { result: { addresses }, stored: persist === false ? [] : derived }
  },
  async effects(tx, { stored }) {
    if (await hasAccountOf(tx, stored)) throw new AppError('INVALID_PATH')
    await insertAccounts(tx, stored, tx.seq)
  },
})
