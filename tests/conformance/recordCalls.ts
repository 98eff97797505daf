// Notes which endpoints the published clients call with success, for the compatibility table.
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'

const file = process.env['KEYSTEAD_TEST_CALLS']
const seen = new Set<string>()

/** @param client the header of the published clients; one HTTP library keeps it as a list */
function note(client: unknown, path: unknown, status: unknown): void {
  if (file === undefined || status !== 200) return
  const name: unknown = Array.isArray(client) ? client[0] : client
  if (typeof name !== 'string' || typeof path !== 'string') return
  if (!name.startsWith('@turnkey/')) return
  const line = `${name} ${path.replace('//', '/')}`
  if (seen.has(line)) return
  seen.add(line)
  appendFileSync(file, `${line}\n`)
}

interface UndiciExchange {
  request: { path: string; headers: readonly string[] }
  response: { statusCode: number }
}

subscribe('undici:request:headers', (message) => {
  const { request, response } = message as UndiciExchange
  const at = request.headers.findIndex((name) => name.toLowerCase() === 'x-client-version')
  note(at < 0 ? undefined : request.headers[at + 1], request.path, response.statusCode)
})

interface HttpExchange {
  request: ClientRequest
  response: IncomingMessage
}

subscribe('http.client.response.finish', (message) => {
  const { request, response } = message as HttpExchange
  note(request.getHeader('x-client-version'), request.path, response.statusCode)
})
