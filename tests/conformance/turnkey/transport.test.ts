// HTTP as the different clients use it: paths, headers, content types, key order, and CORS.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OPERATIONS } from '../../support/operations.ts'
import { operations } from '@keystead/server/commands'
import { Answer, post, stamp } from '../../support/client.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { clientVersions, errorOf, officialClient, startWorld, type World } from './world.ts'

const HEADERS =
  'Content-Type, X-Client-Version, X-Stamp, X-Stamp-Webauthn, X-Stamp-Attested, X-Session'

let world: World
beforeAll(async () => {
  world = await startWorld({ engine: 'sqlite' })
})
afterAll(() => world.server.dispose())

const url = (path: string) => `${world.server.url}${path}`
const whoami = () => JSON.stringify({ organizationId: world.organizationId })
const stamped = (body: string) => ({ 'x-stamp': stamp(world.admin.key, body) })

describe('a base URL', () => {
  test.each(clientVersions)(
    'may end in a slash, as sdk-server %s then asks for //public',
    async (version) => {
      const client = officialClient(version, {
        url: `${world.server.url}/`,
        key: world.admin.key,
        organizationId: world.organizationId,
      })
      expect(await client.getWhoami()).toMatchObject({ username: 'admin' })
      const made = await client.createWallet({ walletName: `slash ${version}`, accounts: [] })
      expect(made.activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
    },
  )
})

describe('a request', () => {
  test.each([
    ['no Content-Type, as Rust and the CLI', {}],
    ['a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['a type that is not JSON', { 'content-type': 'text/plain' }],
    ['the type of a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a type that is no type', { 'content-type': 'json' }],
    ['the version of the TypeScript client', { 'x-client-version': '@turnkey/sdk-server@8.2.1' }],
    ['the version of the Go client', { 'x-client-version': 'go-sdk/1.0.0' }],
    ['the user agent of the Rust client', { 'user-agent': 'turnkey-rust-client/0.5.0' }],
  ])('may have %s', async (_name, headers) => {
    const body = whoami()
    const answer = await post(url('/public/v1/query/whoami'), body, {
      ...stamped(body),
      ...headers,
    })
    expect(answer).toMatchObject({ status: 200, contentType: 'application/json' })
  })

  test('may have its members in any order, and white space', async () => {
    const parameters = { accounts: [], walletName: 'sorted' }
    const { organizationId } = world
    const timestampMs = String(Date.now())
    const type = 'ACTIVITY_TYPE_CREATE_WALLET'
    const bodies = [
      JSON.stringify({ organizationId, parameters, timestampMs, type }),
      JSON.stringify(
        { parameters: { ...parameters, walletName: 'ts' }, organizationId, timestampMs, type },
        null,
        '\t',
      ),
      JSON.stringify({
        type,
        timestampMs,
        organizationId,
        parameters: { walletName: 'proofs', accounts: [], mnemonicLength: null },
        generateAppProofs: true,
      }),
      JSON.stringify({
        type,
        timestampMs,
        organizationId,
        parameters: { walletName: 'nulls', accounts: [] },
        generateAppProofs: null,
      }),
    ]
    for (const body of bodies) {
      const answer = await world.admin.send('submit/create_wallet', body)
      expect(answer).toMatchObject({ status: 200 })
      expect(answer.at('activity.votes.0.message')).toBe(body)
    }
  })

  test('of a query may be sent again, and may have explicit nulls', async () => {
    const body = JSON.stringify({
      organizationId: world.organizationId,
      walletId: null,
      includeWalletDetails: null,
      paginationOptions: { limit: null, before: null, after: null },
    })
    const answers = await Promise.all(
      [1, 2, 3].map(() => world.admin.send('query/list_wallet_accounts', body)),
    )
    expect(answers.map(({ json }) => json)).toEqual([1, 2, 3].map(() => ({ accounts: [] })))
  })

  test('may name its organization in upper case', async () => {
    const body = JSON.stringify({ organizationId: world.organizationId.toUpperCase() })
    const answer = await world.admin.send('query/whoami', body)
    expect(answer.json).toMatchObject({ organizationId: world.organizationId })
  })
})

describe('an answer', () => {
  test('of every operation is exactly application/json', async () => {
    expect(operations).toHaveLength(OPERATIONS)
    for (const { path } of operations) {
      const body = whoami()
      for (const headers of [{}, stamped(body)]) {
        const answer = await post(url(path), body, headers)
        expect([path, answer.contentType]).toEqual([path, 'application/json'])
      }
    }
  })

  const ask = async (method: string, path: string) => {
    const response = await fetch(url(path), { method, ...(method === 'GET' ? {} : { body: '{}' }) })
    return new Answer(response, await response.text())
  }

  test.each(['/healthz', '/readyz', '/.well-known/keystead'])(
    'to GET %s is exactly application/json',
    async (path) => {
      expect(await ask('GET', path)).toMatchObject({ status: 200, contentType: 'application/json' })
    },
  )

  test.each([
    ['GET', '/', 404, 5],
    ['GET', '/public/v1/query/whoami', 404, 5],
    ['PUT', '/public/v1/query/whoami', 404, 5],
    ['POST', '/public/v1/query/who_are_you', 404, 5],
    ['POST', '/public/v1/submit/create_wallet/', 404, 5],
    ['POST', '/public/v1/submit/create_wallet%2F', 404, 5],
    ['POST', '/public/v1/submit/%E0%A4%A', 400, 3],
  ])('to %s %s is an error in the documented shape', async (...row) => {
    const [method, path, status, code] = row
    const answer = await ask(method, path)
    expect(answer).toMatchObject({ status })
    expect(errorOf(answer)).toMatchObject({ code, details: [] })
  })

  test('of the metrics is text', async () => {
    const response = await fetch(url('/metrics'))
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  })
})

describe('a browser', () => {
  const preflight = (base: string, origin: string) =>
    fetch(`${base}/public/v1/submit/sign_raw_payload`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-client-version,x-stamp',
      },
    })
  const ALLOWED = ['https://wallet.example', 'http://localhost:3000']
  let narrow: TestServer
  beforeAll(async () => {
    const env = { KEYSTEAD_CORS_ORIGINS: ALLOWED.join(', ') }
    narrow = await startServer({ engine: 'sqlite', env })
  })
  afterAll(() => narrow.dispose())

  test.each([...ALLOWED, 'null'])('may call from any origin: %s', async (origin) => {
    const answer = await preflight(world.server.url, origin)
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS')
    expect(answer.headers.get('access-control-allow-headers')).toBe(HEADERS)
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })

  test('sees the answers and the errors of the origins that it may call from', async () => {
    for (const headers of [stamped(whoami()), {}]) {
      const answer = await fetch(url('/public/v1/query/whoami'), {
        method: 'POST',
        body: whoami(),
        headers: { ...headers, origin: 'https://anywhere.example' },
      })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
  })

  test('may call only from the configured origins', async () => {
    for (const origin of ALLOWED) {
      const answer = await preflight(narrow.url, origin)
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
      expect(answer.headers.get('vary')).toBe('origin')
    }
    for (const origin of ['https://evil.example', 'https://wallet.example.evil', 'null']) {
      const answer = await preflight(narrow.url, origin)
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      const call = await fetch(`${narrow.url}/public/v1/query/whoami`, {
        method: 'POST',
        body: '{}',
        headers: { origin },
      })
      expect(call.headers.get('access-control-allow-origin')).toBeNull()
    }
  })
})
