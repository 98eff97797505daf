// Runs one program to its end and says how it ended, with what it printed.
import { spawn } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'

export const ROOT = dirname(import.meta.dirname)

const bin = join(ROOT, 'node_modules', '.bin')

/** The environment in which `node` and the installed tools are the ones of this repository. */
export const toolEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [dirname(process.execPath), bin, process.env['PATH']].join(delimiter),
}

export type Ended = { code: number; output: string; seconds: number }

/** Runs `command`, found on the tools' path. Never rejects: what cannot be started ends with 127. */
export function run([command, ...args]: readonly [string, ...string[]]): Promise<Ended> {
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const chunks: string[] = []
    const end = (code: number) =>
      resolve({ code, output: chunks.join(''), seconds: (performance.now() - startedMs) / 1000 })
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...toolEnv, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => chunks.push(text))
    child.on('error', (error) => {
      chunks.push(`${error.message}\n`)
      end(127)
    })
    child.on('close', (code) => end(code ?? 1))
  })
}
