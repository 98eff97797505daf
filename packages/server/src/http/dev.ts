// Routes of the emulator only: its clock, what it would have sent, and starting over.
import type { FastifyReply } from 'fastify'
import type { HttpServer } from './server.ts'

export interface DevControls {
  clock: { now(): number; set(nowMs: number): void }
  describe(): unknown
  /** What would have been sent, oldest first. */
  outbox(): Promise<unknown[]>
  /** Throws everything away and starts again. @returns the new instance */
  reset(): Promise<unknown>
}

export function mountDevRoutes(server: HttpServer, controls: DevControls): void {
  const { clock } = controls
  server.get('/dev', (_request, reply) => sendJson(reply, 200, controls.describe()))
  server.get('/dev/clock', (_request, reply) => sendJson(reply, 200, { nowMs: clock.now() }))
  server.post('/dev/clock', (request, reply) => {
    const nowMs = wantedTime(request.body, clock.now())
    if (nowMs === undefined) {
      return sendJson(reply, 400, { message: 'send {"nowMs": N} or {"advanceMs": N}' })
    }
    clock.set(nowMs)
    return sendJson(reply, 200, { nowMs: clock.now() })
  })
  server.get('/dev/outbox', async (_request, reply) =>
    sendJson(reply, 200, { messages: await controls.outbox() }),
  )
  server.post('/dev/reset', async (_request, reply) => sendJson(reply, 200, await controls.reset()))
}

const YEAR_2100_MS = 4_102_444_800_000

function wantedTime(body: unknown, nowMs: number): number | undefined {
  const { nowMs: absolute, advanceMs } = parse(body)
  const wanted = typeof absolute === 'number' ? absolute : nowMs + Number(advanceMs)
  return Number.isSafeInteger(wanted) && wanted >= 0 && wanted < YEAR_2100_MS ? wanted : undefined
}

function parse(body: unknown): { nowMs?: unknown; advanceMs?: unknown } {
  try {
    const value: unknown = JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function sendJson(reply: FastifyReply, status: number, value: unknown): FastifyReply {
  const body = Buffer.from(JSON.stringify(value))
  return reply.code(status).header('content-type', 'application/json').send(body)
}
