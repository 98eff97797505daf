// How requests are recorded: audit facts, refused requests, and the fingerprint of a body.
import { sha256 } from '@keystead/crypto/node'
import { entryOnly, type Unit } from '../commit/unit.ts'
import type { AuditFacts } from '../domain/audit/chain.ts'
import { announcerFor } from '../domain/webhook/announcer.ts'
import { type AppError, type ErrorCategory, type ErrorCode, errorCategory } from '../errors.ts'
import type { Caller, Family, Inbound } from '../operation/family.ts'
import type { Operation } from '../operation/operation.ts'
import { newUuid } from '../platform/ids.ts'
import type { Dependencies } from './dependencies.ts'

/** What every unit of `caller` is decided on: whose chain, which revisions, until when. */
export function decidedOn({ organization, parent, validUntilMs }: Caller) {
  return {
    organizationId: organization.organizationId,
    reads: parent === null ? [organization] : [organization, parent],
    validUntilMs,
  }
}

/** Who is told of the activities that units of `caller` make or change. */
export function announcerOf(
  family: Pick<Family, 'describeActivity'>,
  { organization, parent }: Pick<Caller, 'organization' | 'parent'>,
): Unit['announcer'] {
  const place = { organization, parent }
  return announcerFor(place, ({ nowMs, ...view }) =>
    family.describeActivity({ ...place, nowMs }, view),
  )
}

/** The caller as the audit log names it. */
function nameOf({ actor }: Caller): string {
  return `user:${actor.organizationId}/${actor.userId}`
}

/** An entry for each would cost more than the request that the limit refused. */
const SUMMARISED = new Set<ErrorCode>(['RATE_LIMITED', 'PARENT_RATE_LIMITED'])

const DENIALS = new Set<ErrorCategory>(['forbidden', 'limit'])

/** The audit facts that every unit of `caller` shares. */
export function auditFacts(
  turn: { operation: Operation; request: Inbound; caller: Caller },
  event: Pick<AuditFacts, 'action' | 'outcome' | 'activityId' | 'bodyHash'> & {
    payload?: AuditFacts['payload']
  },
): AuditFacts {
  const { operation, request, caller } = turn
  return {
    actor: nameOf(caller),
    credential: caller.credentialId,
    action: event.action,
    resource:
      operation.kind === 'activity' && 'resource' in operation.policy
        ? operation.policy.resource
        : '',
    outcome: event.outcome,
    activityId: event.activityId,
    bodyHash: event.bodyHash,
    payload: { path: operation.path, address: request.address, ...event.payload },
  }
}

/**
 * Records a request that ended in an error without an activity: strangers, and callers who send too
 * much, in the minute's summary, other authenticated submissions with an entry of their own. Queries
 * write none.
 */
export async function recordRefusal(
  deps: Dependencies,
  turn: { operation: Operation; request: Inbound; caller: Caller | null; error: AppError },
): Promise<void> {
  const { operation, request, caller, error } = turn
  // Strangers, and what storage cannot take now, are counted and written with the next summary.
  if (caller === null || error.code === 'UNAVAILABLE') {
    deps.refusals.count(error.code, request.address)
    return
  }
  if (operation.kind === 'query' || error.details.activityId !== undefined) return
  const { organizationId } = caller.organization
  const actor = nameOf(caller)
  if (SUMMARISED.has(error.code)) {
    const credential = caller.credentialId
    deps.refusals.countCaller({ organizationId, actor, credential, reason: error.code })
    return
  }
  const facts = auditFacts(
    { operation, request, caller },
    {
      action: operation.kind === 'vote' ? operation.type : (operation.versions[0]?.type ?? ''),
      outcome: DENIALS.has(errorCategory(error.code)) ? 'denied' : 'failed',
      activityId: null,
      bodyHash: sha256(request.body),
      payload: { error: error.code },
    },
  )
  const unit = entryOnly({ id: newUuid(deps.clock.now()), organizationId, audit: facts })
  await deps.queue.submit(unit).catch(() => deps.refusals.count(error.code, request.address))
}
