// IMPORT_WALLET: takes in a mnemonic that was encrypted to an import bundle's key.
import { z } from 'zod'
import { takeImportKey } from '../../../domain/keyvault/importKey.store.ts'
import { insertWallet } from '../../../domain/wallet/wallet.store.ts'
import { planWallet, refuseWallet } from '../../../domain/wallet/wallet.ts'
import { AppError } from '../../../errors.ts'
import type { Context } from '../../../operation/context.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list, uuid } from '../../../operation/schemas.ts'
import { walletAccountParams } from '../parameters.ts'
import { encryptedBundle, IMPORT_ERRORS, loadImportKey, planImport } from '../transfers.ts'

export const importWallet = defineActivity({
  name: 'importWallet',
  path: '/public/v1/submit/import_wallet',
  type: 'ACTIVITY_TYPE_IMPORT_WALLET',
  intentKey: 'importWalletIntent',
  resultKey: 'importWalletResult',
  summary: 'Import a wallet from a mnemonic that was encrypted to an import bundle',
  spec: 'api-reference/activities/import-wallet',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'IMPORT' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'crypto',
  params: z.strictObject({
    userId: uuid.describe('The user who makes the request.'),
    walletName: label,
    encryptedBundle,
    accounts: list(walletAccountParams, 100),
  }),
  older: [],
  result: z.object({ walletId: z.uuid(), addresses: z.array(z.string()) }),
  errors: [
    ...IMPORT_ERRORS,
    'INVALID_MNEMONIC',
    'WALLET_LABEL_NOT_UNIQUE',
    'WALLET_LIMIT',
    'INVALID_PATH',
    'INVALID_ADDRESS_FORMAT',
  ],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      walletName: 'Imported',
      encryptedBundle:
        '{"encappedPublic":"0451a7580833898ea1b183cbd7350a4099078c6ef1c1e18e970cd7683035f25e7d0110522712b0b5a7cff081685486984a94e6831edac46e7360fa9d834a7a81a1","ciphertext":"449d0e398fe19d839b3c2eea2aff5d84d8495e5e71ffa464a223eed730327b25641485468a36065693f500652715c7f3dc56e99615f617db63c07dc53f400bb9d66083b83c839d6b73eb3e"}',
      accounts: [],
    },
    result: { walletId: '019a0000-0000-7000-8000-000000000001', addresses: [] },
  },
  changes: 'snapshot',
  foresee: checked,
  async prepare(ctx, params) {
    const { organizationId } = ctx.organization
    const key = await checked(ctx, params)
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
    const { accounts, walletName: name, encryptedBundle: message } = params
    const plan = await planImport(ctx, { key, message }, (mnemonic) =>
      planWallet({ ...ctx, organizationId, dataKey }, ctx.organization, {
        name,
        mnemonic,
        accounts,
      }),
    )
    const addresses = plan.accounts.map(({ address }) => address)
    return { result: { walletId: plan.walletId, addresses }, plan, key }
  },
  async effects(tx, { plan, key }) {
    // SECURITY: of two imports at once, one finds the key gone.
    if (!(await takeImportKey(tx, key))) throw new AppError('IMPORT_NOT_INITIALIZED')
    await insertWallet(tx, plan, tx.seq)
  },
})

/** The key to decrypt with, when nothing that can be told before stands against it. */
function checked(ctx: Context, { userId, walletName }: { userId: string; walletName: string }) {
  refuseWallet(ctx.organization, walletName)
  return loadImportKey(ctx, userId, 'wallet')
}
