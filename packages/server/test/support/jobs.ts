// What the scenario of the stores asks of background jobs.
import {
  listAgedKeys,
  listKeysUnderOlder,
  listRewrapping,
} from '../../src/domain/keyvault/rotation.store.ts'
import { readProgress, rekey, rotateDataKeys } from '../../src/host/rotation.ts'
import { ActivityExpiry } from '../../src/jobs/expireActivities.ts'
import { createRotation } from '../../src/jobs/rotation.ts'
import type { Instance } from './instance.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Rotates in a first process, and lets the time pass after which old keys go. */
export async function rotateKeys(instance: Instance): Promise<void> {
  const { app, organizationId } = instance
  let laterMs = 0
  const clock = { now: () => Date.now() + laterMs }
  const { store } = app
  const jobs = createRotation({ ...app.deps, store, clock, holder: 'test', rotationDays: null })
  await rotateDataKeys(app, { organizationId })
  await rekey(app)
  await rotateDataKeys(app, { organizationId: null })
  for (let round = 0; round < 2; round++) {
    await jobs.run()
    laterMs += 2 * 60_000
  }
  await readProgress(store.reader)
  const place = { organization_id: organizationId, version: 1, root_version: 1 }
  const wrapped = { ...place, wrapped: Buffer.of() }
  await listKeysUnderOlder(store.reader, 1, { after: wrapped, limit: 1 })
  await listAgedKeys(store.reader, 1, { after: { ...place, created_ms: 1 }, limit: 1 })
  await listRewrapping(store.reader, { after: organizationId, limit: 1 })
}

/** Looks for what waits since yesterday, as far as the job knows. */
export function expireWaiting({ app }: Instance): Promise<void> {
  const clock = { now: () => Date.now() + 2 * DAY_MS }
  const { queue, window } = app.deps
  const announcerIn = () => Promise.resolve(null)
  return new ActivityExpiry({
    store: app.store,
    queue,
    clock,
    holder: 'test',
    window,
    announcerIn,
  }).run()
}
