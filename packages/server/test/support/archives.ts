// Archives of the tests' own instances, and instances that were restored from them.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import { type RestoreOrder, type RestoreSummary, restore } from '../../src/commands.ts'
import type { Config } from '../../src/config.ts'
import { openStore } from '../../src/host/instance.ts'
import { openerOfFile, unsealByConfig } from '../../src/host/unsealing.ts'
import type { Store } from '../../src/store/engine.ts'
import { createPlace, type Engine, PUBLIC_URL } from './instance.ts'

/** A restore with the seal key file of the instance that the archive is of. */
export function orderOf(file: string, { sealFile }: Pick<Config, 'sealFile'>): RestoreOrder {
  const opener = () => Promise.resolve(openerOfFile(sealFile))
  return { file, opener, onProgress: () => undefined }
}

export interface RestoredInstance {
  config: Config
  app: App
  store: Store
  summary: RestoreSummary
  dispose(): Promise<void>
}

/**
 * Restores an archive to a new place and opens it.
 * @param aheadMs how far ahead of the restore's moment bodies are still refused
 */
export async function restoreTo(
  engine: Engine,
  order: RestoreOrder,
  { sealFile, aheadMs }: { sealFile: string; aheadMs: number },
): Promise<RestoredInstance> {
  const place = await createPlace(engine)
  const configured = place.configure(place.databaseUrl)
  const config = { ...configured, sealFile, window: { ...configured.window, aheadMs } }
  const summary = await restore(config, order)
  const store = await openStore(config, { checkpoints: false })
  const { rootKeys } = await unsealByConfig({ store, config })
  if (rootKeys === undefined) throw new Error('the seal file does not open what was restored')
  const publicUrl = () => PUBLIC_URL
  const app = await createApp(store, rootKeys, { config, publicUrl, jobs: null })
  return {
    config,
    app,
    store,
    summary,
    async dispose() {
      await store.close()
      await place.drop()
    },
  }
}

/** A place for an archive, in the data directory of `config`. */
export function archivePath({ dataDirectory }: Config, name: string): string {
  const path = join(dataDirectory, name)
  rmSync(path, { force: true })
  return path
}
