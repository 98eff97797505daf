// REMOVE_ORGANIZATION_FEATURE: turns a feature off; one that is off stays off.
import { z } from 'zod'
import { updateFeatures } from '../../../domain/organization/organization.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { featureName, featuresResult, wireFeatures } from '../features.ts'

export const removeOrganizationFeature = defineActivity({
  name: 'removeOrganizationFeature',
  path: '/public/v1/submit/remove_organization_feature',
  type: 'ACTIVITY_TYPE_REMOVE_ORGANIZATION_FEATURE',
  intentKey: 'removeOrganizationFeatureIntent',
  resultKey: 'removeOrganizationFeatureResult',
  summary: 'Turn off a feature of an organization',
  spec: 'api-reference/activities/remove-organization-feature',
  tags: ['features'],
  policy: { resource: 'ORGANIZATION', action: 'UPDATE' },
  rootQuorumOnly: true,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: z.strictObject({ name: featureName }),
  older: [],
  result: z.object({ features: featuresResult }),
  errors: [],
  example: {
    params: { name: 'FEATURE_NAME_EMAIL_AUTH' },
    result: { features: [{ name: 'FEATURE_NAME_SMS_AUTH' }] },
  },
  changes: 'snapshot',
  prepare({ organization }, { name }) {
    const { organizationId } = organization
    const features = new Map(organization.features)
    features.delete(name)
    return { result: { features: wireFeatures(features) }, change: { organizationId, features } }
  },
  effects: (tx, { change }) => updateFeatures(tx, { ...change, nowMs: tx.nowMs }),
})
