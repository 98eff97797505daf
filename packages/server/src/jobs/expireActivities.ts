// Rejects activities that waited too long for votes.
import type { Unit } from '../commit/unit.ts'
import { endOfWaiting } from '../commit/waiting.ts'
import { listWaiting, type WaitingActivity } from '../domain/activity/activity.store.ts'
import { Sweep, type SweepDependencies } from './sweep.ts'

type ExpiryDependencies = SweepDependencies & {
  /** How long an activity may wait. */
  window: { pendingMs: number }
  /** Who is told of the activities of an organization. */
  announcerIn(organizationId: string): Promise<Unit['announcer']>
}

export class ActivityExpiry extends Sweep<WaitingActivity> {
  constructor(deps: ExpiryDependencies) {
    const { store, window } = deps
    super(deps, {
      lease: 'expire-activities',
      list: (nowMs, page) => listWaiting(store.reader, nowMs - window.pendingMs, page),
      async unit(organizationId, activities) {
        const activityIds = activities.map(({ id }) => id)
        const announcer = await deps.announcerIn(organizationId)
        return endOfWaiting(deps, organizationId, { activityIds, announcer })
      },
    })
  }
}
