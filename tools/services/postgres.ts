// A PostgreSQL cluster of our own: fresh, on a free local port, as durable as in production.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { unprivilegedAccount } from './account.ts'
import { postgresBinaries } from './binaries.ts'

export type Postgres = { url: string; stop: () => Promise<void> }

const START_MS_MAX = 30_000

const settings = (port: number) => [
  `port=${port}`,
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'fsync=on',
  'synchronous_commit=on',
]

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

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

/** Makes and starts a cluster. `stop` ends it and removes its files. */
export async function startPostgres(): Promise<Postgres> {
  const account = unprivilegedAccount()
  const scratch = mkdtempSync(join(tmpdir(), 'keystead-postgres-'))
  chmodSync(scratch, 0o755)
  if (account) chownSync(scratch, account.uid, account.gid)
  const bin = postgresBinaries(scratch)
  const data = join(scratch, 'data')
  const log = join(scratch, 'log')
  const as = { ...account, cwd: scratch }

  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
  const made = spawnSync(join(bin, 'initdb'), init, { ...as, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.stderr}`)

  const port = await freePort()
  const output = openSync(log, 'w')
  // Detached: an interrupt from the terminal must reach the tests first, then we stop the server.
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...settings(port).flatMap((setting) => ['-c', setting])],
    { ...as, detached: true, stdio: ['ignore', output, output] },
  )
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGINT')
      await once(server, 'exit')
    }
    rmSync(scratch, { recursive: true, force: true })
  }
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  try {
    await untilReady(url, server, log)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, stop }
}
