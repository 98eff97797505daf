// Restoring an archive into an empty instance of either engine: all of it, or nothing.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Flush, type FlushContext } from '../commit/flush.ts'
import { entryOnly, type Unit } from '../commit/unit.ts'
import type { Config } from '../config.ts'
import { listWaiting, rejectWaiting } from '../domain/activity/activity.store.ts'
import {
  giveUpWaitingEvents,
  setAcceptedFrom,
  waitForSlowStatements,
} from '../domain/archive/archive.store.ts'
import { using } from '../domain/archive/file.ts'
import type { ArchiveHeader } from '../domain/archive/header.ts'
import { ArchiveReader } from '../domain/archive/reader.ts'
import { findNewestCheckpoint } from '../domain/audit/checkpoint.store.ts'
import { HeadWatch } from '../domain/audit/headWatch.ts'
import { Keyvault } from '../domain/keyvault/keyvault.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { insertLease } from '../domain/lease/lease.store.ts'
import { assert } from '../errors.ts'
import { systemClock } from '../platform/clock.ts'
import { INSTANCE_ID, newUuid } from '../platform/ids.ts'
import type { Store, Tx } from '../store/engine.ts'
import { apply, newestVersion, presentVersion } from '../store/migrate.ts'
import { SqliteStore } from '../store/sqlite.ts'
import { connect, DATABASE_FILE, HostError, hostFacts } from './instance.ts'
import { isMarkedRestoring, isRestored, markRestoring, unmarkRestoring } from './restoring.ts'

/** Opens a seal among those in `store` with what the person at the shell has. */
type OpenSeals = (store: Store) => Promise<RootKeys>

export interface RestoreOptions {
  file: string
  openSeals: OpenSeals
  /** Told how many rows have been written so far, now and then. */
  onProgress: (rows: number) => void
}

export interface Restored {
  header: ArchiveHeader
  rootKeys: RootKeys
  rows: number
  /** How many activities waited for votes, and do not any more. */
  rejected: number
  /** New bodies must have a later `timestampMs`. */
  acceptedFromMs: number
}

/** @throws HostError, ArchiveError; then the target is as it was */
export async function restoreArchive(config: Config, options: RestoreOptions): Promise<Restored> {
  return using(await open(options.file, 'r'), async (file) => {
    const archive = await ArchiveReader.open(file)
    const { header } = archive
    const rootKeys = await openArchive(archive, options.openSeals)
    const filled = await intoEmpty(config, (tx, unitId) =>
      fill(tx, { archive, rootKeys, unitId, ...config.window, onProgress: options.onProgress }),
    )
    return { header, rootKeys, ...filled }
  })
}

/** The root keys of an archive, by one of its seals. */
async function openArchive(archive: ArchiveReader, openSeals: OpenSeals): Promise<RootKeys> {
  const { schema } = archive.header
  const known = newestVersion('sqlite')
  if (schema > known) {
    throw new HostError(
      `the archive has schema ${schema}, but this program knows only ${known}: use a newer keystead`,
    )
  }
  // Its seals may be of an older form: they are brought up to date as a database is.
  const directory = await mkdtemp(join(tmpdir(), 'keystead-seals-'))
  const store = new SqliteStore(join(directory, DATABASE_FILE), { checkpoints: false })
  try {
    await store.write('alone', async (tx) => {
      await apply(tx, schema)
      for (const { table, rows } of archive.seals) await tx.insert(table, rows)
      await apply(tx)
    })
    return await openSeals(store)
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs `work` in one transaction on an empty database. What it throws leaves nothing behind. */
async function intoEmpty<T>(
  config: Config,
  work: (tx: Tx, unitId: string) => Promise<T>,
): Promise<T> {
  const existed = existsSync(config.dataDirectory)
  await refuseOccupied(config)
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 })
  const unitId = newUuid(systemClock.now())
  markRestoring(config, unitId)
  try {
    removeDatabaseFiles(config)
    const store = await connect(config, { checkpoints: false })
    try {
      const { committed, value } = await store.write('alone', async (tx) => {
        await refuseSchema(tx, config)
        return work(tx, unitId)
      })
      if (committed !== true && !(await isRestored(config, store))) {
        throw new HostError('the connection to the database was lost: try again')
      }
      return value
    } finally {
      await store.close()
    }
  } catch (error) {
    removeDatabaseFiles(config)
    if (!existed) rmSync(config.dataDirectory, { recursive: true, force: true })
    throw error
  } finally {
    unmarkRestoring(config)
  }
}

/** What may lie in a data directory before there is an instance. */
const OTHER_FILES = new Set(['seal.key', 'admin.json'])

