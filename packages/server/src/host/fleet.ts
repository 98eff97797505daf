// The serving processes: one in this process, or N workers that a primary starts and keeps.
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { AggregatorRegistry } from 'prom-client'
import type { Config } from '../config.ts'
import { followRootKeys } from '../domain/keyvault/handover.ts'
import { RootKeys } from '../domain/keyvault/rootKeys.ts'
import type { Unseal, UnsealAnswer, UnsealBody } from '../http/unseal.ts'
import { log } from '../platform/log.ts'
import { metricsRegistry } from '../platform/metrics.ts'
import type { Store } from '../store/engine.ts'
import { HostError, openStore } from './instance.ts'
import { type Serving, startServing } from './serving.ts'

const RESTART_MS = 500
const FOLLOW_MS = 5000

export interface Fleet {
  url: string
  /** Known while the processes are unsealed. */
  readonly rootKeys: RootKeys | undefined
  unseal(rootKeys: RootKeys): Promise<void>
  /** Lets running requests finish, and ends everything. */
  close(): Promise<void>
}

/** What a worker and its primary tell each other. */
type Message =
  | { kind: 'start'; rootKeys: string | null }
  | { kind: 'listening'; url: string }
  | { kind: 'unseal'; rootKeys: string }
  | { kind: 'unsealed' }
  | { kind: 'failed'; message: string }
  | { kind: 'metrics'; id: number; text?: string }
  | { kind: 'attempt'; id: number; attempt: UnsealBody; address: string }
  | { kind: 'attempted'; id: number; answer: UnsealAnswer | null }

/** Starts as many serving processes as configured. */
export async function startFleet(
  config: Config,
  { store, unseal }: { store: Store; unseal: Unseal },
): Promise<Fleet> {
  if (config.workers > 1) return new WorkerFleet(store, unseal).start(config.workers)
  const serving = await startServing(config, store, { unseal })
  let rootKeys: RootKeys | undefined
  return {
    url: serving.url,
    get rootKeys() {
      return rootKeys
    },
    async unseal(keys) {
      await serving.unseal(keys)
      rootKeys = keys
    },
    close: () => serving.close(),
  }
}

/** Resolves when the process is asked to stop; a second signal changes nothing. */
export async function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(undefined))
  await promise
}

/** The life of a worker process. It ends with its primary, which says why it could not start. */
export async function serveAsWorker(config: Config): Promise<void> {
  try {
    const serving = await startAsWorker(config)
    tellPrimary({ kind: 'listening', url: serving.url })
    await Promise.race([stopSignal(), once(process, 'disconnect')])
    await serving.close()
    process.exit(0)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // The channel to the primary and the pool of connections would keep this process alive.
    process.send?.({ kind: 'failed', message } satisfies Message, () => process.exit(1))
  }
}

async function startAsWorker(config: Config): Promise<Serving> {
  const told = answerFrom(process, (message) => (message.kind === 'start' ? message : undefined))
  shareMetrics()
  const store = await openStore(config, { checkpoints: false })
  const { rootKeys: known } = await told
  // Before it listens: whoever replaces a process that ended must not answer `sealed` for a moment.
  const rootKeys = known === null ? undefined : RootKeys.fromText(known)
  const serving = await startServing(config, store, { metrics: askMetrics, rootKeys, unseal })
  process.on('message', (message: Message) => {
    if (message.kind !== 'unseal') return
    const unsealed = serving.unseal(RootKeys.fromText(message.rootKeys))
    void unsealed.then(() => tellPrimary({ kind: 'unsealed' }))
  })
  return serving
}

function tellPrimary(message: Message): void {
  process.send?.(message)
}

/** Lets the primary ask this worker for its metrics: constructing adds prom-client's listener. */
function shareMetrics(): void {
  AggregatorRegistry.setRegistries(metricsRegistry)
  void new AggregatorRegistry()
}

let asked = 0

/** A worker sees its own metrics only: the primary adds them up. */
async function askMetrics(): Promise<string> {
  const id = ++asked
  const answer = answerFrom(process, (message) =>
    message.kind === 'metrics' && message.id === id ? message : undefined,
  )
  tellPrimary({ kind: 'metrics', id })
  const { text } = await answer
  if (text === undefined) throw new Error('a serving process did not tell its metrics')
  return text
}

/** The primary unseals: people who give shares reach whichever process is free. */
async function unseal(attempt: UnsealBody, address: string): Promise<UnsealAnswer> {
  const id = ++asked
  const answer = answerFrom(process, (message) =>
    message.kind === 'attempted' && message.id === id ? message : undefined,
  )
  tellPrimary({ kind: 'attempt', id, attempt, address })
  const { answer: given } = await answer
  if (given === null) throw new Error('the primary could not unseal')
  return given
}

