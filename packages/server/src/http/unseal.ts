// `POST /unseal`: a share, recovery words or a passphrase from elsewhere, where it is configured.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Reply } from '../operation/family.ts'

const text = z.string().min(1).max(2048)
const attemptSchema = z.union([
  z.strictObject({ share: text }),
  z.strictObject({ words: text }),
  z.strictObject({ passphrase: text }),
])

export type UnsealBody = z.output<typeof attemptSchema>

/** How it ended. `shares`: how many were given and how many are needed. */
export type UnsealAnswer =
  | { kind: 'accepted'; unsealing: { sealed: boolean; shares?: { given: number; needed: number } } }
  | { kind: 'refused'; message: string }
  | { kind: 'tooMany' }

export type Unseal = (attempt: UnsealBody, address: string) => Promise<UnsealAnswer>

export function mountUnsealing(server: FastifyInstance, unseal: Unseal): void {
  server.post('/unseal', async (request, reply) => {
    const attempt = attemptSchema.safeParse(parse(request.body))
    const { status, body } = attempt.success
      ? answer(await unseal(attempt.data, request.ip))
      : refusal(400, 'send {"share": "…"}, {"words": "…"} or {"passphrase": "…"}')
    return reply.code(status).header('content-type', 'application/json').send(body)
  })
}

function parse(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '')
  } catch {
    return undefined
  }
}

function answer(outcome: UnsealAnswer): Reply {
  if (outcome.kind === 'refused') return refusal(403, outcome.message)
  if (outcome.kind === 'tooMany') return refusal(429, 'too many attempts: wait a minute')
  return { status: 200, body: Buffer.from(JSON.stringify(outcome.unsealing)) }
}

function refusal(status: number, message: string): Reply {
  return { status, body: Buffer.from(JSON.stringify({ message })) }
}
