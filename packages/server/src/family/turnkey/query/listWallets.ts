// list_wallets: all wallets of an organization.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { walletResult, wireWallet } from '../wire.ts'

export const listWallets = defineQuery({
  name: 'getWallets',
  path: '/public/v1/query/list_wallets',
  summary: 'List all wallets of an organization',
  spec: 'api-reference/queries/list-wallets',
  tags: ['wallets'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({ wallets: z.array(walletResult) }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: { wallets: [] },
  },
  run: ({ organization }) => ({ wallets: [...organization.wallets.values()].map(wireWallet) }),
})
