// Commit units as tests put them straight into a queue.
import { randomBytes } from 'node:crypto'
import { entryOnly, type Effects, type Unit } from '../../src/commit/unit.ts'
import type { App } from '../../src/app.ts'
import type { AuditFacts } from '../../src/domain/audit/chain.ts'
import { deleteCredentials } from '../../src/domain/credential/credential.store.ts'
import { insertUsers, markEmailVerified } from '../../src/domain/user/user.store.ts'
import { newUuid } from '../../src/platform/ids.ts'

function facts(action: string): AuditFacts {
  return {
    actor: 'system',
    credential: '',
    action,
    resource: '',
    outcome: 'accepted',
    activityId: null,
    bodyHash: null,
    payload: {},
  }
}

/** A unit that writes an entry, and whatever `rest` says. */
export function unitOf(organizationId: string, action: string, rest: Partial<Unit> = {}): Unit {
  const id = newUuid(Date.now())
  return { ...entryOnly({ id, organizationId, audit: facts(action) }), ...rest }
}

/** A unit that inserts an activity with whatever `rest` says of it. */
export function activityUnit(
  organizationId: string,
  action: string,
  rest: Partial<NonNullable<Unit['activity']>> = {},
): Unit {
  const activity = {
    organization_id: organizationId,
    id: newUuid(Date.now()),
    fingerprint: randomBytes(32),
    status: 'COMPLETED' as const,
    denied_to: '',
    redacted: null,
    sealed_body: null,
    evaluations: null,
    type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2',
    actor_organization_id: organizationId,
    actor_user_id: newUuid(Date.now()),
    body: Buffer.from('{}'),
    stamp: '',
    result: '{}',
    failure: null,
    ...rest,
  }
  const unit = unitOf(organizationId, action, { activity })
  return { ...unit, audit: { ...unit.audit, activityId: activity.id } }
}

/** Effects that insert one user. */
export function insertsUser(organizationId: string, name: string): Effects {
  const row = {
    organization_id: organizationId,
    id: newUuid(Date.now()),
    name,
    email: null,
    phone: null,
    is_root: 0,
    created_ms: 1,
    updated_ms: 1,
  }
  return (tx) => insertUsers(tx, { users: [row], apiKeys: [], passkeys: [], oidcIdentities: [] })
}

/** Changes an organization through the queue of `app`, as an activity of the server would. */
async function change(app: App, organizationId: string, effects: Effects): Promise<void> {
  const unit = unitOf(organizationId, 'change', { changes: 'snapshot', effects })
  const outcome = await app.deps.queue.submit(unit)
  if (outcome.kind !== 'committed') throw new Error(`nothing was changed: ${outcome.kind}`)
}

export function deleteKeys(app: App, organizationId: string, ids: string[]): Promise<void> {
  return change(app, organizationId, (tx) =>
    deleteCredentials(tx, 'apiKey', { organizationId, ids }),
  )
}

export function verifyEmail(app: App, organizationId: string, userId: string): Promise<void> {
  return change(app, organizationId, (tx) =>
    markEmailVerified(tx, { organizationId, userId, nowMs: tx.nowMs }),
  )
}
