// Webhooks at the hands of the person at the host's shell: the delivery log, replay, shared secrets.
import type { App } from '../app.ts'
import { type Effects, entryOnly } from '../commit/unit.ts'
import type { Snapshot } from '../domain/organization/model.ts'
import { featureValue } from '../domain/organization/features.ts'
import { AT_ONCE_MS, KEPT_MS, WEBHOOK_LANE } from '../domain/webhook/event.ts'
import { sharedSecret } from '../domain/webhook/signature.ts'
import {
  countEvents,
  type EventChoice,
  type LoggedEvent,
  requeueEvents,
} from '../domain/webhook/webhook.store.ts'
import { AppError } from '../errors.ts'
import { newUuid } from '../platform/ids.ts'
import { HostError, hostFacts } from './instance.ts'

/** Of a range that is replayed by one command. */
const REPLAYED_MAX = 10_000

export interface ReplayOptions {
  /** Whose endpoint. */
  organizationId: string
  choice: EventChoice
}

/**
 * Sends events again to the endpoint that the organization has now: the same ids, the same bodies.
 * @returns how many
 */
export async function replayEvents(app: App, options: ReplayOptions): Promise<number> {
  const { organizationId, choice } = options
  const { organization } = await loadEndpoint(app, organizationId)
  const found = await countEvents(app.store.reader, organizationId, choice)
  if (found === 0) throw new HostError('there is no such event in the delivery log')
  if (found > REPLAYED_MAX) {
    throw new HostError(`that is more than ${REPLAYED_MAX} events: choose a smaller range`)
  }
  let replayed = 0
  await recordAsHost(app, {
    organization,
    action: 'webhook.replay',
    payload: { ...choice },
    async effects(tx) {
      const again = { choice, lane: WEBHOOK_LANE, dueMs: AT_ONCE_MS, keptMs: KEPT_MS }
      replayed = await requeueEvents(tx, organizationId, again)
    },
  })
  return replayed
}

/** The secret that signs for the endpoint that the organization has now. */
export async function showSecret(app: App, organizationId: string): Promise<string> {
  const { organization, url } = await loadEndpoint(app, organizationId)
  const dataKey = await app.deps.keyvault.dataKey(app.store.reader, organization)
  const action = 'webhook.secret'
  await recordAsHost(app, { organization, action, payload: {}, effects: null })
  return sharedSecret(dataKey, url)
}

async function loadEndpoint({ deps }: App, organizationId: string) {
  const organization = await deps.directory.refresh(organizationId)
  if (organization === undefined) {
    throw new HostError(`there is no organization ${organizationId}`)
  }
  const url = featureValue(organization, 'WEBHOOK')
  if (typeof url !== 'string') {
    throw new HostError(`organization ${organizationId} has no webhook: set FEATURE_NAME_WEBHOOK`)
  }
  return { organization, url }
}

interface HostRecord {
  organization: Snapshot
  action: string
  payload: Record<string, unknown>
  effects: Effects | null
}

async function recordAsHost({ deps }: App, record: HostRecord): Promise<void> {
  const { organization, action, payload, effects } = record
  const { organizationId } = organization
  const audit = hostFacts({ action, resource: organizationId, payload })
  const outcome = await deps.queue.submit({
    ...entryOnly({ id: newUuid(deps.clock.now()), organizationId, audit }),
    reads: [organization],
    changes: effects === null ? 'nothing' : 'rows',
    effects,
  })
  if (outcome.kind !== 'committed') throw new AppError('UNAVAILABLE')
}

/** A line of the delivery log as people read it. */
export interface ListedEvent {
  id: string
  /** The organization whose activity it is about. */
  organizationId: string
  activityId: string
  seq: number
  /** `waiting`, `delivered`, `refused` by the receiver, or `failed`: given up. */
  outcome: string
  attempts: number
  /** The HTTP status of the last answer, or why there was none; null: not tried. */
  lastAnswer: string | null
  createdAt: string
  firstAttemptAt: string | null
  lastAttemptAt: string | null
  deliveredAt: string | null
}

export function describeEvent(row: LoggedEvent): ListedEvent {
  return {
    id: row.id,
    organizationId: row.source_id,
    activityId: row.activity_id,
    seq: row.seq,
    outcome: row.outcome,
    attempts: row.attempts,
    lastAnswer: row.last_answer,
    createdAt: new Date(row.at_ms).toISOString(),
    firstAttemptAt: isoTime(row.first_attempt_ms),
    lastAttemptAt: isoTime(row.last_attempt_ms),
    deliveredAt: isoTime(row.delivered_ms),
  }
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
