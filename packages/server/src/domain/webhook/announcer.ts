// Who is told of an activity, and in which words: decided with the unit that makes or changes it.
import type { ActivityRow, VoteRow } from '../activity/activity.ts'
import { type Features, featureValue } from '../organization/features.ts'

/** An organization as far as its webhook goes. */
export interface Subscriber {
  organizationId: string
  features: Features
}

/** Puts an activity into the words of its family, as somebody sees it who is no user. */
export type DescribeActivity = (at: {
  activity: ActivityRow
  votes: readonly VoteRow[]
  nowMs: number
}) => object

export interface Announcer {
  /** The organizations whose endpoints are told. */
  endpoints: readonly string[]
  describe: DescribeActivity
}

/** The announcer for activities of `organization`; null when nobody wants to be told. */
export function announcerFor(
  { organization, parent }: { organization: Subscriber; parent: Subscriber | null },
  describe: DescribeActivity,
): Announcer | null {
  const own = wantsEvents(organization)
  const above = parent !== null && wantsEvents(parent)
  if (!own && !above) return null
  const endpoints = [...(own ? [organization] : []), ...(above ? [parent] : [])]
  return { endpoints: endpoints.map(({ organizationId }) => organizationId), describe }
}

function wantsEvents(organization: Subscriber): boolean {
  return featureValue(organization, 'WEBHOOK') !== undefined
}
