// The control socket: commands from the host's shell to a running server, one JSON line each.
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Config } from '../config.ts'
import type { HostCommand } from './hostCommands.ts'
import { HostError } from './instance.ts'
import type { Attempt } from './unsealer.ts'

export type ControlRequest =
  | { command: 'unseal'; attempt: Attempt }
  | { command: 'listMail' }
  | { command: 'backup'; file: string }
  | HostCommand

type ControlReply = { ok: true; value: unknown } | { ok: false; message: string }

const LINE_CHARACTERS_MAX = 64 * 1024

function socketPath(config: Config): string {
  return join(config.dataDirectory, 'keystead.sock')
}

/** Listens for commands; the data directory's mode keeps other users out. */
export async function listenForControl(
  config: Config,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<Server> {
  const path = socketPath(config)
  rmSync(path, { force: true })
  const server = createServer((socket) => serveSocket(socket, answer))
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  server.once('error', reject)
  server.listen(path, () => resolve(undefined))
  await promise
  chmodSync(path, 0o600)
  return server
}

function serveSocket(socket: Socket, answer: (request: ControlRequest) => Promise<unknown>): void {
  socket.on('error', () => socket.destroy())
  const lines = createInterface({ input: socket })
  lines.on('line', (line) => {
    void reply(line, answer).then((text) => socket.end(`${text}\n`))
  })
}

async function reply(
  line: string,
  answer: (request: ControlRequest) => Promise<unknown>,
): Promise<string> {
  const result = await attempt(async () => {
    if (line.length > LINE_CHARACTERS_MAX) throw new HostError('the command is too long')
    return answer(JSON.parse(line) as ControlRequest)
  })
  return JSON.stringify(result)
}

async function attempt(work: () => Promise<unknown>): Promise<ControlReply> {
  try {
    return { ok: true, value: (await work()) ?? null }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : 'failed' }
  }
}

/** Sends one command to the running server. @throws HostError when there is none, or it refuses */
export async function sendControl(config: Config, request: ControlRequest): Promise<unknown> {
  const path = socketPath(config)
  if (!existsSync(path)) {
    throw new HostError(`no server is running on the data directory ${config.dataDirectory}`)
  }
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = createConnection(path, () => socket.write(`${JSON.stringify(request)}\n`))
  socket.once('error', reject)
  createInterface({ input: socket }).once('line', resolve)
  const line = await promise.catch(() => {
    throw new HostError(`no server answers on ${path}`)
  })
  const result = JSON.parse(line) as ControlReply
  if (!result.ok) throw new HostError(result.message)
  return result.value
}
