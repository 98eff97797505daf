// CREATE_PRIVATE_KEYS: generates private keys that belong to no wallet.
import { z } from 'zod'
import { insertPrivateKeys } from '../../../domain/privateKey/privateKey.store.ts'
import { planPrivateKeys } from '../../../domain/privateKey/privateKey.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { privateKeyParams } from '../parameters.ts'
import { newPrivateKeyResult, wireNewPrivateKey } from '../wire.ts'

const params = z.strictObject({ privateKeys: z.array(privateKeyParams).min(1).max(100) })

const result = z.object({ privateKeys: z.array(newPrivateKeyResult) })

export const createPrivateKeys = defineActivity({
  name: 'createPrivateKeys',
  path: '/public/v1/submit/create_private_keys',
  type: 'ACTIVITY_TYPE_CREATE_PRIVATE_KEYS_V2',
  intentKey: 'createPrivateKeysIntentV2',
  resultKey: 'createPrivateKeysResultV2',
  summary: 'Create private keys that belong to no wallet',
  spec: 'api-reference/activities/create-private-keys',
  tags: ['private-keys'],
  policy: { resource: 'PRIVATE_KEY', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'crypto',
  params,
  older: [
    older({
      type: 'ACTIVITY_TYPE_CREATE_PRIVATE_KEYS',
      intentKey: 'createPrivateKeysIntent',
      resultKey: 'createPrivateKeysResult',
      params,
      upgrade: (same) => same,
      downgrade: (newest) => ({
        privateKeyIds: result.parse(newest).privateKeys.map(({ privateKeyId }) => privateKeyId),
      }),
    }),
  ],
  result,
  errors: ['PRIVATE_KEY_LIMIT', 'PRIVATE_KEY_LABEL_NOT_UNIQUE', 'INVALID_ADDRESS_FORMAT'],
  example: {
    params: {
      privateKeys: [
        {
          privateKeyName: 'Hot key',
          curve: 'CURVE_SECP256K1',
          addressFormats: ['ADDRESS_FORMAT_ETHEREUM'],
          privateKeyTags: [],
        },
      ],
    },
    result: {
      privateKeys: [
        {
          privateKeyId: '019a0000-0000-7000-8000-000000000007',
          addresses: [
            {
              format: 'ADDRESS_FORMAT_ETHEREUM',
              address: '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A',
            },
          ],
        },
      ],
    },
  },
  changes: 'snapshot',
  async prepare(ctx, { privateKeys }) {
    const { organizationId } = ctx.organization
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, ctx.organization)
    const planned = planPrivateKeys({ ...ctx, organizationId, dataKey, keys: privateKeys })
    return { result: { privateKeys: planned.map(wireNewPrivateKey) }, planned }
  },
  effects: (tx, { planned }) => insertPrivateKeys(tx, planned),
})
