// UPDATE_PRIVATE_KEY_TAG: renames a tag, and tags or untags private keys.
import { z } from 'zod'
import { updateTagName, updateTagsOf } from '../../../domain/tag/tag.store.ts'
import { planTagChange } from '../../../domain/tag/tag.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list, uuid } from '../../../operation/schemas.ts'

export const updatePrivateKeyTag = defineActivity({
  name: 'updatePrivateKeyTag',
  path: '/public/v1/submit/update_private_key_tag',
  type: 'ACTIVITY_TYPE_UPDATE_PRIVATE_KEY_TAG',
  intentKey: 'updatePrivateKeyTagIntent',
  resultKey: 'updatePrivateKeyTagResult',
  summary: 'Rename a tag of private keys, and add it to or remove it from some',
  spec: 'api-reference/activities/update-private-key-tag',
  tags: ['private-key-tags'],
  policy: { resource: 'PRIVATE_KEY', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({
    privateKeyTagId: uuid,
    newPrivateKeyTagName: label.optional(),
    addPrivateKeyIds: list(uuid, 1000),
    removePrivateKeyIds: list(uuid, 1000).describe('Also of those that are added.'),
  }),
  older: [],
  result: z.object({ privateKeyTagId: z.uuid() }),
  errors: [
    'PRIVATE_KEY_TAG_NOT_FOUND',
    'PRIVATE_KEY_TAG_LABEL_NOT_UNIQUE',
    'PRIVATE_KEY_NOT_FOUND',
  ],
  example: {
    params: {
      privateKeyTagId: '019a0000-0000-7000-8000-00000000000d',
      newPrivateKeyTagName: 'Operations',
      addPrivateKeyIds: ['019a0000-0000-7000-8000-000000000007'],
      removePrivateKeyIds: [],
    },
    result: { privateKeyTagId: '019a0000-0000-7000-8000-00000000000d' },
  },
  changes: 'snapshot',
  prepare({ organization }, params) {
    const {
      privateKeyTagId: id,
      newPrivateKeyTagName,
      addPrivateKeyIds: add,
      removePrivateKeyIds: remove,
    } = params
    const { organizationId } = organization
    const change = { id, name: newPrivateKeyTagName ?? null, add, remove }
    const { name, tagged } = planTagChange({ organization, kind: 'privateKey', ...change })
    return { result: { privateKeyTagId: id }, organizationId, tag: { id, name }, tagged }
  },
  async effects(tx, { organizationId, tag, tagged }) {
    const { nowMs } = tx
    await updateTagName(tx, organizationId, { ...tag, nowMs })
    await updateTagsOf(tx, 'privateKey', { organizationId, tagged, nowMs })
  },
})
