// DELETE_SUB_ORGANIZATION: deletes the sub-organization that it runs in, with all that it holds.
import { z } from 'zod'
import { holdsUnexported } from '../../../domain/organization/deletion.ts'
import { eraseOrganization } from '../../../domain/organization/organization.store.ts'
import { defineActivity } from '../../../operation/operation.ts'

export const deleteSubOrganization = defineActivity({
  name: 'deleteSubOrganization',
  path: '/public/v1/submit/delete_sub_organization',
  type: 'ACTIVITY_TYPE_DELETE_SUB_ORGANIZATION',
  intentKey: 'deleteSubOrganizationIntent',
  resultKey: 'deleteSubOrganizationResult',
  summary: 'Delete the sub-organization that the request names, with all that it holds',
  spec: 'api-reference/activities/delete-sub-organization',
  tags: ['organizations'],
  policy: { resource: 'ORGANIZATION', action: 'DELETE' },
  rootQuorumOnly: true,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({
    deleteWithoutExport: z
      .boolean()
      .optional()
      .describe('Delete wallets and private keys that were not exported too.'),
  }),
  older: [],
  result: z.object({ subOrganizationUuid: z.uuid() }),
  errors: ['ROOT_ORGANIZATION', 'ORGANIZATION_NOT_EXPORTED'],
  example: {
    params: { deleteWithoutExport: true },
    result: { subOrganizationUuid: '019a0000-0000-7000-8000-000000000004' },
  },
  changes: 'snapshot',
  prepare(ctx, { deleteWithoutExport }) {
    const { organizationId, parentId } = ctx.organization
    if (parentId === null) return ctx.fail('ROOT_ORGANIZATION')
    if (deleteWithoutExport !== true && holdsUnexported(ctx.organization)) {
      return ctx.fail('ORGANIZATION_NOT_EXPORTED')
    }
    return { result: { subOrganizationUuid: organizationId }, organizationId }
  },
  effects: (tx, { organizationId }) => eraseOrganization(tx, { organizationId, nowMs: tx.nowMs }),
})
