// One serving process: a store, an HTTP server, and the app once the root key is known.
import type { AddressInfo } from 'node:net'
import { type App, type BackupJob, createApp, type Lanes } from '../app.ts'
import type { Config } from '../config.ts'
import type { RootKeys } from '../domain/keyvault/rootKeys.ts'
import { MAIL_LANE } from '../domain/mail/mail.ts'
import { smtpLane } from '../domain/mail/smtp.ts'
import { createTurnkeyFamily } from '../family/turnkey/turnkey.ts'
import { renderReference } from '../http/reference/documents.ts'
import { type Backend, createHttpServer, type HttpServer } from '../http/server.ts'
import type { Unseal } from '../http/unseal.ts'
import type { Family } from '../operation/family.ts'
import { handle } from '../pipeline/pipeline.ts'
import { log, setLogLevel } from '../platform/log.ts'
import { collectProcessMetrics, metricsRegistry } from '../platform/metrics.ts'
import type { Store } from '../store/engine.ts'
import { openStore } from './instance.ts'

export interface Serving {
  /** The address it listens on, as a URL. */
  url: string
  /** Starts answering requests. */
  unseal(rootKeys: RootKeys): Promise<void>
  isSealed(): boolean
  /** Finishes running requests, and stops. */
  close(): Promise<void>
}

export interface ServingOptions {
  /** Collects the metrics of all processes; by default this one's. */
  metrics?: () => Promise<string>
  /** Unseals before the first request arrives. */
  rootKeys?: RootKeys | undefined
  /** Unseals by what is sent over the network, where it is configured. */
  unseal?: Unseal
}

export async function startServing(
  config: Config,
  store: Store,
  options: ServingOptions = {},
): Promise<Serving> {
  // Known once it listens, and asked when a link is made.
  const publicUrl = () => publicUrlOf(config, listener.url)
  const family = familyOf(config)
  const jobs = { lanes: lanesOf(config), family, backups: backupsOf(config) }
  const open = (rootKeys: RootKeys) => createApp(store, rootKeys, { config, publicUrl, jobs })
  const { rootKeys: known, metrics, unseal } = options
  let app = known === undefined ? undefined : await open(known)
  let opening: Promise<App> | undefined
  const listener = await listen(config, { app: () => app, metrics, unseal })
  return {
    url: listener.url,
    isSealed: () => app === undefined,
    async unseal(rootKeys) {
      // Two at once must not start two sets of background jobs.
      opening ??= open(rootKeys)
      app ??= await opening
    },
    async close() {
      await listener.close()
      await app?.stop()
      await store.close()
    },
  }
}

export function familyOf({ signUp }: Config): Family {
  return createTurnkeyFamily({ signUp: signUp === 'open' })
}

/** When backups are taken, and what they read from. */
export function backupsOf(config: Config): BackupJob {
  return {
    schedule: config.backups,
    openStore: () => openStore(config, { checkpoints: false }),
  }
}

/** How this server delivers what waits in its outbox. */
function lanesOf({ smtp }: Config): Lanes {
  return new Map(smtp === null ? [] : [[MAIL_LANE, smtpLane(smtp)]])
}

/**
 * Where people reach a server that listens at `url`. Browsers make no passkeys for an address, so
 * that of this machine is `localhost`.
 */
export function publicUrlOf({ publicUrl }: Config, url: string): string {
  return publicUrl ?? url.replace(/\/\/(127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?=:)/, '//localhost')
}

/** What an HTTP server serves. */
export interface Source {
  /** Undefined while sealed. */
  app(): App | undefined
  metrics?: (() => Promise<string>) | undefined
  unseal?: Unseal | undefined
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
  const families = [familyOf(config)]
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
    unseal: config.unsealHttp ? (source.unseal ?? null) : null,
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
