// `npm test`: starts what tests need, runs them, stops it. `--long`: the long tests, full counts.
// Other arguments go to vitest: `npm test -- packages/crypto`.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ROOT, toolEnv } from './run.ts'
import { startPostgres } from './services/postgres.ts'
import { missing } from './services/require.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const INTERRUPTED = 130

let interrupted = false
let vitest: ChildProcess | undefined

/** From the first moment on, so that an interrupt never leaves a service behind. */
for (const signal of SIGNALS)
  process.on(signal, () => {
    interrupted = true
    vitest?.kill(signal)
  })

async function runVitest(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (interrupted) return INTERRUPTED
  vitest = spawn('vitest', ['run', ...args], { cwd: ROOT, env, stdio: 'inherit' })
  await once(vitest, 'exit')
  return interrupted ? INTERRUPTED : (vitest.exitCode ?? 1)
}

async function main(): Promise<number> {
  const install = missing()
  if (install !== undefined) {
    console.error(install)
    return 1
  }
  const long = process.argv.includes('--long')
  const args = process.argv.slice(2).filter((arg) => arg !== '--long')
  const postgres = await startPostgres()
  try {
    return await runVitest(args, {
      ...toolEnv,
      KEYSTEAD_TEST_LONG: long ? '1' : '0',
      KEYSTEAD_TEST_POSTGRES: postgres.url,
    })
  } finally {
    await postgres.stop()
  }
}

process.exitCode = await main()
