// DELETE_PRIVATE_KEYS: removes private keys.
import { z } from 'zod'
import { privateKeySubjectOf } from '../../../domain/policy/subject.ts'
import { deletePrivateKeys as removeKeys } from '../../../domain/privateKey/privateKey.store.ts'
import { planPrivateKeyDeletion } from '../../../domain/privateKey/privateKey.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { deleteWithoutExport } from '../transfers.ts'

export const deletePrivateKeys = defineActivity({
  name: 'deletePrivateKeys',
  path: '/public/v1/submit/delete_private_keys',
  type: 'ACTIVITY_TYPE_DELETE_PRIVATE_KEYS',
  intentKey: 'deletePrivateKeysIntent',
  resultKey: 'deletePrivateKeysResult',
  summary: 'Delete private keys, all or none',
  spec: 'api-reference/activities/delete-private-keys',
  tags: ['private-keys'],
  policy: { resource: 'PRIVATE_KEY', action: 'DELETE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: ({ organization }, { privateKeyIds }) =>
    privateKeyIds.map((id) => privateKeySubjectOf(organization, id)),
  limit: 'write',
  params: z.strictObject({ privateKeyIds: z.array(uuid).min(1).max(100), deleteWithoutExport }),
  older: [],
  result: z.object({ privateKeyIds: z.array(z.uuid()) }),
  errors: ['PRIVATE_KEY_NOT_FOUND', 'PRIVATE_KEY_NOT_EXPORTED'],
  example: {
    params: { privateKeyIds: ['019a0000-0000-7000-8000-000000000007'], deleteWithoutExport: true },
    result: { privateKeyIds: ['019a0000-0000-7000-8000-000000000007'] },
  },
  changes: 'snapshot',
  prepare({ organization }, { privateKeyIds: ids, deleteWithoutExport: withoutExport }) {
    const privateKeyIds = planPrivateKeyDeletion(organization, { ids, withoutExport })
    return { result: { privateKeyIds }, organizationId: organization.organizationId }
  },
  effects: (tx, { organizationId, result }) => removeKeys(tx, organizationId, result.privateKeyIds),
})
