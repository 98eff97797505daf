// The composition root: builds what an unsealed process needs to answer requests.
import { randomUUID } from 'node:crypto'
import { CommitQueue } from './commit/queue.ts'
import { entryOnly } from './commit/unit.ts'
import type { Config } from './config.ts'
import { stopCheckpoints, writeCheckpoint } from './domain/audit/checkpointer.ts'
import { HeadWatch } from './domain/audit/headWatch.ts'
import { Refusals } from './domain/audit/refusals.ts'
import { IdTokenVerifier } from './domain/credential/idToken.ts'
import { Keyvault } from './domain/keyvault/keyvault.ts'
import type { RootKeys } from './domain/keyvault/rootKeys.ts'
import { type Deliver, deliverDue } from './domain/outbox/deliverer.ts'
import { Directory } from './domain/organization/directory.ts'
import { UsageMeter } from './domain/usage/meter.ts'
import { WebhookDeliverer } from './domain/webhook/deliverer.ts'
import { WEBHOOK_LANE } from './domain/webhook/event.ts'
import { ActivityExpiry } from './jobs/expireActivities.ts'
import { ExpiredKeyPurge } from './jobs/purgeExpiredKeys.ts'
import { ImportKeyPurge } from './jobs/purgeImportKeys.ts'
import { createRotation } from './jobs/rotation.ts'
import type { Family } from './operation/family.ts'
import type { Dependencies, Observed } from './pipeline/dependencies.ts'
import { announcerOf } from './pipeline/record.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { bodyWithoutSecrets } from './operation/secret.ts'
import { parseStrictJson } from './platform/strictJson.ts'
import { INSTANCE_ID, newUuid } from './platform/ids.ts'
import { createJob, type Job } from './platform/job.ts'
import { log, logsDebug } from './platform/log.ts'
import {
  cacheLookups,
  errorCount,
  flushUnits,
  outboxDeliveries,
  requestCount,
  stageSeconds,
  webhookSeconds,
} from './platform/metrics.ts'
import { Turns } from './platform/turns.ts'
import { createRateLimiter } from './rateLimits.ts'
import { type BackupJobOptions, ScheduledBackups } from './jobs/scheduledBackups.ts'
import { Busy, patiently, StorageFailure, type Store } from './store/engine.ts'

const CHECKPOINT_MS = 1000
const OUTBOX_MS = 1000
const SUMMARY_MS = 60_000
const PURGE_MS = 60_000
const EXPIRY_MS = 60_000
const ROTATION_MS = 1000
const USAGE_MS = 5000
const BACKUP_MS = 60_000

/** Everything an unsealed process works with. */
export interface App {
  store: Store
  deps: Dependencies
  /** Delivers what is due in the outbox, where this process has jobs. */
  deliver(): Promise<void>
  /** Stops the background jobs and writes what they still hold. */
  stop(): Promise<void>
}

/** How each lane of the outbox delivers. */
export type Lanes = ReadonlyMap<string, Deliver>

interface JobOptions {
  lanes: Lanes
  /** Puts activities into words, for those who are told of them. */
  family: Pick<Family, 'describeActivity'>
  backups: BackupJob
}

export type BackupJob = Pick<BackupJobOptions, 'schedule' | 'openStore'>

interface JobSettings extends JobOptions {
  /** How old data keys get; null: any age. */
  rotationDays: number | null
}

export interface AppOptions {
  config: Config
  clock?: Clock
  /** See `Config.publicUrl`; asked when a link is made. */
  publicUrl: () => string
  /** Background jobs, and how they deliver messages; null: none. */
  jobs: JobOptions | null
}

