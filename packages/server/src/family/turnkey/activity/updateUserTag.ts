// UPDATE_USER_TAG: renames a tag, and tags or untags users.
import { z } from 'zod'
import { updateTagName, updateTagsOf } from '../../../domain/tag/tag.store.ts'
import { planTagChange } from '../../../domain/tag/tag.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list, uuid } from '../../../operation/schemas.ts'

export const updateUserTag = defineActivity({
  name: 'updateUserTag',
  path: '/public/v1/submit/update_user_tag',
  type: 'ACTIVITY_TYPE_UPDATE_USER_TAG',
  intentKey: 'updateUserTagIntent',
  resultKey: 'updateUserTagResult',
  summary: 'Rename a tag of users, and add it to or remove it from some',
  spec: 'api-reference/activities/update-user-tag',
  tags: ['user-tags'],
  policy: { resource: 'USER', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({
    userTagId: uuid,
    newUserTagName: label.optional(),
    addUserIds: list(uuid, 200),
    removeUserIds: list(uuid, 200).describe('Also of those that are added.'),
  }),
  older: [],
  result: z.object({ userTagId: z.uuid() }),
  errors: ['USER_TAG_NOT_FOUND', 'USER_TAG_LABEL_NOT_UNIQUE', 'USER_NOT_FOUND'],
  example: {
    params: {
      userTagId: '019a0000-0000-7000-8000-000000000009',
      newUserTagName: 'Operations',
      addUserIds: ['019a0000-0000-7000-8000-000000000002'],
      removeUserIds: [],
    },
    result: { userTagId: '019a0000-0000-7000-8000-000000000009' },
  },
  changes: 'snapshot',
  prepare({ organization }, params) {
    const { userTagId: id, newUserTagName, addUserIds: add, removeUserIds: remove } = params
    const { organizationId } = organization
    const change = { id, name: newUserTagName ?? null, add, remove }
    const { name, tagged } = planTagChange({ organization, kind: 'user', ...change })
    return { result: { userTagId: id }, organizationId, tag: { id, name }, tagged }
  },
  async effects(tx, { organizationId, tag, tagged }) {
    const { nowMs } = tx
    await updateTagName(tx, organizationId, { ...tag, nowMs })
    await updateTagsOf(tx, 'user', { organizationId, tagged, nowMs })
  },
})
