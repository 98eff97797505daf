// The end of what waited too long for votes.
import { rejectExpired } from '../domain/activity/activity.store.ts'
import type { Clock } from '../platform/clock.ts'
import { newUuid } from '../platform/ids.ts'
import { entryOnly, type Unit } from './unit.ts'

interface Waiting {
  clock: Clock
  /** How long an activity may wait. */
  window: { pendingMs: number }
}

/**
 * The unit that rejects those of the activities of an organization that, at its moment of commit,
 * have waited too long. The server itself is its actor.
 */
export function endOfWaiting(
  { clock, window }: Waiting,
  organizationId: string,
  activityIds: readonly string[],
): Unit {
  const audit = {
    actor: 'system',
    credential: '',
    action: 'activities.expire',
    resource: 'ACTIVITY',
    outcome: 'rejected' as const,
    activityId: null,
    bodyHash: null,
    payload: { activityIds },
  }
  return {
    ...entryOnly({ id: newUuid(clock.now()), organizationId, audit }),
    changes: 'rows',
    effects: (tx) =>
      rejectExpired(tx, organizationId, {
        ids: activityIds,
        untilMs: tx.nowMs - window.pendingMs,
        nowMs: tx.nowMs,
      }),
  }
}
