// Times the stages of one request, for the metrics and for clients that ask for Server-Timing.

/** The stages of the pipeline, in order. */
export type Stage = 'parse' | 'authenticate' | 'decide' | 'prepare' | 'commit' | 'encode'

export class Stopwatch {
  readonly laps: { stage: Stage; ms: number }[] = []
  #lastMs = performance.now()

  /** Ends `stage`: it took the time since the last lap. */
  lap(stage: Stage): void {
    const nowMs = performance.now()
    this.laps.push({ stage, ms: nowMs - this.#lastMs })
    this.#lastMs = nowMs
  }

  /** The value of a `Server-Timing` header (W3C Server Timing section 3): milliseconds. */
  header(): string {
    const sums = new Map<Stage, number>()
    for (const { stage, ms } of this.laps) sums.set(stage, (sums.get(stage) ?? 0) + ms)
    return [...sums].map(([stage, ms]) => `${stage};dur=${ms.toFixed(3)}`).join(', ')
  }
}
