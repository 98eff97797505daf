// ID tokens: what is accepted of a real provider's, what is refused, and how often it is asked.
import { exportSPKI, importJWK, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Issuer, startIssuer } from '../../../../tests/support/oidcIssuer.ts'
import { IdTokenVerifier } from '../../src/domain/credential/idToken.ts'
import type { VerifiedToken } from '../../src/domain/credential/oidcIdentity.ts'
import { AppError } from '../../src/errors.ts'

const MINUTE_MS = 60_000
const DISCOVERY = '/.well-known/openid-configuration'
const STRANGERS_MAX = 32

let issuer: Issuer
let other: Issuer
let laterMs = 0
let verifier: IdTokenVerifier

const clock = { now: () => Date.now() + laterMs }
const newVerifier = (privateIssuers = [issuer.url, other.url], emailIssuers = [issuer.url]) =>
  new IdTokenVerifier({ privateIssuers, emailIssuers, clock })

beforeAll(async () => {
  issuer = await startIssuer()
  other = await startIssuer()
})
beforeEach(() => {
  laterMs = 0
  for (const { requests } of [issuer, other]) requests.clear()
  issuer.intercept = () => false
  verifier = newVerifier()
})
afterAll(async () => {
  await issuer.close()
  await other.close()
})

/** What the verifier says of a token: the reason of its refusal, or what it found. */
async function reason(verifying: Promise<VerifiedToken>): Promise<string> {
  try {
    return `accepted ${JSON.stringify(await verifying)}`
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.details.violations?.[0]?.description ?? error.code
  }
}

const seconds = () => Math.floor(clock.now() / 1000)

/** A token as the issuer could sign it, but for `claims` and `header`. */
async function forge(
  claims: object = {},
  header: object = {},
  key: JWK | Uint8Array = issuer.key(),
): Promise<string> {
  const payload = {
    iss: issuer.url,
    sub: 'alice',
    aud: 'test-app',
    iat: seconds(),
    exp: seconds() + 600,
    ...claims,
  }
  const signer = key instanceof Uint8Array ? key : await importJWK(key, 'RS256')
  const protectedHeader = { alg: 'RS256', kid: issuer.key().kid, ...header }
  return new SignJWT(payload as never).setProtectedHeader(protectedHeader as never).sign(signer)
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a token of a real provider', () => {
  test('names its owner, and an e-mail address that the provider has verified', async () => {
    const account = { sub: 'alice', email: 'alice@example.com', email_verified: true }
    expect(await verifier.verify(await issuer.signIn(account))).toEqual({
      issuer: issuer.url,
      audience: 'test-app',
      subject: 'alice',
      verifiedEmail: 'alice@example.com',
    })
  })

  test.each([
    ['did not verify it', { email: 'bob@example.com', email_verified: false }],
    ['says nothing of verifying it', { email: 'bob@example.com' }],
    ['names none', { email_verified: true }],
  ])('proves no address when the provider %s', async (_what, claims) => {
    const token = await issuer.signIn({ sub: 'bob', ...claims })
    expect(await verifier.verify(token)).toMatchObject({ subject: 'bob', verifiedEmail: null })
  })

  test('proves no address when nobody takes that provider’s word', async () => {
    const account = { sub: 'mallory', email: 'victim@example.com', email_verified: true }
    const token = await other.signIn(account)
    expect(await verifier.verify(token)).toMatchObject({ issuer: other.url, verifiedEmail: null })
  })

  test('is refused once it has expired', async () => {
    const token = await issuer.signIn({ sub: 'alice' })
    laterMs = 70 * MINUTE_MS
    expect(await reason(verifier.verify(token))).toBe('it has expired')
  })

  test('is refused when the key is another provider’s', async () => {
    const token = await forge({}, { kid: other.key().kid }, other.key())
    expect(await reason(verifier.verify(token))).toBe('its issuer has no such key')
  })

  test('is refused when the signature is by another key of that name', async () => {
    const token = await forge({}, {}, other.key())
    expect(await reason(verifier.verify(token))).toBe('its signature is not of its issuer')
  })

  test.each([0, 1, 2])('is refused with a changed part %i', async (index) => {
    const parts = (await issuer.signIn({ sub: 'alice' })).split('.')
    const changed = parts[index] ?? ''
    parts[index] = `${changed.slice(0, 20)}${changed[20] === 'A' ? 'B' : 'A'}${changed.slice(21)}`
    expect(await reason(verifier.verify(parts.join('.')))).not.toContain('accepted')
  })
})

