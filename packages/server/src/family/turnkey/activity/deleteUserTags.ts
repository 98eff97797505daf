// DELETE_USER_TAGS: deletes tags, and removes them from all users.
import { z } from 'zod'
import { deleteTags, updateTagsOf } from '../../../domain/tag/tag.store.ts'
import { planTagDeletion } from '../../../domain/tag/tag.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deleteUserTags = defineActivity({
  name: 'deleteUserTags',
  path: '/public/v1/submit/delete_user_tags',
  type: 'ACTIVITY_TYPE_DELETE_USER_TAGS',
  intentKey: 'deleteUserTagsIntent',
  resultKey: 'deleteUserTagsResult',
  summary: 'Delete tags of users, and remove them from all that have them',
  spec: 'api-reference/activities/delete-user-tags',
  tags: ['user-tags'],
  policy: { resource: 'USER', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ userTagIds: z.array(uuid).min(1).max(100) }),
  older: [],
  result: z.object({ userTagIds: z.array(z.uuid()), userIds: z.array(z.uuid()) }),
  errors: ['USER_TAG_NOT_FOUND'],
  example: {
    params: { userTagIds: ['019a0000-0000-7000-8000-000000000009'] },
    result: {
      userTagIds: ['019a0000-0000-7000-8000-000000000009'],
      userIds: ['019a0000-0000-7000-8000-000000000002'],
    },
  },
  changes: 'snapshot',
  prepare({ organization }, { userTagIds }) {
    const { organizationId } = organization
    const { ids, tagged } = planTagDeletion(organization, 'user', userTagIds)
    const userIds = tagged.map(({ id }) => id)
    return { result: { userTagIds: ids, userIds }, organizationId, ids, tagged }
  },
  async effects(tx, { organizationId, ids, tagged }) {
    await deleteTags(tx, organizationId, ids)
    await updateTagsOf(tx, 'user', { organizationId, tagged, nowMs: tx.nowMs })
  },
})
