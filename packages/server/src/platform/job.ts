// Background work that is asked for again and again, and of which one run goes at a time.
import { log } from './log.ts'

export interface Job {
  /** Runs the work after the run that is under way, if any. Never rejects: failures are logged. */
  run(): Promise<void>
  /** Resolves when nothing runs. */
  idle(): Promise<void>
}

/** @param isNormal which errors are no news */
export function createJob(
  name: string,
  work: () => Promise<void>,
  isNormal: (error: unknown) => boolean,
): Job {
  let last: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const once = async () => {
    await last
    next = undefined
    try {
      await work()
    } catch (cause) {
      if (!isNormal(cause)) log('error', `the job ${name} failed`, { cause })
    }
  }
  return {
    run() {
      // Whoever asks while a run is waiting is served by that one.
      if (next === undefined) {
        next = once()
        last = next
      }
      return next
    },
    idle: () => last,
  }
}