describe('an algorithm', () => {
  test('of none is refused, and nobody is asked', async () => {
    const token = `${part({ alg: 'none' })}.${part({ iss: issuer.url, sub: 'alice', aud: 'a' })}.`
    expect(await reason(verifier.verify(token))).toBe('its algorithm is not accepted')
    expect(issuer.requests.size).toBe(0)
  })

  test('of shared secrets is refused, with the public key as the secret', async () => {
    const { kty, n, e } = issuer.key() as { kty: string; n: string; e: string }
    const publicKey = (await importJWK({ kty, n, e }, 'RS256')) as Parameters<typeof exportSPKI>[0]
    const secret = Buffer.from(await exportSPKI(publicKey))
    const token = await forge({}, { alg: 'HS256' }, secret)
    expect(await reason(verifier.verify(token))).toBe('its algorithm is not accepted')
    expect(issuer.requests.size).toBe(0)
  })

  test('that is not the key’s is refused', async () => {
    const [, payload, signature] = (await forge()).split('.')
    const header = part({ alg: 'ES256', kid: issuer.key().kid })
    const token = `${header}.${payload}.${signature}`
    expect(await reason(verifier.verify(token))).toBe('its issuer has no such key')
  })
})

describe('claims', () => {
  test.each<[string, object, string]>([
    ['no exp', { exp: undefined }, 'it has no valid exp'],
    ['an exp that is text', { exp: '9999999999' }, 'it has no valid exp'],
    ['no iat', { iat: undefined }, 'its claims are not valid'],
    ['an iat in the future', { iat: seconds() + 120 }, 'it is from the future'],
    ['an nbf in the future', { nbf: seconds() + 120 }, 'its claims are not valid'],
    ['no sub', { sub: undefined }, 'it has no valid sub'],
    ['an empty sub', { sub: '' }, 'it has no valid sub'],
    ['a long sub', { sub: 's'.repeat(256) }, 'it has no valid sub'],
    ['a sub with a control character', { sub: 'a\u0000b' }, 'it has no valid sub'],
    ['no aud', { aud: undefined }, 'it has no valid aud'],
    ['several audiences', { aud: ['test-app', 'other-app'] }, 'it has no valid aud'],
    ['no audience in a list', { aud: [] }, 'it has no valid aud'],
    ['no iss', { iss: undefined }, 'it has no valid iss'],
    ['an iss that is no URL', { iss: 'accounts' }, 'the keys of its issuer cannot be fetched'],
    [
      'an iss with a query',
      { iss: 'https://a.example/?b' },
      'the keys of its issuer cannot be fetched',
    ],
  ])('with %s are refused', async (_what, claims, said) => {
    expect(await reason(verifier.verify(await forge(claims)))).toBe(said)
  })

  test('may be a little ahead, or a little late', async () => {
    const ahead = await forge({ iat: seconds() + 20, nbf: seconds() + 20 })
    const late = await forge({ exp: seconds() - 20 })
    for (const token of [ahead, late]) {
      expect(await verifier.verify(token)).toMatchObject({ subject: 'alice' })
    }
  })

  test('may name the one audience in a list', async () => {
    const token = await forge({ aud: ['test-app'] })
    expect(await verifier.verify(token)).toMatchObject({ audience: 'test-app' })
  })

  test('of another kind of token are refused', async () => {
    const token = await forge({}, { typ: 'at+jwt' })
    expect(await reason(verifier.verify(token))).toBe('it is another kind of token')
  })

  test.each(['', 'x', 'a.b.c', `${part({ alg: 'RS256' })}..`, `${part({ alg: 'RS256' })}.e30.e30`])(
    'that cannot be read are refused: %j',
    async (token) => {
      expect(await reason(verifier.verify(token))).not.toContain('accepted')
    },
  )
})

