// Runs the `keystead` command as a person at the shell would, and shows how it ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname

export interface Ended {
  /** Null: ended by a signal. */
  code: number | null
  stdout: string
  stderr: string
}

export interface CommandOptions {
  /** The whole environment; by default that of the test. */
  env?: NodeJS.ProcessEnv
  /** Its standard input. */
  input?: string
  /** The folder that it runs in; by default that of the test. */
  cwd?: string
}

/** Runs `keystead WORDS…` to its end. */
export async function keystead(
  words: readonly string[],
  { env = process.env, input = '', cwd = process.cwd() }: CommandOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [launcher, ...words], { env, cwd })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  // A command that reads no input may be gone before it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...printed }
}
