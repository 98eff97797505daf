// get_wallet: one wallet.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { walletResult, wireWallet } from '../wire.ts'

export const getWallet = defineQuery({
  name: 'getWallet',
  path: '/public/v1/query/get_wallet',
  summary: 'Get a wallet',
  spec: 'api-reference/queries/get-wallet',
  tags: ['wallets'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, walletId: uuid }),
  result: z.object({ wallet: walletResult }),
  errors: ['WALLET_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      walletId: '019a0000-0000-7000-8000-000000000001',
    },
    result: {
      wallet: {
        walletId: '019a0000-0000-7000-8000-000000000001',
        walletName: 'Treasury',
        createdAt: { seconds: '1793000000', nanos: '0' },
        updatedAt: { seconds: '1793000000', nanos: '0' },
        exported: false,
        imported: false,
      },
    },
  },
  run(ctx, { walletId }) {
    const wallet = ctx.organization.wallets.get(walletId)
    return wallet === undefined ? ctx.fail('WALLET_NOT_FOUND') : { wallet: wireWallet(wallet) }
  },
})
