// The two programs that are compared: the server and the floor, started on fresh data.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { type Caller, pointOf, prepareCallers } from './requests.ts'

export type Engine = 'sqlite' | 'postgres'

export interface Setting {
  engine: Engine
  processes: number
  organizations: number
}

export interface Contestant {
  port: number
  pid: number
  startedInMs: number
  stop(): Promise<void>
}

const root = new URL('..', import.meta.url).pathname

/** Starts a program that prints where it listens. */
export async function launch(words: string[], env: NodeJS.ProcessEnv): Promise<Contestant> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, words, {
    cwd: root,
    env,
    stdio: 'pipe',
  })
  const port = await listeningPort(child)
  return {
    port,
    pid: child.pid ?? 0,
    startedInMs: performance.now() - startedAt,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function listeningPort(child: ChildProcessWithoutNullStreams): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  child.once('exit', () => reject(new Error(`a contestant did not start: ${errors.join('')}`)))
  createInterface({ input: child.stdout }).on('line', (line) => {
    const port = /^listening on http:\/\/\S+:(\d+)$/.exec(line)?.[1]
    if (port !== undefined) resolve(Number(port))
  })
  return promise
}

/** An empty database of that name. @returns its URL */
export async function freshDatabase(clusterUrl: string, name: string): Promise<string> {
  const client = new pg.Client(clusterUrl)
  await client.connect()
  await client.query(`drop database if exists ${name} with (force)`)
  await client.query(`create database ${name}`)
  await client.end()
  const url = new URL(clusterUrl)
  url.pathname = name
  return url.href
}

export interface Pair {
  server: Contestant
  floor: Contestant
  callers: Caller[]
  stop(): Promise<void>
}

/** Starts both on the same setting, with the same callers. */
export async function startPair(setting: Setting, clusterUrl: string): Promise<Pair> {
  const data = mkdtempSync(join(tmpdir(), 'keystead-bench-'))
  const databaseFor = (name: string) =>
    setting.engine === 'postgres' ? freshDatabase(clusterUrl, name) : Promise.resolve(null)
  const serverDatabase = await databaseFor('bench_server')
  const env = {
    ...process.env,
    ...(serverDatabase === null ? {} : { KEYSTEAD_DATABASE_URL: serverDatabase }),
  }
  const serve = ['bin/keystead.js', 'serve', '--port', '0', '--workers', String(setting.processes)]
  const server = await launch([...serve, '--data', join(data, 'server')], env)
  const admin = JSON.parse(readFileSync(join(data, 'server', 'admin.json'), 'utf8')) as {
    organizationId: string
    apiPublicKey: string
    apiPrivateKey: string
  }
  const callers = await prepareCallers(
    `http://127.0.0.1:${server.port}`,
    admin,
    setting.organizations,
  )
  const job = join(data, 'floor.json')
  const floorJob = {
    sqlitePath: join(data, 'floor.db'),
    postgresUrl: await databaseFor('bench_floor'),
    processes: setting.processes,
    publicKeys: callers.map(pointOf),
    replyBytes: REPLY_BYTES,
  }
  writeFileSync(job, JSON.stringify(floorJob))
  const floor = await launch(['bench/floor.ts', job], process.env)
  return {
    server,
    floor,
    callers,
    async stop() {
      await server.stop()
      await floor.stop()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** The size of the server's reply to the request that the load sends; `bench.ts` checks it. */
export const REPLY_BYTES = 2410