describe('a key', () => {
  test('that the provider has just begun to use is found', async () => {
    await verifier.verify(await issuer.signIn({ sub: 'alice' }))
    await issuer.rotate()
    const token = await issuer.signIn({ sub: 'alice' })
    expect(await reason(verifier.verify(token))).toBe('its issuer has no such key')
    laterMs = MINUTE_MS
    expect(await verifier.verify(token)).toMatchObject({ subject: 'alice' })
    expect(issuer.requests.get('/jwks')).toBe(2)
  })

  test('that the provider no longer publishes stops counting', async () => {
    const token = await issuer.signIn({ sub: 'alice' })
    await verifier.verify(token)
    await issuer.rotate()
    expect(await verifier.verify(token)).toMatchObject({ subject: 'alice' })
    laterMs = 10 * MINUTE_MS
    expect(await reason(verifier.verify(token))).toBe('its issuer has no such key')
  })

  test('of an unknown name asks the provider at most once a minute', async () => {
    await verifier.verify(await forge())
    for (let n = 0; n < 20; n++) {
      const token = await forge({}, { kid: `invented-${n}` })
      expect(await reason(verifier.verify(token))).toBe('its issuer has no such key')
    }
    expect(issuer.requests.get('/jwks')).toBe(1)
    laterMs = MINUTE_MS
    for (let n = 0; n < 20; n++) await reason(verifier.verify(await forge({}, { kid: `x-${n}` })))
    expect(issuer.requests.get('/jwks')).toBe(2)
  })
})

