// `npm test`: starts what tests need, runs them, stops it. `--long`: the long tests, full counts.
// Other arguments go to vitest: `npm test -- packages/crypto`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT, toolEnv } from './run.ts'
import { startPostgres } from './services/postgres.ts'
import { missing } from './services/require.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function runVitest(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const vitest = spawn('vitest', ['run', ...args], { cwd: ROOT, env, stdio: 'inherit' })
  for (const signal of SIGNALS) process.on(signal, () => vitest.kill(signal))
  await once(vitest, 'exit')
  return vitest.exitCode ?? 1
}

async function main(): Promise<number> {
  const install = missing()
  if (install !== undefined) {
    console.error(install)
    return 1
  }
  const args = process.argv.slice(2)
  const long = args.includes('--long')
  const postgres = await startPostgres()
  try {
    return await runVitest(
      args.filter((arg) => arg !== '--long'),
      {
        ...toolEnv,
        KEYSTEAD_TEST_LONG: long ? '1' : '0',
        KEYSTEAD_TEST_POSTGRES: postgres.url,
      },
    )
  } finally {
    await postgres.stop()
  }
}

process.exitCode = await main()
