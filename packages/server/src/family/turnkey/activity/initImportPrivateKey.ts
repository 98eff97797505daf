// INIT_IMPORT_PRIVATE_KEY: makes a key to encrypt a private key to.
import { z } from 'zod'
import { replaceImportKey } from '../../../domain/keyvault/importKey.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { initImport } from '../transfers.ts'

export const initImportPrivateKey = defineActivity({
  name: 'initImportPrivateKey',
  path: '/public/v1/submit/init_import_private_key',
  type: 'ACTIVITY_TYPE_INIT_IMPORT_PRIVATE_KEY',
  intentKey: 'initImportPrivateKeyIntent',
  resultKey: 'initImportPrivateKeyResult',
  summary: 'Get a key to encrypt a private key to, which opens its import',
  spec: 'api-reference/activities/init-import-private-key',
  tags: ['private-keys'],
  policy: { resource: 'PRIVATE_KEY', action: 'IMPORT' },
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
  prepare: (ctx, { userId }) => initImport(ctx, userId, 'private_key'),
  effects: (tx, { key }) => replaceImportKey(tx, key),
})
