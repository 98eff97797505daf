// What a flush tells the endpoints of webhooks, written with the activities that it is about.
import { findActivity, listVotes } from '../domain/activity/activity.store.ts'
import type { ActivityRow } from '../domain/activity/activity.ts'
import type { Keyvault } from '../domain/keyvault/keyvault.ts'
import { lockDataKeyVersion } from '../domain/keyvault/rotation.store.ts'
import type { Announcer } from '../domain/webhook/announcer.ts'
import { eventOf, eventRows } from '../domain/webhook/event.ts'
import { insertEvents } from '../domain/webhook/webhook.store.ts'
import { assert } from '../errors.ts'
import type { Tx } from '../store/engine.ts'

/** Something that happened to an activity, by one unit. */
export interface Announcement {
  announcer: Announcer
  organizationId: string
  /** The activity as it was inserted, without votes, or the id of one to be read. */
  activity: ActivityRow | string
  seq: number
  /** Its place among what the unit announces. */
  n: number
  atMs: number
}

/** Writes events. The rows that they are about must show what happened, and nothing later. */
export async function writeAnnouncements(
  tx: Tx,
  keyvault: Keyvault,
  announcements: readonly Announcement[],
): Promise<void> {
  const rows = []
  for (const announcement of announcements) rows.push(...(await rowsOf(tx, keyvault, announcement)))
  if (rows.length > 0) await insertEvents(tx, rows)
}

async function rowsOf(tx: Tx, keyvault: Keyvault, announcement: Announcement) {
  const { announcer } = announcement
  const occurrence = { ...announcement, ...(await read(tx, announcement)) }
  const event = eventOf(occurrence, announcer.describe)
  const endpoints = announcer.endpoints.map(async (organizationId) => {
    // The endpoint may be the parent's, whose head this transaction does not hold.
    const version = await lockDataKeyVersion(tx, organizationId)
    const dataKey = await keyvault.dataKeyIn(tx, organizationId, version)
    return eventRows(occurrence, event, { organizationId, dataKey })
  })
  return Promise.all(endpoints)
}

async function read(tx: Tx, { organizationId, activity }: Announcement) {
  if (typeof activity !== 'string') return { activity, votes: [] }
  const row = await findActivity(tx, organizationId, activity)
  assert(row !== undefined, 'an activity that was changed is there')
  return { activity: row, votes: await listVotes(tx, organizationId, activity) }
}
