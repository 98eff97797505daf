// UPDATE_ORGANIZATION_NAME: renames an organization.
import { z } from 'zod'
import { updateOrganizationName as storeName } from '../../../domain/organization/organization.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { label } from '../../../operation/schemas.ts'

export const updateOrganizationName = defineActivity({
  name: 'updateOrganizationName',
  path: '/public/v1/submit/update_organization_name',
  type: 'ACTIVITY_TYPE_UPDATE_ORGANIZATION_NAME',
  intentKey: 'updateOrganizationNameIntent',
  resultKey: 'updateOrganizationNameResult',
  summary: 'Rename an organization',
  spec: 'api-reference/activities/update-organization-name',
  tags: ['organizations'],
  policy: { resource: 'ORGANIZATION', action: 'UPDATE' },
  rootQuorumOnly: false,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ organizationName: label }),
  older: [],
  result: z.object({ organizationId: z.uuid(), organizationName: z.string() }),
  errors: [],
  example: {
    params: { organizationName: 'Acme Treasury' },
    result: {
      organizationId: '019a0000-0000-7000-8000-000000000000',
      organizationName: 'Acme Treasury',
    },
  },
  changes: 'snapshot',
  prepare({ organization: { organizationId } }, { organizationName: name }) {
    return { result: { organizationId, organizationName: name }, change: { organizationId, name } }
  },
  effects: (tx, { change }) => storeName(tx, { ...change, nowMs: tx.nowMs }),
})