describe('a provider', () => {
  test('is asked once for many tokens at a time, and then not for a while', async () => {
    const token = await forge()
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(token)))
    laterMs = 9 * MINUTE_MS
    await verifier.verify(token)
    expect([issuer.requests.get(DISCOVERY), issuer.requests.get('/jwks')]).toEqual([1, 1])
  })

  test('at a private address is not asked unless it is configured', async () => {
    const strangers = newVerifier([other.url])
    const said = await reason(strangers.verify(await forge()))
    expect(said).toBe('the keys of its issuer cannot be fetched')
    expect(issuer.requests.size).toBe(0)
  })

  test('that fails is left alone for a moment', async () => {
    issuer.intercept = (_request, response) => {
      response.writeHead(500).end()
      return true
    }
    const token = await forge()
    for (let n = 0; n < 5; n++) {
      expect(await reason(verifier.verify(token))).toBe('the keys of its issuer cannot be fetched')
    }
    expect(issuer.requests.get(DISCOVERY)).toBe(1)
    issuer.intercept = () => false
    laterMs = 16_000
    expect(await verifier.verify(token)).toMatchObject({ subject: 'alice' })
  })

  const answersAt = (path: string, document: () => unknown) => {
    issuer.intercept = (request, response) => {
      if (request.url !== path) return false
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(document()))
      return true
    }
  }
  const configuration = (change: object) => ({
    issuer: issuer.url,
    jwks_uri: `${issuer.url}/jwks`,
    ...change,
  })

  test.each<[string, string, () => unknown]>([
    ['another issuer', DISCOVERY, () => configuration({ issuer: other.url })],
    ['an issuer with a slash', DISCOVERY, () => configuration({ issuer: `${issuer.url}/` })],
    ['no place of its keys', DISCOVERY, () => configuration({ jwks_uri: undefined })],
    ['a place that is no URL', DISCOVERY, () => configuration({ jwks_uri: '/jwks' })],
    ['keys at a file', DISCOVERY, () => configuration({ jwks_uri: 'file:///etc/hosts' })],
    ['nothing', DISCOVERY, () => null],
    ['keys that are no list', '/jwks', () => ({ keys: 'all' })],
    ['keys that are no keys', '/jwks', () => ({ keys: [1] })],
    ['more keys than anybody needs', '/jwks', () => ({ keys: Array(101).fill(issuer.key()) })],
    ['a huge key set', '/jwks', () => ({ keys: [], padding: 'x'.repeat(300_000) })],
  ])('that publishes %s is refused', async (_what, path, document) => {
    answersAt(path, document)
    const said = await reason(verifier.verify(await forge()))
    expect(said).toBe('the keys of its issuer cannot be fetched')
  })

  test('cannot lend its trust to another private address', async () => {
    answersAt(DISCOVERY, () => configuration({ jwks_uri: `${other.url}/jwks` }))
    const said = await reason(newVerifier([issuer.url]).verify(await forge()))
    expect(said).toBe('the keys of its issuer cannot be fetched')
    expect(other.requests.size).toBe(0)
  })

  test('cannot send the server elsewhere', async () => {
    issuer.intercept = (request, response) => {
      if (request.url !== '/jwks') return false
      response.writeHead(302, { location: `${other.url}/jwks` }).end()
      return true
    }
    const said = await reason(verifier.verify(await forge({}, {}, other.key())))
    expect(said).toBe('the keys of its issuer cannot be fetched')
    expect(other.requests.size).toBe(0)
  })

  test.each([DISCOVERY, '/jwks'])('that never answers at %s is given up', async (path) => {
    issuer.intercept = (request) => request.url === path
    const said = await reason(verifier.verify(await forge()))
    expect(said).toBe('the keys of its issuer cannot be fetched')
  })

  test('whose keys are malformed is a refusal, not a failure of ours', async () => {
    const { kid } = issuer.key()
    answersAt('/jwks', () => ({ keys: [{ kty: 'RSA', kid, alg: 'RS256', n: 'AQAB', e: 'AQAB' }] }))
    expect(await reason(verifier.verify(await forge()))).toBe('it cannot be read')
  })

  test('that is slow holds up neither known ones nor, for long, others', async () => {
    const invented = Array.from({ length: STRANGERS_MAX }, (_, n) => `${issuer.url}/${n}`)
    verifier = newVerifier([issuer.url, other.url, ...invented])
    await verifier.verify(await forge())
    const waiting: (() => void)[] = []
    issuer.intercept = (_request, response) => {
      waiting.push(() => response.writeHead(500).end())
      return true
    }
    const tokens = await Promise.all(invented.map((iss) => forge({ iss })))
    const slow = tokens.map((token) => reason(verifier.verify(token)))
    const othersToken = await other.signIn({ sub: 'alice' })
    expect(await reason(verifier.verify(othersToken))).toBe('UNAVAILABLE')
    expect(await verifier.verify(await forge())).toMatchObject({ subject: 'alice' })
    await expect.poll(() => waiting.length).toBe(STRANGERS_MAX)
    for (const end of waiting) end()
    await Promise.all(slow)
    expect(await verifier.verify(othersToken)).toMatchObject({ issuer: other.url })
  })
})

describe('offline', () => {
  test('known keys verify, and nobody is asked', async () => {
    const token = await forge()
    expect(await reason(verifier.verifyOffline(token))).toBe('UNAVAILABLE')
    expect(issuer.requests.size).toBe(0)
    await verifier.verify(token)
    expect(await verifier.verifyOffline(token)).toMatchObject({ subject: 'alice' })
    const unknown = await forge({}, { kid: 'unknown' })
    expect(await reason(verifier.verifyOffline(unknown))).toBe('its issuer has no such key')
    expect(issuer.requests.get('/jwks')).toBe(1)
  })
})
