// What a command of the host's shell works on: the instance of its configuration.
import { type App, createApp } from '../app.ts'
import type { Config } from '../config.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import type { Store } from '../store/engine.ts'
import { sendControl } from './control.ts'
import { type HostCommand, runAsHost } from './hostCommands.ts'
import { HostError, isEmptyDirectory, isInitialised, openStore } from './instance.ts'
import { unsealByConfig } from './unsealing.ts'

/** Writes in this process when it can unseal, else through the running server. */
export function writeAsHost(config: Config, request: HostCommand): Promise<unknown> {
  return withInstance(config, async (store) => {
    const { rootKeys } = await unsealByConfig({ store, config })
    if (rootKeys === undefined) return sendControl(config, request)
    return runAsHost(await openApp(store, config, rootKeys), request)
  })
}

/** The unsealed instance without jobs. */
export function openApp(store: Store, config: Config, rootKeys: RootKeys): Promise<App> {
  const publicUrl = () => config.publicUrl ?? ''
  return createApp(store, rootKeys, { config, publicUrl, jobs: null })
}

/** @throws HostError when there is no instance */
export function withInstance<T>(config: Config, work: (store: Store) => Promise<T>): Promise<T> {
  if (config.databaseUrl === null && isEmptyDirectory(config.dataDirectory)) {
    throw new HostError(`there is no instance in ${config.dataDirectory}`)
  }
  return withStore(config, async (store) => {
    if (await isInitialised(store)) return work(store)
    throw new HostError(`there is no instance in ${config.dataDirectory}`)
  })
}

export async function withStore<T>(config: Config, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(config, { checkpoints: false })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
