// Backups at the hands of the person at the host's shell, and what is said when there is none.
import { createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { findBackupTime } from '../domain/archive/archive.store.ts'
import { listSeals } from '../domain/keyvault/keyvault.store.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { type Backup, isOnThisMachineOnly, takeBackup } from '../jobs/takeBackup.ts'
import type { Store } from '../store/engine.ts'
import { openStore } from './instance.ts'

/** @param store read from for as long as it takes @param file a new file, as an absolute path */
export async function backUp(
  store: Store,
  { config, rootKeys, file }: { config: Config; rootKeys: RootKeys; file: string },
): Promise<Backup> {
  const publicUrl = () => config.publicUrl ?? ''
  const { deps } = await createApp(store, rootKeys, { config, publicUrl, jobs: null })
  return takeBackup({ ...deps, store, rootKeys }, { file, actor: 'host', signal: null })
}

/** The same in a server: others go on reading meanwhile. */
export async function backUpBeside(
  config: Config,
  order: { rootKeys: RootKeys; file: string },
): Promise<Backup> {
  const store = await openStore(config, { checkpoints: false })
  try {
    return await backUp(store, { config, ...order })
  } finally {
    await store.close()
  }
}

const DAY_MS = 24 * 3_600_000
const LONG_MS = 7 * DAY_MS

/** What a person should know about the backups of an instance when it starts. */
export async function backupWarnings(store: Store, { backups }: Config): Promise<string[]> {
  const { reader } = store
  const warnings: string[] = []
  if (isOnThisMachineOnly(await listSeals(reader))) {
    warnings.push(
      'the only seal is a key file that was never exported: type `npx keystead seal export`',
    )
  }
  const times = [await findBackupTime(reader, 'host'), await findBackupTime(reader, 'system')]
  const lastMs = Math.max(...times.map((time) => time ?? 0))
  const longMs = backups === null ? LONG_MS : 2 * backups.everyMs
  if (lastMs === 0) {
    const how =
      backups === null ? 'type `npx keystead backup FILE`, or set KEYSTEAD_BACKUP_DIR' : ''
    warnings.push(`there has never been a backup of this instance${how === '' ? '' : `: ${how}`}`)
  } else if (Date.now() - lastMs > longMs) {
    const days = Math.floor((Date.now() - lastMs) / DAY_MS)
    warnings.push(`the last backup is ${days} days old`)
  }
  return warnings
}
