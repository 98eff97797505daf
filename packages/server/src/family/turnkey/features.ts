// Organization features in the wire form of the Turnkey API.
import { z } from 'zod'
import {
  type FeatureName,
  featureNames,
  type Features,
  featureValueProblem,
} from '../../domain/organization/features.ts'
import { text } from '../../operation/schemas.ts'

const PREFIX = 'FEATURE_NAME_'

type WireName = `FEATURE_NAME_${FeatureName}`

/** `name` of a feature: one of seven. */
export const featureName = z
  .enum(featureNames.map((name): WireName => `${PREFIX}${name}`))
  .transform((name) => name.slice(PREFIX.length) as FeatureName)

/** `{name, value}` of a feature to set, with a value that the feature takes. */
export const featureParams = z
  .strictObject({
    name: featureName,
    value: text(2048)
      .optional()
      .describe('WEBAUTHN_ORIGINS: origins, separated by commas. WEBHOOK: a URL. Others: none.'),
  })
  .transform(({ name, value: given }, context) => {
    const value = given === undefined || given === '' ? null : given
    const message = featureValueProblem(name, value)
    if (message === null) return { name, value }
    context.addIssue({ code: 'custom', path: ['value'], message })
    return z.NEVER
  })

export const featuresResult = z.array(z.object({ name: z.string(), value: z.string().optional() }))

/** The features that are on. */
export function wireFeatures(features: Features): z.input<typeof featuresResult> {
  return featureNames
    .filter((name) => features.has(name))
    .map((name) => {
      const value = features.get(name) ?? null
      return { name: `${PREFIX}${name}`, ...(value === null ? {} : { value }) }
    })
}
