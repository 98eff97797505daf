// EXPORT_WALLET: hands out a wallet's mnemonic, encrypted to a key of the caller.
import { z } from 'zod'
import { walletSubject } from '../../../domain/policy/subject.ts'
import { markWalletExported } from '../../../domain/wallet/wallet.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { mnemonicLanguage, targetPublicKey } from '../transfers.ts'

export const exportWallet = defineActivity({
  name: 'exportWallet',
  path: '/public/v1/submit/export_wallet',
  type: 'ACTIVITY_TYPE_EXPORT_WALLET',
  intentKey: 'exportWalletIntent',
  resultKey: 'exportWalletResult',
  summary: 'Export the mnemonic of a wallet, encrypted to a key of the caller',
  spec: 'api-reference/activities/export-wallet',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'EXPORT' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: ({ organization }, { walletId }) => walletSubject(organization, walletId),
  limit: 'crypto',
  params: z.strictObject({
    walletId: uuid,
    targetPublicKey,
    language: mnemonicLanguage.optional(),
  }),
  older: [],
  result: z.object({ walletId: z.uuid(), exportBundle: z.string() }),
  errors: ['WALLET_NOT_FOUND'],
  example: {
    params: {
      walletId: '019a0000-0000-7000-8000-000000000001',
      targetPublicKey:
        '04d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf350185e895372df6221ea3a137557e473fddb6755f05bd507c3c533fce9c91285',
    },
    result: {
      walletId: '019a0000-0000-7000-8000-000000000001',
      exportBundle:
        '{"version":"v1.0.0","data":"7b22…","dataSignature":"3045…","enclaveQuorumPublic":"04…"}',
    },
  },
  changes: 'snapshot',
  async prepare(ctx, { walletId, targetPublicKey: target, language = null }) {
    const { organizationId, wallets } = ctx.organization
    if (!wallets.has(walletId)) return ctx.fail('WALLET_NOT_FOUND')
    const place = { organizationId, walletId }
    const exportBundle = await ctx.keyvault.exportWallet(ctx.reader, { ...place, language }, target)
    return { result: { walletId, exportBundle }, place }
  },
  effects: (tx, { place }) => markWalletExported(tx, place.organizationId, place.walletId),
})
