// EXPORT_WALLET_ACCOUNT: hands out the private key of one account, encrypted to a key of the caller.
import { z } from 'zod'
import { accountKey, accountSubjectOf, loadAccountOf } from '../../../domain/wallet/accounts.ts'
import { updateAccountExported } from '../../../domain/wallet/wallet.store.ts'
import { addressKey, exportedAccount } from '../../../domain/wallet/wallet.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { text } from '../../../operation/schemas.ts'
import { targetPublicKey } from '../transfers.ts'

export const exportWalletAccount = defineActivity({
  name: 'exportWalletAccount',
  path: '/public/v1/submit/export_wallet_account',
  type: 'ACTIVITY_TYPE_EXPORT_WALLET_ACCOUNT',
  intentKey: 'exportWalletAccountIntent',
  resultKey: 'exportWalletAccountResult',
  summary: 'Export the private key of one account, encrypted to a key of the caller',
  spec: 'api-reference/activities/export-wallet-account',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'EXPORT' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: (ctx, { address }) => accountSubjectOf(ctx, { addressKey: addressKey(address) }),
  limit: 'crypto',
  params: z.strictObject({ address: text(255), targetPublicKey }),
  older: [],
  result: z.object({ address: z.string(), exportBundle: z.string() }),
  errors: ['WALLET_ACCOUNT_NOT_FOUND'],
  example: {
    params: {
      address: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
      targetPublicKey:
        '04d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf350185e895372df6221ea3a137557e473fddb6755f05bd507c3c533fce9c91285',
    },
    result: {
      address: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
      exportBundle:
        '{"version":"v1.0.0","data":"7b22…","dataSignature":"3045…","enclaveQuorumPublic":"04…"}',
    },
  },
  changes: 'snapshot',
  async prepare(ctx, { address, targetPublicKey: target }) {
    const place = { addressKey: addressKey(address) }
    const account = await loadAccountOf(ctx, ctx.organization, place)
    if (account === undefined) return ctx.fail('WALLET_ACCOUNT_NOT_FOUND')
    const exportBundle = await ctx.keyvault.exportKey(ctx.reader, accountKey(account), target)
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
    const result = { address: account.address, exportBundle }
    return { result, exported: exportedAccount(dataKey, account) }
  },
  effects: (tx, { exported }) => updateAccountExported(tx, exported),
})
