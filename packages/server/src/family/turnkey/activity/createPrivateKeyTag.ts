// CREATE_PRIVATE_KEY_TAG: names a group of private keys.
import { z } from 'zod'
import { insertTag, updateTagsOf } from '../../../domain/tag/tag.store.ts'
import { planTag } from '../../../domain/tag/tag.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label, list, uuid } from '../../../operation/schemas.ts'

export const createPrivateKeyTag = defineActivity({
  name: 'createPrivateKeyTag',
  path: '/public/v1/submit/create_private_key_tag',
  type: 'ACTIVITY_TYPE_CREATE_PRIVATE_KEY_TAG',
  intentKey: 'createPrivateKeyTagIntent',
  resultKey: 'createPrivateKeyTagResult',
  summary: 'Create a tag for private keys, and tag some with it',
  spec: 'api-reference/activities/create-private-key-tag',
  tags: ['private-key-tags'],
  policy: { resource: 'PRIVATE_KEY', action: 'CREATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ privateKeyTagName: label, privateKeyIds: list(uuid, 1000) }),
  older: [],
  result: z.object({ privateKeyTagId: z.uuid(), privateKeyIds: z.array(z.uuid()) }),
  errors: ['TAG_LIMIT', 'PRIVATE_KEY_TAG_LABEL_NOT_UNIQUE', 'PRIVATE_KEY_NOT_FOUND'],
  example: {
    params: {
      privateKeyTagName: 'Operations',
      privateKeyIds: ['019a0000-0000-7000-8000-000000000007'],
    },
    result: {
      privateKeyTagId: '019a0000-0000-7000-8000-00000000000d',
      privateKeyIds: ['019a0000-0000-7000-8000-000000000007'],
    },
  },
  changes: 'snapshot',
  prepare(ctx, { privateKeyTagName: name, privateKeyIds: memberIds }) {
    const { organizationId } = ctx.organization
    const { id, row, tagged } = planTag({ ...ctx, kind: 'privateKey', name, memberIds })
    const privateKeyIds = tagged.map((member) => member.id)
    return { result: { privateKeyTagId: id, privateKeyIds }, organizationId, row, tagged }
  },
  async effects(tx, { organizationId, row, tagged }) {
    await insertTag(tx, row)
    await updateTagsOf(tx, 'privateKey', { organizationId, tagged, nowMs: tx.nowMs })
  },
})
