// Creating a sub-organization by any version of its activity.
import { type Answer, apiKeyParams, generateKey, type TestKey } from '../../support/client.ts'
import type { World } from './world.ts'

/** The versions whose API keys have no curve. */
const WITHOUT_CURVE = ['_V2', '_V3', '_V4', '_V5']

/** Creates one with a single root user. @param suffix of the type, such as `_V4` */
export async function createByVersion(
  world: World,
  suffix: string,
  { key = generateKey(), ...more }: { key?: TestKey } & Record<string, unknown> = {},
) {
  const { curveType, ...older } = apiKeyParams(key)
  const apiKeys = [WITHOUT_CURVE.includes(suffix) ? older : { ...older, curveType }]
  const answer = await world.admin.submit(
    'create_sub_organization',
    {
      subOrganizationName: 'sub',
      rootUsers: [{ userName: 'owner', apiKeys, authenticators: [] }],
      rootQuorumThreshold: 1,
      ...more,
    },
    `CREATE_SUB_ORGANIZATION${suffix}`,
  )
  return { key, answer }
}

/** What the result of a version holds. @param suffix of the result key, such as `V4` */
export function resultOf(answer: Answer, suffix: string) {
  return answer.at<Record<string, unknown>>(`activity.result.createSubOrganizationResult${suffix}`)
}
