// list_private_key_tags: all tags of private keys.
import { z } from 'zod'
import { exampleTag, tagResult, wireTags } from '../tagWire.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const listPrivateKeyTags = defineQuery({
  name: 'listPrivateKeyTags',
  path: '/public/v1/query/list_private_key_tags',
  summary: 'List all tags of private keys',
  spec: 'api-reference/queries/list-private-key-tags',
  tags: ['private-key-tags'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({ privateKeyTags: z.array(tagResult) }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: {
      privateKeyTags: [
        {
          ...exampleTag,
          tagId: '019a0000-0000-7000-8000-00000000000d',
          tagType: 'TAG_TYPE_PRIVATE_KEY',
        },
      ],
    },
  },
  run: ({ organization }) => ({ privateKeyTags: wireTags(organization, 'privateKey') }),
})
