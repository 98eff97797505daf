// HTTP: mounts every family's operations, keeps bodies as raw bytes, and answers JSON bytes only.
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { AppError } from '../errors.ts'
import type { Family, Inbound, Reply } from '../operation/family.ts'
import type { Operation } from '../operation/operation.ts'
import { readBody } from './body.ts'
import { mountInvitationPage } from './invitation/page.ts'
import { type Document, mountReference } from './reference/documents.ts'
import { mountUnsealing, type Unseal } from './unseal.ts'

export type HttpServer = FastifyInstance

export interface HttpOptions {
  bodyBytesMax: number
  corsOrigins: readonly string[]
  trustedProxies: readonly string[]
}

/** What answers requests; the families exist before the server is unsealed. */
export interface Backend {
  families: readonly Family[]
  handle(family: Family, inbound: { operation: Operation; request: Inbound }): Promise<Reply>
  isSealed(): boolean
  /** Whether the database answers. */
  isReady(): Promise<boolean>
  /** Public keys, for clients that must be told them. */
  publicKeys(): unknown
  metrics(): Promise<string>
  /** The files of the generated reference, by path. */
  documents(): ReadonlyMap<string, Document>
  reportUnexpected(error: unknown): void
  /** Unseals by what is sent to `POST /unseal`; null: there is no such route. */
  unseal: Unseal | null
}

/** @returns a fastify instance, not yet listening */
export function createHttpServer(backend: Backend, options: HttpOptions): FastifyInstance {
  const [fallback] = backend.families
  const server = fastify({
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    exposeHeadRoutes: false,
    routerOptions: { ignoreDuplicateSlashes: true },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, _request, reply) => {
      void send(reply, errorReply(fallback, adopt(error, backend)))
    },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, fallback),
    // What still arrives on an open connection is answered: a 503 here would not be in our shape.
    return503OnClosing: false,
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) =>
    readBody(payload, options.bodyBytesMax),
  )
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    // A body is JSON whatever its type is said to be, and fastify refuses types it cannot parse.
    raw.headers['content-type'] = undefined
    done()
  })
  allowOrigins(server, options.corsOrigins)
  closeWhileSealed(server, backend)
  for (const family of backend.families) mountFamily(server, backend, family)
  mountProbes(server, backend)
  if (backend.unseal !== null) mountUnsealing(server, backend.unseal)
  mountInvitationPage(server)
  mountReference(server, backend.families, () => backend.documents())
  server.setNotFoundHandler((_request, reply) => {
    return send(reply, errorReply(fallback, new AppError('ROUTE_NOT_FOUND')))
  })
  server.setErrorHandler((error: FastifyError, _request, reply) => {
    return send(reply, errorReply(fallback, adopt(error, backend)))
  })
  return server
}

/** What a sealed server answers by itself; operations answer in the shape of their family. */
const OPEN_WHILE_SEALED = ['/healthz', '/readyz', '/.well-known/keystead', '/unseal']

/** A sealed server has nothing to say about anything else. */
function closeWhileSealed(server: FastifyInstance, backend: Backend): void {
  const operations = backend.families.flatMap(({ registry }) => registry.operations)
  const open = new Set([...OPEN_WHILE_SEALED, ...operations.map(({ path }) => path)])
  server.addHook('onRequest', (request, reply, done) => {
    if (!backend.isSealed() || open.has(request.routeOptions.url ?? '')) done()
    else void send(reply, errorReply(backend.families[0], new AppError('SEALED')))
  })
}

function mountFamily(server: FastifyInstance, backend: Backend, family: Family): void {
  for (const operation of family.registry.operations) {
    server.post(operation.path, async (request, reply) => {
      if (backend.isSealed()) return send(reply, family.encodeError(new AppError('SEALED')))
      const inbound = { operation, request: inboundOf(request, operation.path) }
      return send(reply, await backend.handle(family, inbound))
    })
  }
}

function inboundOf(request: FastifyRequest, path: string): Inbound {
  // Node joins repeated headers by itself: only `set-cookie`, which no request has, stays a list.
  const headers = request.headers as Inbound['headers']
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  return { path, body, headers, address: request.ip }
}

function mountProbes(server: FastifyInstance, backend: Backend): void {
  server.get('/healthz', (_request, reply) =>
    send(reply, json(200, { status: backend.isSealed() ? 'sealed' : 'ok' })),
  )
  server.get('/readyz', async (_request, reply) => {
    const ready = !backend.isSealed() && (await backend.isReady())
    return send(reply, json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready' }))
  })
  server.get('/.well-known/keystead', (_request, reply) =>
    send(
      reply,
      backend.isSealed() ? json(503, { status: 'sealed' }) : json(200, backend.publicKeys()),
    ),
  )
  server.get('/metrics', async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4').send(await backend.metrics())
  })
}

const REQUEST_HEADERS =
  'Content-Type, X-Client-Version, X-Stamp, X-Stamp-Webauthn, X-Stamp-Attested, X-Session'

/** Browsers may call from the configured origins; no credentials of the browser are used. */
function allowOrigins(server: FastifyInstance, origins: readonly string[]): void {
  const any = origins.includes('*')
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (origin !== undefined && (any || origins.includes(origin))) {
      reply.header('access-control-allow-origin', any ? '*' : origin)
      if (!any) reply.header('vary', 'origin')
    }
    if (request.method !== 'OPTIONS') {
      done()
      return
    }
    reply.header('access-control-allow-methods', 'POST, OPTIONS')
    reply.header('access-control-allow-headers', REQUEST_HEADERS)
    reply.header('access-control-max-age', '86400')
    void reply.code(204).send()
  })
}

function adopt(error: FastifyError, backend: Backend): AppError {
  if (error instanceof AppError) return error
  const status = error.statusCode ?? 500
  if (status < 500) return new AppError('BAD_REQUEST_BODY')
  backend.reportUnexpected(error)
  return new AppError('INTERNAL')
}

/** Answers what node could not read as a request, such as headers beyond its limit. */
function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket,
  family: Family | undefined,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const status =
    { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400
  const { body } = errorReply(family, new AppError('BAD_REQUEST_BODY'))
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  if (socket.writable)
    socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]))
  socket.destroySoon()
}

function errorReply(family: Family | undefined, error: AppError): Reply {
  return family?.encodeError(error) ?? json(500, { message: error.message })
}

function json(status: number, value: unknown): Reply {
  return { status, body: Buffer.from(JSON.stringify(value)) }
}

/** SECURITY: bytes and the exact type; fastify adds a charset to strings, which clients refuse. */
function send(reply: FastifyReply, { status, body, headers }: Reply): FastifyReply {
  if (headers !== undefined) reply.headers(headers)
  return reply.code(status).header('content-type', 'application/json').send(body)
}
