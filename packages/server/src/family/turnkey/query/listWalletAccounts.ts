// list_wallet_accounts: the accounts of one wallet, or of all, in pages.
import { z } from 'zod'
import { loadAccounts } from '../../../domain/wallet/accounts.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { pagination, uuid } from '../../../operation/schemas.ts'
import { walletAccountResult, wireWallet, wireWalletAccount } from '../wire.ts'

export const listWalletAccounts = defineQuery({
  name: 'getWalletAccounts',
  path: '/public/v1/query/list_wallet_accounts',
  summary: 'List the accounts of a wallet, or of all wallets',
  spec: 'api-reference/queries/list-wallets-accounts',
  findsCaller: false,
  limit: 'read',
  params: z.object({
    organizationId: uuid,
    walletId: uuid.optional(),
    includeWalletDetails: z.boolean().optional(),
    paginationOptions: pagination,
  }),
  result: z.object({ accounts: z.array(walletAccountResult) }),
  errors: ['WALLET_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      walletId: '019a0000-0000-7000-8000-000000000001',
      paginationOptions: { limit: '100' },
    },
    result: { accounts: [] },
  },
  async run(ctx, { walletId, includeWalletDetails, paginationOptions: page }) {
    const { organizationId, wallets } = ctx.organization
    if (walletId !== undefined && !wallets.has(walletId)) return ctx.fail('WALLET_NOT_FOUND')
    const accounts = await loadAccounts(ctx, organizationId, {
      walletId: walletId ?? null,
      limit: Number(page?.limit ?? 10),
      before: page?.before ?? null,
      after: page?.after ?? null,
    })
    return {
      accounts: accounts.map((account) => {
        const wallet = includeWalletDetails === true ? wallets.get(account.wallet_id) : undefined
        const details = wallet === undefined ? {} : { walletDetails: wireWallet(wallet) }
        return { ...wireWalletAccount(account), ...details }
      }),
    }
  },
})
