// get_organization_configs: the root quorum and the features of an organization.
import { z } from 'zod'
import { defineQuery } from '../../../operation/operation.ts'
import { uuid } from '../../../operation/schemas.ts'
import { featuresResult, wireFeatures } from '../features.ts'

export const getOrganizationConfigs = defineQuery({
  name: 'getOrganizationConfigs',
  path: '/public/v1/query/get_organization_configs',
  summary: 'Get the root quorum and the features of an organization',
  spec: 'api-reference/queries/get-configs',
  tags: ['organizations'],
  findsCaller: false,
  limit: 'read',
  params: z.object({ organizationId: uuid }),
  result: z.object({
    configs: z.object({
      features: featuresResult,
      quorum: z.object({ threshold: z.int32(), userIds: z.array(z.uuid()) }),
    }),
  }),
  errors: [],
  example: {
    params: { organizationId: '019a0000-0000-7000-8000-000000000000' },
    result: {
      configs: {
        features: [{ name: 'FEATURE_NAME_WEBAUTHN_ORIGINS', value: 'https://app.example.com' }],
        quorum: { threshold: 1, userIds: ['019a0000-0000-7000-8000-000000000002'] },
      },
    },
  },
  run({ organization }) {
    const members = [...organization.users.values()].filter(({ isRoot }) => isRoot)
    return {
      configs: {
        features: wireFeatures(organization.features),
        quorum: { threshold: organization.rootThreshold, userIds: members.map(({ id }) => id) },
      },
    }
  },
})
