// `npm test`: starts what tests need, runs them, stops it. `--long`: the long tests, full counts.
// `--write-compat` writes docs/compat/turnkey.md from the calls of the run; a run of all tests
// compares it. Other arguments go to vitest: `npm test -- packages/crypto`.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { timeScale } from '../tests/support/rounds.ts'
import { compatPage, writeCompat } from './compat.ts'
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

/** What of their time the long tests have before the deadline, if there is one. */
function timeLeft(): Record<string, string> {
  const deadline = process.env['KEYSTEAD_TEST_DEADLINE']
  if (deadline === undefined) return {}
  return { KEYSTEAD_TEST_TIME_SCALE: String(timeScale(Number(deadline))) }
}

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
  const given = process.argv.slice(2)
  const long = given.includes('--long')
  const write = given.includes('--write-compat')
  const args = given.filter((arg) => arg !== '--long' && arg !== '--write-compat')
  const postgres = await startPostgres()
  const records = mkdtempSync(join(tmpdir(), 'ks-calls-'))
  const calls = join(records, 'calls')
  try {
    const code = await runVitest(args, {
      ...toolEnv,
      KEYSTEAD_TEST_LONG: long ? '1' : '0',
      ...(long ? timeLeft() : {}),
      KEYSTEAD_TEST_POSTGRES: postgres.url,
      KEYSTEAD_TEST_CALLS: calls,
    })
    const all = !long && args.every((arg) => arg.startsWith('--'))
    return code === 0 && (write || all) ? settleCompat(calls, write) : code
  } finally {
    rmSync(records, { recursive: true })
    await postgres.stop()
  }
}

/** Compares the compatibility table with what the clients of this run called, or writes it. */
function settleCompat(calls: string, write: boolean): number {
  const page = compatPage(calls)
  if (write) writeCompat(page)
  if (write || page.old === page.now) return 0
  console.error('docs/compat/turnkey.md is not what this run shows: npm run gen:compat writes it')
  for (const line of linesMissing(page.old, page.now)) console.error(`- ${line}`)
  for (const line of linesMissing(page.now, page.old)) console.error(`+ ${line}`)
  return 1
}

/** The lines of `text` that `other` does not have. */
function linesMissing(text: string, other: string): string[] {
  const others = new Set(other.split('\n'))
  return text.split('\n').filter((line) => !others.has(line))
}

process.exitCode = await main()
