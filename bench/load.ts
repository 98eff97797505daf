// The load: a process of its own that keeps N connections busy with requests stamped beforehand.
import { connect, type Socket } from 'node:net'
import { type Caller, fastKey, signingRequest } from './requests.ts'

/** One round, sent by `bench.ts`. */
export interface LoadJob {
  port: number
  connections: number
  seconds: number
  /** How many requests to stamp before the round starts. */
  requests: number
  /** Who signs: each request is another one. */
  callers: Caller[]
  /** Whole requests to send in turn instead. */
  queries?: string[]
}

export interface LoadResult {
  answered: number
  failed: number
  seconds: number
  p50Ms: number
  p99Ms: number
  /** The load's own CPU time for each request. */
  cpuUs: number
  replyBytes: number
}

/** What it tells its parent: the requests are stamped; the round is over. */
export type LoadMessage = { kind: 'stamped' } | { kind: 'done'; result: LoadResult }

function signingRequests({ callers, requests }: LoadJob): Buffer[] {
  const keys = callers.map((caller) => ({ caller, key: fastKey(caller.privateKey) }))
  return Array.from({ length: requests }, (_, n) => {
    const chosen = keys[n % keys.length]
    if (chosen === undefined) throw new Error('a load needs a caller')
    return signingRequest(chosen.caller, chosen.key)
  })
}

function repeated(queries: readonly string[], { requests }: LoadJob): Buffer[] {
  const bytes = queries.map((query) => Buffer.from(query))
  return Array.from({ length: requests }, (_, n) => bytes[n % bytes.length] ?? Buffer.alloc(0))
}

class Round {
  readonly #job: LoadJob
  readonly #requests: Buffer[]
  readonly #latencies: number[] = []
  #next = 0
  #failed = 0
  #replyBytes = 0
  #endsAt = 0

  constructor(job: LoadJob) {
    this.#job = job
    this.#requests = job.queries === undefined ? signingRequests(job) : repeated(job.queries, job)
  }

  async run(): Promise<LoadResult> {
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    this.#endsAt = startedAt + this.#job.seconds * 1000
    await Promise.all(Array.from({ length: this.#job.connections }, () => this.#converse()))
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const sorted = this.#latencies.sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
    return {
      answered: sorted.length,
      failed: this.#failed,
      seconds,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      cpuUs: (user + system) / Math.max(1, sorted.length),
      replyBytes: this.#replyBytes,
    }
  }

  async #converse(): Promise<void> {
    const socket = connect({ port: this.#job.port, host: '127.0.0.1', noDelay: true })
    const replies = new Replies(socket)
    for (;;) {
      const request = this.#requests[this.#next++]
      if (request === undefined || performance.now() > this.#endsAt) break
      const sentAt = performance.now()
      socket.write(request)
      const reply = await replies.next()
      this.#latencies.push(performance.now() - sentAt)
      this.#replyBytes = reply.bodyBytes
      if (!reply.ok) this.#failed++
    }
    socket.end()
  }
}

/** Reads HTTP/1.1 replies with a Content-Length, one at a time. */
class Replies {
  #buffer: Buffer = Buffer.alloc(0)
  #resolve: ((reply: { ok: boolean; bodyBytes: number }) => void) | undefined
  #reject: ((error: Error) => void) | undefined

  constructor(socket: Socket) {
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => this.#reject?.(error))
    socket.on('close', () => this.#reject?.(new Error('the server closed the connection')))
  }

  next(): Promise<{ ok: boolean; bodyBytes: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ ok: boolean; bodyBytes: number }>()
    this.#resolve = resolve
    this.#reject = reject
    return promise
  }

  #take(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    const headEnd = this.#buffer.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#buffer.toString('latin1', 0, headEnd)
    const length = /content-length: (\d+)/i.exec(head)?.[1]
    if (length === undefined) {
      this.#reject?.(new Error('a reply without a length'))
      return
    }
    const end = headEnd + 4 + Number(length)
    if (this.#buffer.length < end) return
    this.#buffer = this.#buffer.subarray(end)
    this.#resolve?.({ ok: head.startsWith('HTTP/1.1 200'), bodyBytes: Number(length) })
  }
}

function tell(message: LoadMessage): void {
  process.send?.(message)
}

let prepared: Round | undefined

process.on('message', (message: LoadJob | 'go') => {
  if (message !== 'go') {
    prepared = new Round(message)
    tell({ kind: 'stamped' })
    return
  }
  void prepared?.run().then((result) => tell({ kind: 'done', result }))
})