/** @throws HostError when there is anything in the data directory that is in use */
async function refuseOccupied(config: Config): Promise<void> {
  const { dataDirectory, sealFile, databaseUrl } = config
  const interrupted = isMarkedRestoring(config)
  if (interrupted) await refuseCommitted(config)
  const names = existsSync(dataDirectory) ? readdirSync(dataDirectory) : []
  const known = (name: string) =>
    OTHER_FILES.has(name) ||
    join(dataDirectory, name) === sealFile ||
    (interrupted && (name === 'restoring' || isDatabaseFile(name)))
  const foreign = names.find((name) => !known(name))
  if (foreign === undefined || databaseUrl !== null) return
  throw new HostError(
    `the data directory ${dataDirectory} is not empty: it holds ${foreign}. Choose another with --data`,
  )
}

async function refuseCommitted(config: Config): Promise<void> {
  const store = await connect(config, { checkpoints: false })
  try {
    if (!(await isRestored(config, store))) return
    throw new HostError('the restore was complete: start the server')
  } finally {
    await store.close()
  }
}

const isDatabaseFile = (name: string) => name.startsWith(DATABASE_FILE)

/** Only after `refuseOccupied`: what is there was left by a restore that was interrupted. */
function removeDatabaseFiles({ dataDirectory, databaseUrl }: Config): void {
  if (databaseUrl !== null) return
  for (const name of readdirSync(dataDirectory).filter(isDatabaseFile)) {
    rmSync(join(dataDirectory, name))
  }
}

async function refuseSchema(tx: Tx, { databaseUrl }: Config): Promise<void> {
  if ((await presentVersion(tx)) === undefined) return
  const name = databaseUrl === null ? DATABASE_FILE : basename(new URL(databaseUrl).pathname)
  throw new HostError(`the database ${name} is not empty: restore into an empty one`)
}

interface Filling extends Pick<RestoreOptions, 'onProgress'> {
  archive: ArchiveReader
  rootKeys: RootKeys
  /** What the last thing that is written is called. */
  unitId: string
  aheadMs: number
}

type Filled = Pick<Restored, 'rows' | 'rejected' | 'acceptedFromMs'>

async function fill(tx: Tx, filling: Filling): Promise<Filled> {
  const { archive, rootKeys } = filling
  await waitForSlowStatements(tx)
  await apply(tx, archive.header.schema)
  let rows = 0
  for await (const batch of archive.rows(rootKeys)) {
    await tx.insert(batch.table, batch.rows)
    rows += batch.rows.length
    filling.onProgress(rows)
  }
  await apply(tx)
  const keyvault = await Keyvault.open(tx, rootKeys)
  const watch = new HeadWatch()
  const context = { keyvault, clock: systemClock, watch, onFlush: () => undefined }
  const rejected = await rejectAll(tx, context)
  await giveUpWaitingEvents(tx, 'restored')
  return { rows, rejected, acceptedFromMs: await beginAnew(tx, context, { ...filling, rejected }) }
}

const PAGE = 500

/** Rejects everything that waits for votes: who voted since the archive is not known. */
async function rejectAll(tx: Tx, context: FlushContext): Promise<number> {
  let rejected = 0
  for (;;) {
    const waiting = await listWaiting(tx, Number.MAX_SAFE_INTEGER, { after: null, limit: PAGE })
    if (waiting.length === 0) return rejected
    for (const organizationId of new Set(waiting.map((row) => row.organization_id))) {
      const action = 'activities.reject'
      const audit = hostFacts({ action, resource: 'ACTIVITY', payload: { reason: 'restore' } })
      const id = newUuid(context.clock.now())
      await commit(tx, context, {
        ...entryOnly({ id, organizationId, audit: { ...audit, outcome: 'rejected' } }),
        changes: 'rows',
        async effects({ nowMs }) {
          rejected += (await rejectWaiting(tx, { organizationId, nowMs })).length
        },
      })
    }
  }
}

/** The first thing that the restored instance does, and says in its chain. */
async function beginAnew(
  tx: Tx,
  context: FlushContext,
  facts: Filling & { rejected: number },
): Promise<number> {
  const { archive, unitId: id, aheadMs, rejected } = facts
  const { takenMs, schema, salt } = archive.header
  const newest = await findNewestCheckpoint(tx)
  const epoch = (newest?.epoch ?? 0) + 1
  await insertLease(tx, { name: 'checkpoint', epoch })
  const source = {
    takenMs,
    schema,
    archive: salt,
    checkpoint: newest?.height ?? 0,
    root: newest?.root.toString('hex') ?? '',
  }
  const audit = hostFacts({
    action: 'instance.restore',
    resource: '',
    payload: { ...source, epoch, rejected },
  })
  let acceptedFromMs = 0
  await commit(tx, context, {
    ...entryOnly({ id, organizationId: INSTANCE_ID, audit }),
    changes: 'snapshot',
    async effects({ nowMs }) {
      // SECURITY: a body of before the restore may have a time that was just accepted then.
      acceptedFromMs = Math.max(nowMs, takenMs) + aheadMs
      await setAcceptedFrom(tx, acceptedFromMs)
    },
  })
  return acceptedFromMs
}

async function commit(tx: Tx, context: FlushContext, unit: Unit): Promise<void> {
  const [outcome] = await new Flush(tx, context).run([unit], false)
  assert(outcome?.kind === 'committed', 'nobody else writes to what is restored')
}
