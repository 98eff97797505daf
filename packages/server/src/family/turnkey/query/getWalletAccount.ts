// get_wallet_account: one account of a wallet, by its address or its path.
import { z } from 'zod'
import { loadAccount } from '../../../domain/wallet/accounts.ts'
import { addressKey } from '../../../domain/wallet/wallet.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { text, uuid } from '../../../operation/schemas.ts'
import { exampleWalletAccount, walletAccountResult, wireWalletAccount } from '../wire.ts'

export const getWalletAccount = defineQuery({
  name: 'getWalletAccount',
  path: '/public/v1/query/get_wallet_account',
  summary: 'Get an account of a wallet by its address or its path',
  spec: 'api-reference/queries/get-wallet-account',
  tags: ['wallets'],
  findsCaller: false,
  limit: 'read',
  params: z
    .object({
      organizationId: uuid,
      walletId: uuid,
      address: text(255).optional(),
      path: text(255).optional(),
    })
    .refine(({ address, path }) => address !== undefined || path !== undefined, {
      message: 'an address or a path is required',
      path: ['address'],
    }),
  result: z.object({ account: walletAccountResult }),
  errors: ['WALLET_NOT_FOUND', 'WALLET_ACCOUNT_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      walletId: '019a0000-0000-7000-8000-000000000001',
      path: "m/44'/60'/0'/0/0",
    },
    result: { account: exampleWalletAccount },
  },
  async run(ctx, { walletId, address, path }) {
    const { organizationId, wallets } = ctx.organization
    if (!wallets.has(walletId)) return ctx.fail('WALLET_NOT_FOUND')
    const account = await loadAccount(ctx, organizationId, {
      walletId,
      addressKey: address === undefined ? null : addressKey(address),
      path: path ?? null,
    })
    return account === undefined
      ? ctx.fail('WALLET_ACCOUNT_NOT_FOUND')
      : { account: wireWalletAccount(account) }
  },
})
