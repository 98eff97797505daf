// The composition root: builds what an unsealed process needs to answer requests.
import { randomUUID } from 'node:crypto'
import { CommitQueue } from './commit/queue.ts'
import { entryOnly } from './commit/unit.ts'
import type { Config } from './config.ts'
import { stopCheckpoints, writeCheckpoint } from './domain/audit/checkpointer.ts'
import { HeadWatch } from './domain/audit/headWatch.ts'
import { Refusals } from './domain/audit/refusals.ts'
import { Keyvault } from './domain/keyvault/keyvault.ts'
import { Directory } from './domain/organization/directory.ts'
import { UsageMeter } from './domain/usage/meter.ts'
import { AppError } from './errors.ts'
import type { Dependencies, Observed } from './pipeline/dependencies.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { bodyWithoutSecrets } from './operation/secret.ts'
import { parseStrictJson } from './platform/strictJson.ts'
import { INSTANCE_ID, newUuid } from './platform/ids.ts'
import { log, logsDebug } from './platform/log.ts'
import {
  cacheLookups,
  errorCount,
  flushUnits,
  requestCount,
  stageSeconds,
} from './platform/metrics.ts'
import { Turns } from './platform/turns.ts'
import { createRateLimiter } from './rateLimits.ts'
import { Busy, patiently, type Store } from './store/engine.ts'

const CHECKPOINT_MS = 1000
const SUMMARY_MS = 60_000
const USAGE_MS = 5000

/** Everything an unsealed process works with. */
export interface App {
  store: Store
  deps: Dependencies
  /** Stops the background jobs and writes what they still hold. */
  stop(): Promise<void>
}

export async function createApp(
  store: Store,
  rootKey: Buffer,
  options: { config: Config; clock?: Clock; jobs: boolean },
): Promise<App> {
  const clock = options.clock ?? systemClock
  const keyvault = await Keyvault.open(store.reader, rootKey)
  const watch = new HeadWatch()
  const { config } = options
  const limiting = createRateLimiter(store, config)
  const onFlush = (units: number) => flushUnits.observe(units)
  const queue = new CommitQueue(store, { keyvault, clock, watch, onFlush })
  const deps: Dependencies = {
    store,
    keyvault,
    oidc: { verify: () => Promise.reject(new AppError('INVALID_OIDC_TOKEN')) },
    clock,
    directory: new Directory(store, keyvault, watch),
    queue,
    underLock: (organizationId, work) => queue.underLock(organizationId, work),
    refusals: new Refusals(),
    rateLimiter: limiting.rateLimiter,
    usage: new UsageMeter(),
    allowances: config.allowances,
    turns: new Turns(),
    window: config.window,
    observe,
  }
  // SECURITY: an instance whose own rows were changed from outside does not start.
  await deps.directory.find(INSTANCE_ID)
  const stopJobs = options.jobs ? startJobs(deps, store) : () => Promise.resolve()
  const stop = async () => {
    await stopJobs()
    await limiting.close()
  }
  return { store, deps, stop }
}

function observe(event: Observed): void {
  const { operation, status, error, watch } = event
  requestCount.inc({ operation: operation.name, status })
  for (const { stage, ms } of watch.laps) stageSeconds.observe({ stage }, ms / 1000)
  if (logsDebug()) log('debug', 'request', { ...describeRequest(event), body: loggedBody(event) })
  if (error === null) return
  errorCount.inc({ code: error.code })
  if (error.code === 'INTERNAL') {
    const tampered = error.cause instanceof Error && error.cause.name === 'Tampered'
    const fields = { ...describeRequest(event), requestId: error.details.requestId }
    log(tampered ? 'alarm' : 'error', 'a request failed', { ...fields, cause: error.cause })
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

function startJobs(deps: Dependencies, store: Store): () => Promise<void> {
  const holder = randomUUID()
  let running: Promise<void> = Promise.resolve()
  const enqueue = (name: string, work: () => Promise<void>) => {
    running = running.then(work).catch((error: unknown) => {
      if (!(error instanceof Busy)) log('error', `the job ${name} failed`, { cause: error })
    })
  }
  const { keyvault, clock } = deps
  const checkpoint = () => writeCheckpoint({ store, keyvault, holder, nowMs: clock.now() })
  const timers = [
    setInterval(() => enqueue('checkpoint', checkpoint), CHECKPOINT_MS),
    setInterval(() => enqueue('summaries', () => writeSummaries(deps)), SUMMARY_MS),
    setInterval(() => enqueue('usage', () => writeUsage({ store, deps })), USAGE_MS),
  ]
  return async () => {
    for (const timer of timers) clearInterval(timer)
    enqueue('summaries', () => writeSummaries(deps))
    enqueue('usage', () => writeUsage({ store, deps }))
    enqueue('checkpoint', checkpoint)
    enqueue('checkpoint', () => stopCheckpoints({ store, holder }))
    await running
  }
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
