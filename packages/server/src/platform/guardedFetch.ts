// Speaks to addresses that strangers name, without becoming their way into our network.
import { lookup as systemLookup, Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './publicAddress.ts'

const PORTS = new Set(['', '443', '8443'])
const DNS_TRY_MS = 1000
const DNS_TRIES = 2
const HEADERS_BYTES_MAX = 16 * 1024
const JSON_TYPE = /^application\/(?:json|[a-z0-9.-]+\+json)\s*(?:;|$)/i

/** A fetch that was refused, or did not give what was asked for. Its message is for the log only. */
export class FetchError extends Error {
  override name = 'FetchError'
}

export interface ExchangeRules {
  /** For the whole exchange, from the name look-up to the last byte. */
  timeoutMs: number
  /** SECURITY: whether http, any port and private addresses are allowed: only for named hosts. */
  trusted: boolean
}

export interface FetchRules extends ExchangeRules {
  /** Of the body. */
  bytesMax: number
}

/** The IP addresses of a host name. */
export type Resolve = (hostname: string) => Promise<string[]>

/** Asks the name servers themselves: a slow answer must not occupy a thread, as `getaddrinfo` does. */
const resolvePublic: Resolve = async (hostname) => {
  const resolver = new Resolver({ timeout: DNS_TRY_MS, tries: DNS_TRIES })
  const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

const resolveTrusted: Resolve = async (hostname) =>
  (await systemLookup(hostname, { all: true })).map(({ address }) => address)

/**
 * Fetches a JSON document by GET. Redirects are not followed.
 * @param resolve the public look-up; what it returns is checked, and is what is connected to
 * @throws FetchError
 */
export function fetchJson(
  url: URL,
  rules: FetchRules,
  resolve: Resolve = resolvePublic,
): Promise<unknown> {
  const target = { url, rules, resolve, signal: AbortSignal.timeout(rules.timeoutMs) }
  return guarded(target, async (addresses) => {
    const outgoing = open(target, addresses, GET)
    const body = await readBody(await answered(outgoing), rules.bytesMax)
    return JSON.parse(body.toString('utf8')) as unknown
  })
}

const GET = {
  method: 'GET',
  headers: { accept: 'application/json', 'accept-encoding': 'identity' },
} as const

/** What is posted, and how long somebody waits for the answer. */
export interface Posting {
  headers: Readonly<Record<string, string>>
  body: Buffer
  /** Gives the exchange up. */
  signal: AbortSignal
}

/**
 * Posts bytes. Redirects are not followed, and nothing of the answer's body is read.
 * @returns the status of the answer
 * @throws FetchError
 */
export function post(
  url: URL,
  posting: Posting,
  rules: ExchangeRules & { resolve?: Resolve },
): Promise<number> {
  const { resolve = resolvePublic, timeoutMs } = rules
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), posting.signal])
  const target = { url, rules, resolve, signal }
  return guarded(target, async (addresses) => {
    const { body } = posting
    const headers = { ...posting.headers, 'content-length': String(body.length) }
    const outgoing = open(target, addresses, { method: 'POST', headers })
    outgoing.write(body)
    const response = await answered(outgoing)
    response.destroy()
    return response.statusCode ?? 0
  })
}

interface Target {
  url: URL
  rules: ExchangeRules
  resolve: Resolve
  signal: AbortSignal
}

/** Runs `exchange` with the addresses that may be connected to. @throws FetchError */
async function guarded<T>(
  { url, rules, resolve, signal }: Target,
  exchange: (addresses: readonly string[]) => Promise<T>,
): Promise<T> {
  const problem = urlProblem(url, rules.trusted)
  if (problem !== null) throw new FetchError(problem)
  try {
    const looking = findAddresses(url, rules.trusted ? resolveTrusted : resolve)
    const addresses = await Promise.race([looking, failAtEnd(signal)])
    if (!rules.trusted && !addresses.every(isPublicAddress)) throw new FetchError('private address')
    return await exchange(addresses)
  } catch (cause) {
    if (cause instanceof FetchError) throw cause
    throw new FetchError(`cannot fetch from ${url.origin}: ${String(cause)}`, { cause })
  }
}

/** Why a URL is not asked, before its name is looked up; null: it may be. */
export function urlProblem(url: URL, trusted: boolean): string | null {
  if (url.username !== '' || url.password !== '') return 'a URL with a password'
  if (trusted && url.protocol === 'http:') return null
  if (url.protocol !== 'https:') return 'a URL that is not https'
  if (trusted) return null
  if (!PORTS.has(url.port)) return 'a URL with another port'
  const host = hostOf(url)
  return isIP(host) !== 0 && !isPublicAddress(host) ? 'private address' : null
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

async function failAtEnd(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort')
  throw new FetchError('a name that was not found in time')
}

async function findAddresses(url: URL, resolve: Resolve): Promise<string[]> {
  const host = hostOf(url)
  const addresses = isIP(host) === 0 ? await resolve(host) : [host]
  if (addresses.length === 0) throw new FetchError('a name without an address')
  return addresses
}

function open(
  { url, signal }: Target,
  addresses: readonly string[],
  request: { method: string; headers: Readonly<Record<string, string>> },
): ClientRequest {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  return start(url, {
    ...request,
    agent: false,
    lookup: fixedLookup(addresses),
    signal,
    maxHeaderSize: HEADERS_BYTES_MAX,
  })
}

/** Sends what is left of a request, and waits for the head of its answer. */
function answered(outgoing: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  outgoing.once('response', resolve)
  outgoing.on('error', reject)
  outgoing.end()
  return promise
}

/** SECURITY: the addresses that were checked are those connected to: no second look-up follows. */
function fixedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_hostname, { all }, callback) => {
    const [first] = found
    if (all === true || first === undefined) callback(null, found)
    else callback(null, first.address, first.family)
  }
}

async function readBody(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  try {
    const { statusCode, headers } = response
    if (statusCode !== 200) throw new FetchError(`an answer with status ${statusCode ?? ''}`)
    if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw new FetchError('an answer of no JSON')
    if (headers['content-encoding'] !== undefined) throw new FetchError('an encoded answer')
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > bytesMax) throw new FetchError('an answer that is too long')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    response.destroy()
  }
}