interface Speaker {
  on(event: 'message', listener: (message: Message) => void): unknown
  off(event: 'message', listener: (message: Message) => void): unknown
}

/** The first message of `speaker` that `pick` recognises. */
async function answerFrom<T>(
  speaker: Speaker,
  pick: (message: Message) => T | undefined,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const listen = (message: Message) => {
    const picked = pick(message)
    if (picked !== undefined) resolve(picked)
  }
  speaker.on('message', listen)
  return promise.finally(() => speaker.off('message', listen))
}

class WorkerFleet implements Fleet {
  url = ''
  rootKeys: RootKeys | undefined
  readonly #store: Store
  readonly #aggregator = new AggregatorRegistry()
  readonly #unseal: Unseal
  #stopping = false
  #following: NodeJS.Timeout | undefined

  constructor(store: Store, unseal: Unseal) {
    this.#store = store
    this.#unseal = unseal
  }

  async start(count: number): Promise<this> {
    try {
      const urls = await Promise.all(Array.from({ length: count }, () => this.#startWorker()))
      this.url = urls[0] ?? ''
      this.#following = setInterval(() => void this.#follow(), FOLLOW_MS)
      return this
    } catch (error) {
      // Otherwise the others would keep a server running that never says where it listens.
      await this.close()
      throw error
    }
  }

  async unseal(rootKeys: RootKeys): Promise<void> {
    this.rootKeys = rootKeys
    await Promise.all(this.#living().map((worker) => handOver(worker, rootKeys)))
  }

  async close(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#following)
    await Promise.all(
      this.#living().map((worker) => {
        worker.process.kill('SIGTERM')
        return once(worker, 'exit')
      }),
    )
    await this.#store.close()
  }

  /** Workers that are started later get the root keys from here: they must be the newest. */
  async #follow(): Promise<void> {
    if (this.rootKeys === undefined || this.#stopping) return
    await followRootKeys(this.#store.reader, this.rootKeys).catch((cause: unknown) =>
      log('error', 'the root keys could not be looked up', { cause }),
    )
  }

  #living(): Worker[] {
    return Object.values(cluster.workers ?? {}).filter(
      (worker): worker is Worker => worker !== undefined && !worker.isDead(),
    )
  }

  async #startWorker(): Promise<string> {
    const worker = cluster.fork()
    const known = this.rootKeys?.toText() ?? null
    worker.send({ kind: 'start', rootKeys: known } satisfies Message)
    let reason = 'it ended'
    const url = await Promise.race([
      answerFrom(worker, (message) => {
        if (message.kind === 'failed') reason = message.message
        return message.kind === 'listening' ? message.url : undefined
      }),
      once(worker, 'exit').then(() => {
        throw new HostError(`a serving process could not start: ${reason}`)
      }),
    ])
    worker.on('message', (message: Message) => void this.#answer(worker, message))
    worker.once('exit', (code) => this.#replace(code))
    if (this.rootKeys !== undefined) await handOver(worker, this.rootKeys)
    return url
  }

  async #answer(worker: Worker, message: Message): Promise<void> {
    const tell = (reply: Message) => worker.isConnected() && worker.send(reply)
    if (message.kind === 'metrics') {
      const text = await this.#metrics()
      tell(text === undefined ? message : { ...message, text })
    }
    if (message.kind === 'attempt') {
      const { id, attempt, address } = message
      tell({ kind: 'attempted', id, answer: await this.#attempt(attempt, address) })
    }
  }

  async #attempt(attempt: UnsealBody, address: string): Promise<UnsealAnswer | null> {
    try {
      return await this.#unseal(attempt, address)
    } catch (cause) {
      log('error', 'an attempt to unseal failed', { cause })
      return null
    }
  }

  /** Undefined when a process does not tell its own in time, such as one that is just starting. */
  async #metrics(): Promise<string | undefined> {
    try {
      return await this.#aggregator.clusterMetrics()
    } catch (cause) {
      log('warn', 'the metrics of the serving processes could not be added up', { cause })
      return undefined
    }
  }

  #replace(code: number): void {
    if (this.#stopping) return
    log('error', 'a serving process ended and is started again', { code })
    setTimeout(() => {
      this.#startWorker().catch(() => this.#replace(code))
    }, RESTART_MS)
  }
}

async function handOver(worker: Worker, rootKeys: RootKeys): Promise<void> {
  const unsealed = answerFrom(worker, (message) => (message.kind === 'unsealed' ? true : undefined))
  worker.send({ kind: 'unseal', rootKeys: rootKeys.toText() } satisfies Message)
  await Promise.race([unsealed, once(worker, 'exit')])
}
