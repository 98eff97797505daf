// One round of load against one contestant, and what is said about several.
import { type ChildProcess, fork } from 'node:child_process'
import type { LoadJob, LoadMessage, LoadResult } from './load.ts'

export interface Measured extends LoadResult {
  /** CPU microseconds for each request: the contestant's whole tree, and the database's. */
  treeUs: number
}

/** The process that makes the load. */
export class Load {
  readonly #child: ChildProcess = fork(new URL('./load.ts', import.meta.url))

  async round(job: LoadJob, cpuMs: () => number): Promise<Measured> {
    await this.#ask(job, 'stamped')
    const before = cpuMs()
    const message = await this.#ask('go', 'done')
    if (message.kind !== 'done') throw new Error('the load did not finish')
    const { result } = message
    if (result.failed > 0) throw new Error(`${result.failed} requests failed`)
    return { ...result, treeUs: ((cpuMs() - before) * 1000) / Math.max(1, result.answered) }
  }

  stop(): void {
    this.#child.kill()
  }

  async #ask(what: LoadJob | 'go', kind: LoadMessage['kind']): Promise<LoadMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<LoadMessage>()
    const listen = (message: LoadMessage) => {
      if (message.kind === kind) resolve(message)
    }
    this.#child.on('message', listen)
    const fail = () => reject(new Error('the load ended'))
    this.#child.once('exit', fail)
    this.#child.send(what)
    return promise.finally(() => this.#child.off('message', listen).off('exit', fail))
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** The median of one figure. */
export function of(rounds: readonly Measured[], name: keyof Measured): number {
  return median(rounds.map((round) => round[name]))
}
