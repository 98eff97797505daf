// list_user_tags: all tags of users.
import { z } from 'zod'
import { exampleTag, tagResult, wireTags } from '../tagWire.ts'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const listUserTags = defineQuery({
  name: 'listUserTags',
  path: '/public/v1/query/list_user_tags',
  summary: 'List all tags of users',
  spec: 'api-reference/queries/list-user-tags',
  tags: ['user-tags'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({ userTags: z.array(tagResult) }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: { userTags: [exampleTag] },
  },
  run: ({ organization }) => ({ userTags: wireTags(organization, 'user') }),
})
