// A real HTTP server that receives webhooks, and what arrived at it.
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A webhook as it came over the wire. */
export interface Arrived {
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
  /** The parsed body. */
  event: ArrivedActivity
}

interface ArrivedActivity {
  id: string
  organizationId: string
  status: string
  type: string
  seq: string
}

export interface Receiver {
  url: string
  port: number
  /** Every request, in the order in which they came, however they were answered. */
  arrived: Arrived[]
  /** The most requests to one path that were under way at once. */
  readonly atOnceMax: number
  /** Answers; by default 204 at once. */
  answer: (arrived: Arrived, response: ServerResponse) => void
  /** Resolves when `count` requests have come in all. */
  receive(count: number): Promise<Arrived[]>
  close(): Promise<void>
}

/**
 * @param options.port 0: a free one
 * @param options.tls its key and certificate; without: http
 */
export async function startReceiver(
  options: { port?: number; tls?: { key: string; cert: string } } = {},
): Promise<Receiver> {
  const waiting = new Set<() => void>()
  const sockets = new Set<Socket>()
  const underWay = new Map<string, number>()
  let atOnceMax = 0
  const { port = 0, tls } = options
  const server = tls === undefined ? createServer() : createTlsServer(tls)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? ''
    const count = (underWay.get(path) ?? 0) + 1
    underWay.set(path, count)
    atOnceMax = Math.max(atOnceMax, count)
    response.once('close', () => underWay.set(path, (underWay.get(path) ?? 1) - 1))
    const arrive = (body: Buffer) => {
      const event = JSON.parse(body.toString('utf8')) as ArrivedActivity
      const one = { path, headers: request.headers, body, event }
      receiver.arrived.push(one)
      receiver.answer(one, response)
      for (const look of waiting) look()
    }
    // A request that breaks off has not arrived.
    void buffer(request).then(arrive, () => undefined)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = (server.address() as AddressInfo).port
  const receiver: Receiver = {
    url: tls === undefined ? `http://127.0.0.1:${bound}` : `https://localhost:${bound}`,
    port: bound,
    arrived: [],
    get atOnceMax() {
      return atOnceMax
    },
    answer: (_arrived, response) => response.writeHead(204).end(),
    async receive(count) {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const look = () => {
        if (receiver.arrived.length >= count) resolve(undefined)
      }
      waiting.add(look)
      look()
      await promise
      waiting.delete(look)
      return receiver.arrived
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return receiver
}
