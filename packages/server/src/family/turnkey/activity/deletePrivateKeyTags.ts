// DELETE_PRIVATE_KEY_TAGS: deletes tags, and removes them from all private keys.
import { z } from 'zod'
import { deleteTags, updateTagsOf } from '../../../domain/tag/tag.store.ts'
import { planTagDeletion } from '../../../domain/tag/tag.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'

export const deletePrivateKeyTags = defineActivity({
  name: 'deletePrivateKeyTags',
  path: '/public/v1/submit/delete_private_key_tags',
  type: 'ACTIVITY_TYPE_DELETE_PRIVATE_KEY_TAGS',
  intentKey: 'deletePrivateKeyTagsIntent',
  resultKey: 'deletePrivateKeyTagsResult',
  summary: 'Delete tags of private keys, and remove them from all that have them',
  spec: 'api-reference/activities/delete-private-key-tags',
  tags: ['private-key-tags'],
  policy: { resource: 'PRIVATE_KEY', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ privateKeyTagIds: z.array(uuid).min(1).max(100) }),
  older: [],
  result: z.object({ privateKeyTagIds: z.array(z.uuid()), privateKeyIds: z.array(z.uuid()) }),
  errors: ['PRIVATE_KEY_TAG_NOT_FOUND'],
  example: {
    params: { privateKeyTagIds: ['019a0000-0000-7000-8000-00000000000d'] },
    result: {
      privateKeyTagIds: ['019a0000-0000-7000-8000-00000000000d'],
      privateKeyIds: ['019a0000-0000-7000-8000-000000000007'],
    },
  },
  changes: 'snapshot',
  prepare({ organization }, { privateKeyTagIds }) {
    const { organizationId } = organization
    const { ids, tagged } = planTagDeletion(organization, 'privateKey', privateKeyTagIds)
    const privateKeyIds = tagged.map(({ id }) => id)
    return { result: { privateKeyTagIds: ids, privateKeyIds }, organizationId, ids, tagged }
  },
  async effects(tx, { organizationId, ids, tagged }) {
    await deleteTags(tx, organizationId, ids)
    await updateTagsOf(tx, 'privateKey', { organizationId, tagged, nowMs: tx.nowMs })
  },
})
