// INIT_IMPORT_WALLET: makes a key to encrypt a wallet to.
import { z } from 'zod'
import { replaceImportKey } from '../../../domain/keyvault/importKey.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { initImport } from '../transfers.ts'

export const initImportWallet = defineActivity({
  name: 'initImportWallet',
  path: '/public/v1/submit/init_import_wallet',
  type: 'ACTIVITY_TYPE_INIT_IMPORT_WALLET',
  intentKey: 'initImportWalletIntent',
  resultKey: 'initImportWalletResult',
  summary: 'Get a key to encrypt a wallet to, which opens its import',
  spec: 'api-reference/activities/init-import-wallet',
  tags: ['wallets'],
  policy: { resource: 'WALLET', action: 'IMPORT' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'crypto',
  params: z.strictObject({ userId: uuid.describe('The user who makes the request.') }),
  older: [],
  result: z.object({ importBundle: z.string() }),
  errors: ['IMPORT_FOR_ANOTHER_USER'],
  example: {
    params: { userId: '019a0000-0000-7000-8000-000000000002' },
    result: {
      importBundle:
        '{"version":"v1.0.0","data":"7b22…","dataSignature":"3045…","enclaveQuorumPublic":"04…"}',
    },
  },
  changes: 'rows',
  prepare: (ctx, { userId }) => initImport(ctx, userId, 'wallet'),
  effects: (tx, { key }) => replaceImportKey(tx, key),
})
