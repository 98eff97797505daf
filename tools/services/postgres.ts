// A PostgreSQL cluster of our own: fresh, on a free local port, as durable as in production.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { unprivilegedAccount, type Account } from './account.ts'
import { postgresBinaries } from './binaries.ts'
import { freePort } from './port.ts'

export type Postgres = { url: string; pid: number; stop: () => Promise<void> }

type Place = { scratch: string; account: Account | undefined; log: string }

const START_MS_MAX = 30_000

const settings = (port: number) => [
  `port=${port}`,
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'fsync=on',
  'synchronous_commit=on',
]

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url)
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

async function untilReady(url: string, server: ChildProcess, log: string): Promise<void> {
  const deadlineMs = Date.now() + START_MS_MAX
  while (!(await answers(url))) {
    if (server.exitCode !== null || Date.now() > deadlineMs)
      throw new Error(`PostgreSQL did not start:\n${readFileSync(log, 'utf8')}`)
    await sleep(50)
  }
}

/** Detached: an interrupt from the terminal must reach the tests first, then we stop the server. */
function start(program: string, args: string[], place: Place): ChildProcess {
  const { scratch, account, log } = place
  const output = openSync(log, 'a')
  const options = { ...account, cwd: scratch, detached: true }
  const child = spawn(program, args, { ...options, stdio: ['ignore', output, output] })
  closeSync(output)
  return child
}

async function makeCluster(bin: string, data: string, place: Place): Promise<void> {
  const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const initdb = start(join(bin, 'initdb'), ['-D', data, ...options], place)
  await once(initdb, 'exit')
  if (initdb.exitCode !== 0) throw new Error(`initdb failed:\n${readFileSync(place.log, 'utf8')}`)
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGINT')
  await once(server, 'exit')
}

async function startServer(place: Place): Promise<Postgres> {
  const bin = postgresBinaries(place.scratch)
  const data = join(place.scratch, 'data')
  await makeCluster(bin, data, place)
  const port = await freePort()
  const options = settings(port).flatMap((setting) => ['-c', setting])
  const server = start(join(bin, 'postgres'), ['-D', data, ...options], place)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const stop = () => end(server)
  try {
    await untilReady(url, server, place.log)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, pid: server.pid ?? 0, stop }
}

/** Makes and starts a cluster. `stop` ends it and removes its files. */
export async function startPostgres(): Promise<Postgres> {
  const account = unprivilegedAccount()
  const scratch = mkdtempSync(join(tmpdir(), 'keystead-postgres-'))
  const remove = () => rmSync(scratch, { recursive: true, force: true })
  try {
    chmodSync(scratch, 0o755)
    if (account) chownSync(scratch, account.uid, account.gid)
    const { url, pid, stop } = await startServer({ scratch, account, log: join(scratch, 'log') })
    return { url, pid, stop: () => stop().finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}
