// list_private_keys: all private keys of an organization.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { examplePrivateKey, privateKeyResult, wirePrivateKey } from '../wire.ts'

export const listPrivateKeys = defineQuery({
  name: 'getPrivateKeys',
  path: '/public/v1/query/list_private_keys',
  summary: 'List all private keys of an organization',
  spec: 'api-reference/queries/list-private-keys',
  tags: ['private-keys'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({ privateKeys: z.array(privateKeyResult) }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: { privateKeys: [examplePrivateKey] },
  },
  run: ({ organization }) => ({
    privateKeys: [...organization.privateKeys.values()].map(wirePrivateKey),
  }),
})
