// CREATE_PRIVATE_KEYS: generates private keys that belong to no wallet.
import { z } from 'zod'
import { insertPrivateKeys } from '../../../domain/privateKey/privateKey.store.ts'
import { planPrivateKeys } from '../../../domain/privateKey/privateKey.ts'
import { defineActivity, older } from '../../../operation/operation.ts'
import { addressFormatNames, privateKeyParams, wireName } from '../parameters.ts'

const params = z.strictObject({ privateKeys: z.array(privateKeyParams).min(1).max(100) })

const result = z.object({
  privateKeys: z.array(
    z.object({
      privateKeyId: z.uuid(),
      addresses: z.array(z.object({ format: z.string(), address: z.string() })),
    }),
  ),
})

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
    const { organization } = ctx
    const dataKey = await ctx.keyvault.dataKey(ctx.reader, organization.organizationId)
    const planned = planPrivateKeys({ ...ctx, organization, dataKey, keys: privateKeys })
    const made = planned.map(({ id, addresses }) => ({
      privateKeyId: id,
      addresses: addresses.map(({ format, address }) => ({
        format: wireName(addressFormatNames, format),
        address,
      })),
    }))
    return { result: { privateKeys: made }, planned }
  },
  effects: (tx, { planned }) => insertPrivateKeys(tx, planned),
})
