// Commands about archives: taking one, restoring it, and the drill.
import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { listSeals } from '../domain/keyvault/keyvault.store.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import type { Backup } from '../jobs/takeBackup.ts'
import type { Store } from '../store/engine.ts'
import { backUp } from './backup.ts'
import { sendControl } from './control.ts'
import { drill, type DrillVerdict } from './drill.ts'
import { HostError } from './instance.ts'
import { type RestoreOptions, restoreArchive } from './restore.ts'
import { collectShares, type NextShare } from './sealCommands.ts'
import { withInstance } from './shell.ts'
import { type Opener, openWith, unsealByConfig } from './unsealing.ts'

/** Writes an archive of everything to a new file, here or by the running server. @throws HostError */
export function backup(config: Config, path: string): Promise<Backup> {
  const file = resolve(path)
  return withInstance(config, async (store) => {
    const { rootKeys } = await unsealByConfig({ store, config })
    return rootKeys === undefined
      ? ((await sendControl(config, { command: 'backup', file })) as Backup)
      : backUp(store, { config, rootKeys, file })
  })
}

/** What is to be restored, and how it is opened. */
export interface RestoreOrder extends Pick<RestoreOptions, 'onProgress'> {
  file: string
  /**
   * What opens a seal of the archive; null: what the configuration names.
   * @param shares asks for shares of a seal of the archive until there are enough
   */
  opener: ((shares: (next: NextShare) => Promise<Opener>) => Promise<Opener>) | null
}

/** What a restored instance is. */
export interface RestoreSummary {
  /** The moment that it shows. */
  takenAt: string
  rows: number
  /** Activities that waited for votes, and were rejected. */
  rejected: number
  /** From when on new requests are accepted. */
  acceptedFrom: string
}

/** Restores an archive into an empty instance. @throws HostError, ArchiveError: nothing was changed */
export async function restore(config: Config, order: RestoreOrder): Promise<RestoreSummary> {
  const restored = await restoreArchive(config, optionsFrom(config, order))
  const { header, rows, rejected, acceptedFromMs } = restored
  return {
    takenAt: new Date(header.takenMs).toISOString(),
    rows,
    rejected,
    acceptedFrom: new Date(acceptedFromMs).toISOString(),
  }
}

/**
 * Restores an archive to a scratch instance, and verifies everything in it.
 * @param order.databaseUrl a scratch database is made on this PostgreSQL server; null: SQLite
 */
export function drillRestore(
  config: Config,
  order: RestoreOrder & { databaseUrl: string | null },
): Promise<DrillVerdict> {
  const { databaseUrl } = order
  return drill(config, { ...optionsFrom(config, order), databaseUrl })
}

function optionsFrom(config: Config, order: RestoreOrder): RestoreOptions {
  const { file, onProgress, opener } = order
  return { file, onProgress, openSeals: (store) => openSeals({ store, config }, opener) }
}

async function openSeals(
  place: { store: Store; config: Config },
  opener: RestoreOrder['opener'],
): Promise<RootKeys> {
  if (opener === null) return byConfig(place)
  const seals = await listSeals(place.store.reader)
  const opened = await openWith(place, await opener((next) => collectShares(seals, next)))
  if (opened !== undefined) return opened.rootKeys
  const kinds = [...new Set(seals.map(({ kind }) => kind))].join(', ')
  throw new HostError(`this opens no seal of the archive, which has: ${kinds}`)
}

async function byConfig(place: { store: Store; config: Config }): Promise<RootKeys> {
  const { rootKeys, troubles } = await unsealByConfig(place)
  if (rootKeys !== undefined) return rootKeys
  throw new HostError(
    `${troubles.join('; ')}: name what opens a seal of the archive, such as --words`,
  )
}