export async function createApp(
  store: Store,
  rootKeys: RootKeys,
  options: AppOptions,
): Promise<App> {
  const { config } = options
  const clock = options.clock ?? systemClock
  const keyvault = await Keyvault.open(store.reader, rootKeys)
  const watch = new HeadWatch()
  const directory = new Directory(store, keyvault, watch)
  // SECURITY: an instance whose own rows were changed from outside does not start.
  const instance = await directory.find(INSTANCE_ID)
  const limiting = createRateLimiter(store, config)
  if (options.jobs !== null) await limiting.open()
  const onFlush = (units: number) => flushUnits.observe(units)
  const queue = new CommitQueue(store, { keyvault, clock, watch, onFlush })
  const deps: Dependencies = {
    store,
    keyvault,
    oidc: new IdTokenVerifier({ ...config.oidc, clock }),
    clock,
    directory,
    queue,
    underLock: (organizationId, work) => queue.underLock(organizationId, work),
    refusals: new Refusals(),
    publicUrl: options.publicUrl,
    webhookHosts: config.webhookPrivateHosts,
    rateLimiter: limiting.rateLimiter,
    usage: new UsageMeter(),
    allowances: config.allowances,
    turns: new Turns(),
    window: { ...config.window, acceptedFromMs: instance?.acceptedFromMs ?? 0 },
    observe,
  }
  const jobs =
    options.jobs === null
      ? noJobs
      : startJobs({ deps, store }, { ...options.jobs, rotationDays: config.dataKeyRotationDays })
  const stop = async () => {
    await jobs.stop()
    await limiting.close()
  }
  return { store, deps, deliver: () => jobs.deliver(), stop }
}

function observe(event: Observed): void {
  const { operation, status, error, watch } = event
  requestCount.inc({ operation: operation.name, status })
  for (const { stage, ms } of watch.laps) stageSeconds.observe({ stage }, ms / 1000)
  if (logsDebug()) log('debug', 'request', { ...describeRequest(event), body: loggedBody(event) })
  if (error === null) return
  errorCount.inc({ code: error.code })
  const { cause } = error
  const storageFailed = cause instanceof StorageFailure
  if (error.code === 'INTERNAL' || storageFailed) {
    const tampered = cause instanceof Error && cause.name === 'Tampered'
    const fields = { ...describeRequest(event), requestId: error.details.requestId }
    log(tampered ? 'alarm' : 'error', 'a request failed', { ...fields, cause })
  }
}

/** The body as the log may have it; nothing when it did not parse. */
function loggedBody({ operation, request }: Observed): unknown {
  const parsed = parseStrictJson(request.body)
  return parsed.ok ? bodyWithoutSecrets(operation, parsed.value) : undefined
}

/** What the log says about a request. */
function describeRequest({ operation, request, caller, status, error, watch }: Observed) {
  return {
    operation: operation.name,
    status,
    address: request.address,
    actor: caller?.actor,
    code: error?.code,
    timing: watch.header(),
  }
}

interface Jobs {
  deliver(): Promise<void>
  stop(): Promise<void>
}

const noJobs: Jobs = { deliver: () => Promise.resolve(), stop: () => Promise.resolve() }

/** What jobs of one kind have in common: how often each runs, and how the work of a run is ended. */
interface JobGroup {
  timed: readonly (readonly [Job, number])[]
  end(): void
}

interface JobContext {
  deps: Dependencies
  store: Store
  /** Names this process where one of all processes does the work. */
  holder: string
}

function startJobs({ deps, store }: Pick<App, 'deps' | 'store'>, settings: JobSettings): Jobs {
  const context = { deps, store, holder: randomUUID() }
  const outbox = job('outbox', () => deliverDue(deliveryTurn(context, settings.lanes)))
  const groups = [webhookJobs(context), upkeepJobs(context, settings)]
  const records = recordJobs(context)
  const timed = [[outbox, OUTBOX_MS] as const, ...groups.flatMap((group) => group.timed)]
  const timers = [...timed, ...records].map(([one, everyMs]) =>
    setInterval(() => void one.run(), everyMs),
  )
  return {
    deliver: () => outbox.run(),
    async stop() {
      for (const timer of timers) clearInterval(timer)
      for (const group of groups) group.end()
      for (const [one] of timed) await one.idle()
      // Once more: what they count in memory would be lost.
      for (const [one] of records) await one.run()
      await job('checkpoint', () => stopCheckpoints(context)).run()
    },
  }
}

function job(name: string, work: () => Promise<void>): Job {
  return createJob(name, work, (error) => error instanceof Busy)
}

