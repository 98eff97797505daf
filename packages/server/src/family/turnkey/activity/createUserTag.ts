// CREATE_USER_TAG: names a group of users.
import { z } from 'zod'
import { insertTag, updateTagsOf } from '../../../domain/tag/tag.store.ts'
import { planTag } from '../../../domain/tag/tag.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list, uuid } from '../../../operation/schemas.ts'

export const createUserTag = defineActivity({
  name: 'createUserTag',
  path: '/public/v1/submit/create_user_tag',
  type: 'ACTIVITY_TYPE_CREATE_USER_TAG',
  intentKey: 'createUserTagIntent',
  resultKey: 'createUserTagResult',
  summary: 'Create a tag for users, and tag some with it',
  spec: 'api-reference/activities/create-user-tag',
  tags: ['user-tags'],
  policy: { resource: 'USER', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ userTagName: label, userIds: list(uuid, 200) }),
  older: [],
  result: z.object({ userTagId: z.uuid(), userIds: z.array(z.uuid()) }),
  errors: ['TAG_LIMIT', 'USER_TAG_LABEL_NOT_UNIQUE', 'USER_NOT_FOUND'],
  example: {
    params: { userTagName: 'Operations', userIds: ['019a0000-0000-7000-8000-000000000002'] },
    result: {
      userTagId: '019a0000-0000-7000-8000-000000000009',
      userIds: ['019a0000-0000-7000-8000-000000000002'],
    },
  },
  changes: 'snapshot',
  prepare(ctx, { userTagName: name, userIds: memberIds }) {
    const { organizationId } = ctx.organization
    const { id, row, tagged } = planTag({ ...ctx, kind: 'user', name, memberIds })
    const userIds = tagged.map((member) => member.id)
    return { result: { userTagId: id, userIds }, organizationId, row, tagged }
  },
  async effects(tx, { organizationId, row, tagged }) {
    await insertTag(tx, row)
    await updateTagsOf(tx, 'user', { organizationId, tagged, nowMs: tx.nowMs })
  },
})
