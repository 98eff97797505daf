// Fetching what a stranger names: which addresses are refused, and which answers.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fetchJson, type FetchRules, post } from '../../src/platform/guardedFetch.ts'

const STRANGER: FetchRules = { timeoutMs: 1000, bytesMax: 1000, trusted: false }
const TRUSTED: FetchRules = { ...STRANGER, trusted: true }
const PUBLIC = '8.8.8.8'
const POSTED = () => ({
  headers: { 'content-type': 'application/json', 'x-more': 'yes' },
  body: Buffer.from('{"a":"é"}'),
  signal: new AbortController().signal,
})

/** What a refusal says, down to its cause. */
async function refusal(fetching: Promise<unknown>): Promise<string> {
  try {
    return `fetched ${JSON.stringify(await fetching)}`
  } catch (error) {
    const { name, message, cause } = error as Error
    return `${name}: ${message} ${cause instanceof Error ? cause.message : ''}`
  }
}

describe('a stranger’s URL is refused', () => {
  test.each([
    ['http', 'http://issuer.example/', 'not https'],
    ['another scheme', 'file:///etc/passwd', 'not https'],
    ['a port of another service', 'https://issuer.example:6379/', 'another port'],
    ['a name and a password', 'https://user:secret@issuer.example/', 'a password'],
    ['a loopback address', 'https://127.0.0.1/', 'private address'],
    ['a loopback address in hexadecimal', 'https://0x7f000001/', 'private address'],
    ['a loopback address as one number', 'https://2130706433/', 'private address'],
    ['a loopback address that is short', 'https://127.1/', 'private address'],
    ['a loopback address with a dot', 'https://127.0.0.1./', 'private address'],
    ['the metadata of a cloud', 'https://169.254.169.254/latest', 'private address'],
    ['an IPv6 loopback address', 'https://[::1]/', 'private address'],
    ['a mapped address', 'https://[::ffff:127.0.0.1]/', 'private address'],
    ['a unique local address', 'https://[fd00::1]:8443/', 'private address'],
  ])('when it has %s', async (_what, url, reason) => {
    const resolved: string[] = []
    const resolve = (name: string) => Promise.resolve((resolved.push(name), [PUBLIC]))
    expect(await refusal(fetchJson(new URL(url), STRANGER, resolve))).toContain(reason)
    const posting = post(new URL(url), POSTED(), { ...STRANGER, resolve })
    expect(await refusal(posting)).toContain(reason)
    expect(resolved).toEqual([])
  })

  test.each([
    ['loopback', ['127.0.0.1']],
    ['a private address', ['10.1.2.3']],
    ['IPv6 loopback', ['::1']],
    ['one private address among public ones', [PUBLIC, '192.168.0.1']],
  ])('when its name resolves to %s', async (_what, addresses) => {
    const fetching = fetchJson(new URL('https://rebinding.example/'), STRANGER, () =>
      Promise.resolve(addresses),
    )
    expect(await refusal(fetching)).toContain('private address')
    const resolve = () => Promise.resolve(addresses)
    const posting = post(new URL('https://rebinding.example/'), POSTED(), { ...STRANGER, resolve })
    expect(await refusal(posting)).toContain('private address')
  })

  test('when its name resolves to nothing', async () => {
    const fetching = fetchJson(new URL('https://nowhere.example/'), STRANGER, () =>
      Promise.resolve([]),
    )
    expect(await refusal(fetching)).toContain('without an address')
  })

  test('when its name server never answers', async () => {
    const { promise: never } = Promise.withResolvers<string[]>()
    const rules = { ...STRANGER, timeoutMs: 50 }
    const fetching = fetchJson(new URL('https://slow.example/'), rules, () => never)
    expect(await refusal(fetching)).toContain('not found in time')
  })
})

describe('an answer', () => {
  let server: Server
  let url: URL
  let answer: RequestListener
  const seen: string[] = []
  const get = (rules: Partial<FetchRules> = {}) => fetchJson(url, { ...TRUSTED, ...rules })

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request.url ?? '')
      answer(request, response)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/start`)
  })
  beforeEach(() => (seen.length = 0))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  const sends =
    (body: string, headers: Record<string, string>, status = 200): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
    }

  test.each(['application/json', 'application/json; charset=utf-8', 'application/jwk-set+json'])(
    'of JSON as %s is returned',
    async (type) => {
      answer = sends('{"keys":[]}', { 'content-type': type })
      expect(await get()).toEqual({ keys: [] })
    },
  )

  test.each<[string, RequestListener, string]>([
    ['of a redirect', sends('', { location: '/elsewhere' }, 302), 'status 302'],
    ['that is an error', sends('{}', {}, 500), 'status 500'],
    ['that is no JSON by its type', sends('{}', { 'content-type': 'text/html' }), 'no JSON'],
    ['that is no JSON by its bytes', sends('<html>', {}), 'JSON'],
    ['that is compressed', sends('{}', { 'content-encoding': 'gzip' }), 'encoded'],
    ['that is too long', sends(`"${'x'.repeat(1000)}"`, {}), 'too long'],
    ['with endless headers', sends('{}', { 'x-long': 'x'.repeat(20_000) }), 'cannot fetch'],
  ])('%s is refused', async (_what, listener, reason) => {
    answer = listener
    expect(await refusal(get())).toContain(reason)
    expect(seen).toEqual(['/start'])
  })

  test.each([200, 204, 302, 410, 500])('of %i to what was posted is its status', async (status) => {
    const bodies: string[] = []
    answer = (request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text))
      request.once('end', () => {
        const { 'content-length': length, 'x-more': more } = request.headers
        bodies.push(String(length), String(more), request.method ?? '')
        response.writeHead(status, { location: '/elsewhere' }).end()
      })
    }
    expect(await post(url, POSTED(), TRUSTED)).toBe(status)
    expect(bodies).toEqual(['{"a":"é"}', '10', 'yes', 'POST'])
    expect(seen).toEqual(['/start'])
  })

  test('to what was posted that goes on for ever is not read', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<undefined>()
    answer = (_request, response) => {
      response.writeHead(200)
      const flood = setInterval(() => response.write('x'.repeat(65_536)), 1)
      response.once('close', () => {
        clearInterval(flood)
        resolve(undefined)
      })
    }
    expect(await post(url, POSTED(), TRUSTED)).toBe(200)
    await closed
  })

  test('to what was posted is given up in time, and when it is wanted no more', async () => {
    answer = () => undefined
    expect(await refusal(post(url, POSTED(), { ...TRUSTED, timeoutMs: 50 }))).toContain('aborted')
    const stopping = new AbortController()
    const posting = post(url, { ...POSTED(), signal: stopping.signal }, TRUSTED)
    stopping.abort()
    expect(await refusal(posting)).toContain('aborted')
  })

  test('that never comes is given up', async () => {
    answer = () => undefined
    expect(await refusal(get({ timeoutMs: 50 }))).toContain('cannot fetch')
  })

  test('whose bytes drip is given up', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 5)
      response.once('close', () => clearInterval(drip))
    }
    expect(await refusal(get({ timeoutMs: 100 }))).toContain('cannot fetch')
  })

  test('of this very host is out of a stranger’s reach', async () => {
    answer = sends('{}', {})
    const named = new URL('https://rebinding.example:8443/')
    const fetching = fetchJson(named, STRANGER, () => Promise.resolve(['127.0.0.1']))
    expect(await refusal(fetching)).toContain('private address')
    expect(seen).toEqual([])
  })
})
