// A Redis server of our own: empty, on a free local port, nothing kept.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './port.ts'

export type RedisServer = {
  url: string
  /** Sends one command, and returns the reply as the wire has it. */
  command: (...words: string[]) => Promise<string>
  stop: () => Promise<void>
}

const START_MS_MAX = 10_000

async function command(port: number, words: string[]): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  socket.write(`*${words.length}\r\n${parts.join('')}`)
  const [reply] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return reply.toString('utf8')
}

async function untilReady(port: number, server: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + START_MS_MAX
  for (;;) {
    const reply = await command(port, ['PING']).catch(() => '')
    if (reply.startsWith('+PONG')) return
    if (server.exitCode !== null || Date.now() > deadlineMs) throw new Error('Redis did not start')
    await sleep(20)
  }
}

/** Starts `redis-server`. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  try {
    await untilReady(port, server)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `redis://127.0.0.1:${port}`, command: (...words) => command(port, words), stop }
}
