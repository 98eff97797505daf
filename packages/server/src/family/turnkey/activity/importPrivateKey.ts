// IMPORT_PRIVATE_KEY: takes in a private key that was encrypted to an import bundle's key.
import { z } from 'zod'
import { takeImportKey } from '../../../domain/keyvault/importKey.store.ts'
import { insertPrivateKeys } from '../../../domain/privateKey/privateKey.store.ts'
import { planPrivateKeys, refusePrivateKeys } from '../../../domain/privateKey/privateKey.ts'
import { AppError, assert } from '../../../errors.ts'
import type { Context } from '../../../operation/context.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { privateKeyMembers, toPrivateKeyParams } from '../parameters.ts'
import { encryptedBundle, IMPORT_ERRORS, loadImportKey, planImport } from '../transfers.ts'
import { newPrivateKeyResult, wireNewPrivateKey } from '../wire.ts'

export const importPrivateKey = defineActivity({
  name: 'importPrivateKey',
  path: '/public/v1/submit/import_private_key',
  type: 'ACTIVITY_TYPE_IMPORT_PRIVATE_KEY',
  intentKey: 'importPrivateKeyIntent',
  resultKey: 'importPrivateKeyResult',
  summary: 'Import a private key that was encrypted to an import bundle',
  spec: 'api-reference/activities/import-private-key',
  tags: ['private-keys'],
  policy: { resource: 'PRIVATE_KEY', action: 'IMPORT' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'crypto',
  params: z.strictObject({
    userId: uuid.describe('The user who makes the request.'),
    encryptedBundle,
    ...privateKeyMembers,
  }),
  older: [],
  result: newPrivateKeyResult,
  errors: [
    ...IMPORT_ERRORS,
    'INVALID_PRIVATE_KEY',
    'PRIVATE_KEY_LIMIT',
    'PRIVATE_KEY_LABEL_NOT_UNIQUE',
    'INVALID_ADDRESS_FORMAT',
  ],
  example: {
    params: {
      userId: '019a0000-0000-7000-8000-000000000002',
      privateKeyName: 'Imported',
      encryptedBundle:
        '{"encappedPublic":"0451a7580833898ea1b183cbd7350a4099078c6ef1c1e18e970cd7683035f25e7d0110522712b0b5a7cff081685486984a94e6831edac46e7360fa9d834a7a81a1","ciphertext":"21e96c5cbe84e9e1fe0d4b9e489a6ce1ac2b3b6f148bc60193469ab555031e5173d0d1486ae3fd73f020a960a654e556"}',
      curve: 'CURVE_SECP256K1',
      addressFormats: ['ADDRESS_FORMAT_ETHEREUM'],
    },
    result: {
      privateKeyId: '019a0000-0000-7000-8000-000000000007',
      addresses: [
        {
          format: 'ADDRESS_FORMAT_ETHEREUM',
          address: '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
        },
      ],
    },
  },
  changes: 'snapshot',
  foresee: checked,
  async prepare(ctx, params) {
    const { organizationId } = ctx.organization
    const key = await checked(ctx, params)
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
    const planned = await planImport(ctx, { key, message: params.encryptedBundle }, (imported) => {
      const keys = [{ ...toPrivateKeyParams({ ...params, privateKeyTags: [] }), imported }]
      return planPrivateKeys({ ...ctx, organizationId, dataKey, keys })
    })
    const [made] = planned
    assert(made !== undefined, 'one key was planned')
    return { result: wireNewPrivateKey(made), planned, key }
  },
  async effects(tx, { planned, key }) {
    // SECURITY: of two imports at once, one finds the key gone.
    if (!(await takeImportKey(tx, key))) throw new AppError('IMPORT_NOT_INITIALIZED')
    await insertPrivateKeys(tx, planned)
  },
})

/** The key to decrypt with, when nothing that can be told before stands against it. */
function checked(ctx: Context, { userId, privateKeyName: name }: Named) {
  refusePrivateKeys(ctx.organization, [{ name }])
  return loadImportKey(ctx, userId, 'private_key')
}

interface Named {
  userId: string
  privateKeyName: string
}
