// The mark of a restore that is under way: a data directory that has one is not served.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { findNewestEntry } from '../domain/audit/audit.store.ts'
import { INSTANCE_ID } from '../platform/ids.ts'
import type { Store } from '../store/engine.ts'
import { presentVersion } from '../store/migrate.ts'

const NAME = 'restoring'

const markOf = ({ dataDirectory }: Pick<Config, 'dataDirectory'>) => join(dataDirectory, NAME)

/** @param unitId the id of the unit that is the last thing a restore writes */
export function markRestoring(config: Config, unitId: string): void {
  writeFileSync(markOf(config), unitId, { mode: 0o600, flush: true })
}

export function isMarkedRestoring(config: Config): boolean {
  return existsSync(markOf(config))
}

export function unmarkRestoring(config: Config): void {
  rmSync(markOf(config), { force: true })
}

/** Whether the database holds what was to be restored, if anything was. */
export async function isRestored(config: Config, store: Store): Promise<boolean> {
  if (!isMarkedRestoring(config)) return true
  if ((await presentVersion(store.reader)) === undefined) return false
  const newest = await findNewestEntry(store.reader, INSTANCE_ID)
  if (newest?.unit_id !== readFileSync(markOf(config), 'utf8')) return false
  // It was committed: only the mark was left to remove.
  unmarkRestoring(config)
  return true
}
