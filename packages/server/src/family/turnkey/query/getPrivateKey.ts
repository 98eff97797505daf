// get_private_key: one private key, without its secret.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { examplePrivateKey, privateKeyResult, wirePrivateKey } from '../wire.ts'

export const getPrivateKey = defineQuery({
  name: 'getPrivateKey',
  path: '/public/v1/query/get_private_key',
  summary: 'Get a private key: its public key, addresses and name',
  spec: 'api-reference/queries/get-private-key',
  tags: ['private-keys'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid, privateKeyId: uuid }),
  result: z.object({ privateKey: privateKeyResult }),
  errors: ['PRIVATE_KEY_NOT_FOUND'],
  example: {
    params: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      privateKeyId: '019a0000-0000-7000-8000-000000000007',
    },
    result: { privateKey: examplePrivateKey },
  },
  run(ctx, { privateKeyId }) {
    const found = ctx.organization.privateKeys.get(privateKeyId)
    return found === undefined
      ? ctx.fail('PRIVATE_KEY_NOT_FOUND')
      : { privateKey: wirePrivateKey(found) }
  },
})
