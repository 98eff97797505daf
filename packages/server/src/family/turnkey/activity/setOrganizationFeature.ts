// SET_ORGANIZATION_FEATURE: turns a feature on, or gives it another value.
import { z } from 'zod'
import { updateFeatures } from '../../../domain/organization/organization.store.ts'
import { defineActivity } from '../../../operation/operation.ts'
import { featureParams, featuresResult, wireFeatures } from '../features.ts'

export const setOrganizationFeature = defineActivity({
  name: 'setOrganizationFeature',
  path: '/public/v1/submit/set_organization_feature',
  type: 'ACTIVITY_TYPE_SET_ORGANIZATION_FEATURE',
  intentKey: 'setOrganizationFeatureIntent',
  resultKey: 'setOrganizationFeatureResult',
  summary: 'Turn on a feature of an organization, or give it another value',
  spec: 'api-reference/activities/set-organization-feature',
  tags: ['features'],
  policy: { resource: 'ORGANIZATION', action: 'UPDATE' },
  rootQuorumOnly: true,
  parentMayAct: false,
  ownUser: () => null,
  concerns: () => ({}),
  limit: 'write',
  params: featureParams,
  older: [],
  result: z.object({ features: featuresResult }),
  errors: [],
  example: {
    params: { name: 'FEATURE_NAME_WEBAUTHN_ORIGINS', value: 'https://app.example.com' },
    result: {
      features: [{ name: 'FEATURE_NAME_WEBAUTHN_ORIGINS', value: 'https://app.example.com' }],
    },
  },
  changes: 'snapshot',
  prepare({ organization }, { name, value }) {
    const { organizationId } = organization
    const features = new Map(organization.features).set(name, value)
    return { result: { features: wireFeatures(features) }, change: { organizationId, features } }
  },
  effects: (tx, { change }) => updateFeatures(tx, { ...change, nowMs: tx.nowMs }),
})
