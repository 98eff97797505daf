// CREATE_WALLET: generates a wallet and its first accounts.
import { z } from 'zod'
import { insertWallet } from '../../../domain/wallet/wallet.store.ts'
import { planWallet } from '../../../domain/wallet/wallet.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list } from '../../../operation/schemas.ts'
import { mnemonicLength, walletAccountParams } from '../parameters.ts'

export const createWallet = defineActivity({
  name: 'createWallet',
  path: '/public/v1/submit/create_wallet',
  type: 'ACTIVITY_TYPE_CREATE_WALLET',
  intentKey: 'createWalletIntent',
  resultKey: 'createWalletResult',
  summary: 'Create a wallet and derive its first accounts',
  spec: 'api-reference/activities/create-wallet',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'crypto',
  params: z.strictObject({
    walletName: label,
    accounts: list(walletAccountParams, 100),
    mnemonicLength,
  }),
  older: [],
  result: z.object({ walletId: z.uuid(), addresses: z.array(z.string()) }),
  errors: ['WALLET_LABEL_NOT_UNIQUE', 'WALLET_LIMIT', 'INVALID_PATH', 'INVALID_ADDRESS_FORMAT'],
  example: {
    params: {
      walletName: 'Treasury',
      accounts: [
        {
          curve: 'CURVE_SECP256K1',
          pathFormat: 'PATH_FORMAT_BIP32',
          path: "m/44'/60'/0'/0/0",
          addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
        },
      ],
      mnemonicLength: 12,
    },
    result: {
      walletId: '019a0000-0000-7000-8000-000000000001',
      addresses: ['0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'],
    },
  },
  changes: 'snapshot',
  async prepare(ctx, { walletName, accounts, mnemonicLength: length }) {
    const { organizationId } = ctx.organization
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
    const plan = planWallet({ ...ctx, organizationId, dataKey }, ctx.organization, {
      name: walletName,
      mnemonic: length,
      accounts,
    })
    const addresses = plan.accounts.map(({ address }) => address)
    return { result: { walletId: plan.walletId, addresses }, plan }
  },
  effects: (tx, { plan }) => insertWallet(tx, plan, tx.seq),
})
