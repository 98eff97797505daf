// Commands that are killed at a chosen system call. What they have written stays, synced or not.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname

export interface Kill {
  /** System calls of the main thread, separated by commas. */
  calls: string
  /** Before which of them it is killed, counted from 1. */
  at: number
}

/** Runs `keystead WORDS…`, killed before a system call. @returns whether that call was reached */
export function keysteadKilledAt(
  words: readonly string[],
  kill: Kill,
  options: { env?: NodeJS.ProcessEnv; input?: string } = {},
): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ks-killed-'))
  const trace = join(folder, 'trace')
  const inject = `inject=${kill.calls}:signal=SIGKILL:when=${kill.at}`
  const tracer = ['-o', trace, '-e', `trace=${kill.calls}`, '-e', inject]
  try {
    const { input = '', env = process.env } = options
    spawnSync('strace', [...tracer, process.execPath, launcher, ...words], { env, input })
    if (!existsSync(trace)) throw new Error('strace wrote no trace')
    return readFileSync(trace, 'utf8').includes('+++ killed by SIGKILL')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
