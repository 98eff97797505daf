// A real server process for one test: a fresh instance on either engine, with any number of workers.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Admin } from '@keystead/server/commands'
import { createDatabase } from './postgres.ts'

export type Engine = 'sqlite' | 'postgres'
export const engines: readonly Engine[] = ['sqlite', 'postgres']

const launcher = new URL('../../bin/keystead.js', import.meta.url).pathname

export interface ServerOptions {
  engine: Engine
  workers?: number
  /** Further settings. */
  env?: Record<string, string>
  /** Runs the server under another command, such as a tracer: its words before `node …`. */
  under?: readonly string[]
  /** Makes it the leader of a process group: `end` then signals its workers as well. */
  ownGroup?: boolean
  /** An instance that is there already, with an `admin.json`; by default a new one is made. */
  on?: { data: string; databaseUrl: string | null }
}

export interface TestServer {
  url: string
  admin: Admin
  /** The data directory. */
  data: string
  env: NodeJS.ProcessEnv
  databaseUrl: string | null
  process: ChildProcess
  /** Everything it printed, both streams. */
  output(): string
  /** Ends the process by `signal` and waits; the data stay. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again on the same data. */
  restart(): Promise<void>
  /** Ends the process and removes the data. */
  dispose(): Promise<void>
}

/** Starts a server on a new instance and waits until it listens. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const data = options.on?.data ?? mkdtempSync(join(tmpdir(), 'ks-'))
  const database = await databaseOf(options)
  const env = {
    ...process.env,
    ...options.env,
    ...(database === null ? {} : { KEYSTEAD_DATABASE_URL: database.url }),
  }
  let running = await launch(options, data, env)
  const server: TestServer = {
    url: running.url,
    admin: JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8')) as Admin,
    data,
    env,
    databaseUrl: database?.url ?? null,
    process: running.child,
    output: () => running.output(),
    end: (signal) => endProcess(running.child, signal, options.ownGroup),
    async restart() {
      running = await launch(options, data, env)
      server.url = running.url
      server.process = running.child
    },
    async dispose() {
      await endProcess(running.child, 'SIGTERM')
      await database?.drop()
      rmSync(data, { recursive: true, force: true })
    },
  }
  return server
}

async function databaseOf({ engine, on }: ServerOptions) {
  if (on === undefined) return engine === 'postgres' ? createDatabase() : null
  const { databaseUrl: url } = on
  return url === null ? null : { url, drop: () => Promise.resolve() }
}

interface Running {
  child: ChildProcess
  url: string
  output(): string
}

async function launch(
  options: ServerOptions,
  data: string,
  env: NodeJS.ProcessEnv,
): Promise<Running> {
  const serve = ['serve', '--data', data, '--port', '0', '--workers', String(options.workers ?? 1)]
  const [command = '', ...words] = [...(options.under ?? []), process.execPath, launcher, ...serve]
  const detached = options.ownGroup ?? false
  const child = spawn(command, words, { env, stdio: ['ignore', 'pipe', 'pipe'], detached })
  if (detached) endWithTest(child)
  const lines: string[] = []
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      const url = /^listening on (\S+)$/.exec(line)?.[1]
      if (url !== undefined) resolve(url)
    })
  }
  child.once('exit', (code) =>
    reject(new Error(`the server ended (${code}):\n${lines.join('\n')}`)),
  )
  return { child, url: await promise, output: () => lines.join('\n') }
}

async function endProcess(
  child: ChildProcess,
  signal: 'SIGTERM' | 'SIGKILL',
  group = false,
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  if (group && child.pid !== undefined) process.kill(-child.pid, signal)
  else child.kill(signal)
  await ended
}

/** An interrupt at the terminal reaches only the test's own group. */
function endWithTest(child: ChildProcess): void {
  const end = () => child.kill('SIGTERM')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
}
