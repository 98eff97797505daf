// The composition root: builds what an unsealed process needs to answer requests.
import { randomUUID } from 'node:crypto'
import { CommitQueue } from './commit/queue.ts'
import { entryOnly } from './commit/unit.ts'
import type { Config } from './config.ts'
import { writeCheckpoint } from './domain/audit/checkpointer.ts'
import { HeadWatch } from './domain/audit/headWatch.ts'
import { Refusals } from './domain/audit/refusals.ts'
import { Keyvault } from './domain/keyvault/keyvault.ts'
import { Directory } from './domain/organization/directory.ts'
import { createTurnkeyFamily } from './family/turnkey/turnkey.ts'
import type { Family } from './operation/family.ts'
import type { Dependencies } from './pipeline/dependencies.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { INSTANCE_ID, newUuid } from './platform/ids.ts'
import { log } from './platform/log.ts'
import { cacheLookups, errorCount, flushUnits, requestCount } from './platform/metrics.ts'
import { Busy, type Store } from './store/engine.ts'

const CHECKPOINT_MS = 1000
const SUMMARY_MS = 60_000

/** Everything an unsealed process works with. */
export interface App {
  families: readonly Family[]
  deps: Dependencies
  /** Stops the background jobs and writes what they still hold. */
  stop(): Promise<void>
}

export async function createApp(
  store: Store,
  rootKey: Buffer,
  options: { window: Config['window']; clock?: Clock; jobs: boolean },
): Promise<App> {
  const clock = options.clock ?? systemClock
  const keyvault = await Keyvault.open(store.reader, rootKey)
  const watch = new HeadWatch()
  const onFlush = (units: number) => flushUnits.observe(units)
  const deps: Dependencies = {
    store,
    keyvault,
    clock,
    directory: new Directory(store, keyvault, watch),
    queue: new CommitQueue(store, { keyvault, clock, watch, onFlush }),
    refusals: new Refusals(),
    window: options.window,
    observe,
  }
  // SECURITY: an instance whose own rows were changed from outside does not start.
  await deps.directory.find(INSTANCE_ID)
  const stopJobs = options.jobs ? startJobs(deps) : () => Promise.resolve()
  return { families: [createTurnkeyFamily()], deps, stop: stopJobs }
}

function observe(event: Parameters<Dependencies['observe']>[0]): void {
  const { operation, status, error } = event
  requestCount.inc({ operation, status })
  if (error === null) return
  errorCount.inc({ code: error.code })
  if (error.code === 'INTERNAL') {
    const tampered = error.cause instanceof Error && error.cause.name === 'Tampered'
    const { requestId } = error.details
    log(tampered ? 'alarm' : 'error', 'a request failed', {
      operation,
      requestId,
      cause: error.cause,
    })
  }
}

function startJobs(deps: Dependencies): () => Promise<void> {
  const holder = randomUUID()
  let running: Promise<void> = Promise.resolve()
  const enqueue = (name: string, work: () => Promise<void>) => {
    running = running.then(work).catch((error: unknown) => {
      if (!(error instanceof Busy)) log('error', `the job ${name} failed`, { cause: error })
    })
  }
  const { store, keyvault, clock } = deps
  const checkpoint = () => writeCheckpoint({ store, keyvault, holder, nowMs: clock.now() })
  const timers = [
    setInterval(() => enqueue('checkpoint', checkpoint), CHECKPOINT_MS),
    setInterval(() => enqueue('summaries', () => writeSummaries(deps)), SUMMARY_MS),
  ]
  return async () => {
    for (const timer of timers) clearInterval(timer)
    enqueue('summaries', () => writeSummaries(deps))
    enqueue('checkpoint', checkpoint)
    await running
  }
}

/** Writes the refusals counted since the last time to the instance's chain. */
async function writeSummaries(deps: Dependencies): Promise<void> {
  const { hits, misses } = deps.directory.cache.counts
  cacheLookups.set({ outcome: 'hit' }, hits)
  cacheLookups.set({ outcome: 'miss' }, misses)
  const facts = deps.refusals.take()
  try {
    for (const audit of facts) {
      const id = newUuid(deps.clock.now())
      await deps.queue.submit(entryOnly({ id, organizationId: INSTANCE_ID, audit }))
    }
  } catch (error) {
    deps.refusals.restore(facts)
    throw error
  }
}