function observeDelivery(lane: string, outcome: string): void {
  outboxDeliveries.inc({ lane, outcome })
}

function deliveryTurn({ deps, store, holder }: JobContext, lanes: Lanes) {
  const { keyvault, clock } = deps
  return { store, keyvault, clock, holder, lanes, observe: observeDelivery }
}

function webhookJobs({ deps, store, holder }: JobContext): JobGroup {
  const webhooks = new WebhookDeliverer({
    ...deps,
    store,
    holder,
    privateHosts: deps.webhookHosts,
    observe(outcome, seconds) {
      observeDelivery(WEBHOOK_LANE, outcome)
      webhookSeconds.observe({ outcome }, seconds)
    },
  })
  const events = job('webhooks', () => webhooks.run())
  return { timed: [[events, OUTBOX_MS]], end: () => webhooks.stop() }
}

/** What keeps the database in order; all but rotation begin at once. */
function upkeepJobs({ deps, store, holder }: JobContext, settings: JobSettings): JobGroup {
  const { family, backups, rotationDays } = settings
  const { queue, clock, keyvault } = deps
  const expiredKeys = new ExpiredKeyPurge({ store, queue, clock, holder })
  const importKeys = new ImportKeyPurge({ store, queue, clock, holder })
  const purge = job('purge', async () => {
    await expiredKeys.run()
    await importKeys.run()
  })
  const waiting = new ActivityExpiry({
    ...deps,
    store,
    holder,
    announcerIn: (organizationId) => findAnnouncer(deps, family, organizationId),
  })
  const expiry = job('expiry', () => waiting.run())
  const { rootKeys } = keyvault
  const scheduled = new ScheduledBackups({ ...deps, ...backups, store, rootKeys, holder })
  const backup = job('backup', () => scheduled.run())
  const keys = createRotation({ ...deps, store, holder, rotationDays })
  const rotation = job('rotation', () => keys.run())
  for (const one of [purge, expiry, backup]) void one.run()
  return {
    timed: [
      [purge, PURGE_MS],
      [expiry, EXPIRY_MS],
      [backup, BACKUP_MS],
      [rotation, ROTATION_MS],
    ],
    end() {
      scheduled.stop()
      keys.stop()
    },
  }
}

/** What writes down what processes have seen. */
function recordJobs({ deps, store, holder }: JobContext): (readonly [Job, number])[] {
  const { keyvault, clock } = deps
  const checkpoint = () => writeCheckpoint({ store, keyvault, holder, nowMs: clock.now() })
  return [
    [job('summaries', () => writeSummaries(deps)), SUMMARY_MS],
    [job('usage', () => writeUsage({ store, deps })), USAGE_MS],
    [job('checkpoint', checkpoint), CHECKPOINT_MS],
  ]
}

/** Who is told of the activities of an organization that nobody asked for. */
async function findAnnouncer(
  { directory }: Dependencies,
  family: JobOptions['family'],
  organizationId: string,
) {
  const organization = await directory.find(organizationId)
  if (organization === undefined) return null
  const { parentId } = organization
  const parent = parentId === null ? undefined : await directory.find(parentId)
  return announcerOf(family, { organization, parent: parent ?? null })
}

/** Adds what this process counted to the database: bookkeeping, which takes no head. */
export function writeUsage({ store, deps }: Pick<App, 'store' | 'deps'>): Promise<void> {
  return deps.usage.write((work) => patiently(() => store.write('alone', work)))
}

/** Writes the refusals counted since the last time to the chains that they belong to. */
async function writeSummaries(deps: Dependencies): Promise<void> {
  const { hits, misses } = deps.directory.cache.counts
  cacheLookups.set({ outcome: 'hit' }, hits)
  cacheLookups.set({ outcome: 'miss' }, misses)
  const entries = deps.refusals.take()
  while (entries[0] !== undefined) {
    const [entry] = entries
    try {
      await deps.queue.submit(entryOnly({ id: newUuid(deps.clock.now()), ...entry }))
    } catch (error) {
      deps.refusals.restore(entries)
      throw error
    }
    entries.shift()
  }
}
