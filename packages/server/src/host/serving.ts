// One serving process: a store, an HTTP server, and the app once the root key is known.
import type { AddressInfo } from 'node:net'
import { type App, createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { createTurnkeyFamily } from '../family/turnkey/turnkey.ts'
import { renderReference } from '../http/reference/documents.ts'
import { type Backend, createHttpServer, type HttpServer } from '../http/server.ts'
import { handle } from '../pipeline/pipeline.ts'
import { log, setLogLevel } from '../platform/log.ts'
import { collectProcessMetrics, metricsRegistry } from '../platform/metrics.ts'
import type { Store } from '../store/engine.ts'

export interface Serving {
  /** The address it listens on, as a URL. */
  url: string
  /** Starts answering requests. */
  unseal(rootKey: Buffer): Promise<void>
  isSealed(): boolean
  /** Finishes running requests, and stops. */
  close(): Promise<void>
}

export interface ServingOptions {
  /** Collects the metrics of all processes; by default this one's. */
  metrics?: () => Promise<string>
  /** Unseals before the first request arrives. */
  rootKey?: Buffer | undefined
}

export async function startServing(
  config: Config,
  store: Store,
  options: ServingOptions = {},
): Promise<Serving> {
  const open = (rootKey: Buffer) => createApp(store, rootKey, { config, jobs: true })
  const { rootKey: knownKey, metrics } = options
  let app = knownKey === undefined ? undefined : await open(knownKey)
  let opening: Promise<App> | undefined
  const listener = await listen(config, { app: () => app, ...(metrics && { metrics }) })
  return {
    url: listener.url,
    isSealed: () => app === undefined,
    async unseal(rootKey) {
      // Two at once must not start two sets of background jobs.
      opening ??= open(rootKey)
      app ??= await opening
    },
    async close() {
      await listener.close()
      await app?.stop()
      await store.close()
    },
  }
}

/** What an HTTP server serves. */
export interface Source {
  /** Undefined while sealed. */
  app(): App | undefined
  metrics?: () => Promise<string>
  /** Adds routes of its own. */
  mount?: (server: HttpServer) => void
}

export interface Listener {
  url: string
  close(): Promise<void>
}

/** Listens where the configuration says, and serves `source`. */
export async function listen(config: Config, source: Source): Promise<Listener> {
  collectProcessMetrics()
  setLogLevel(config.logLevel)
  const families = [createTurnkeyFamily()]
  let documents: ReturnType<typeof renderReference> | undefined
  const url = () => addressOf(config, portOf(server.addresses()[0]))
  const backend: Backend = {
    families,
    handle: (family, inbound) => {
      const app = source.app()
      if (app === undefined) throw new Error('a sealed server was asked to handle a request')
      return handle(app.deps, family, inbound)
    },
    isSealed: () => source.app() === undefined,
    isReady: () => isReachable(source.app()?.store),
    publicKeys: () => ({ keys: source.app()?.deps.keyvault.instance.published() ?? [] }),
    metrics: source.metrics ?? (() => metricsRegistry.metrics()),
    documents: () => (documents ??= renderReference(families, url())),
    reportUnexpected: (cause) => log('error', 'a request failed in the HTTP layer', { cause }),
  }
  const server = createHttpServer(backend, config)
  source.mount?.(server)
  await server.listen({ host: config.host, port: config.port })
  backend.documents()
  return { url: url(), close: () => server.close() }
}

function addressOf({ host }: Config, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function portOf(address: AddressInfo | string | undefined): number {
  return typeof address === 'object' ? address.port : 0
}

async function isReachable(store: Store | undefined): Promise<boolean> {
  try {
    await store?.reader.one('select 1 as one')
    return store !== undefined
  } catch {
    return false
  }
}
