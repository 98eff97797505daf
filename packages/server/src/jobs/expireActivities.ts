// Rejects activities that waited too long for votes.
import { endOfWaiting } from '../commit/waiting.ts'
import { listWaiting, type WaitingActivity } from '../domain/activity/activity.store.ts'
import { Sweep, type SweepDependencies } from './sweep.ts'

/** `window.pendingMs`: how long an activity may wait. */
type ExpiryDependencies = SweepDependencies & { window: { pendingMs: number } }

export class ActivityExpiry extends Sweep<WaitingActivity> {
  constructor(deps: ExpiryDependencies) {
    const { store, window } = deps
    super(deps, {
      lease: 'expire-activities',
      list: (nowMs, page) => listWaiting(store.reader, nowMs - window.pendingMs, page),
      unit: (organizationId, activities) =>
        endOfWaiting(
          deps,
          organizationId,
          activities.map(({ id }) => id),
        ),
    })
  }
}
