// X-Stamp and X-Stamp-Webauthn: what is accepted, and exactly how everything else is refused.
import { ApiKeyStamper } from '@turnkey/api-key-stamper'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Answer,
  apiKeyParams,
  generateKey,
  post,
  stamp,
  TestClient,
  type Scheme,
  type TestKey,
} from '../../support/client.ts'
import { engines } from '../../support/server.ts'
import { createSubOrganization, createUser, errorOf, startWorld, type World } from './world.ts'

const SCHEMES: Scheme[] = ['P256', 'SECP256K1', 'SECP256K1_EIP191', 'ED25519']

interface StampJson {
  publicKey?: unknown
  scheme?: unknown
  signature?: unknown
}

const decode = (header: string) =>
  JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<keyof StampJson, string>
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

const ORDER = {
  P256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  SECP256K1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
}

/** The two integers of a DER signature, as hexadecimal. */
function integersOf(der: string): [string, string] {
  const bytes = Buffer.from(der, 'hex')
  const rLength = bytes.readUInt8(3)
  const r = bytes.subarray(4, 4 + rLength)
  const sLength = bytes.readUInt8(5 + rLength)
  return [r.toString('hex'), bytes.subarray(6 + rLength, 6 + rLength + sLength).toString('hex')]
}

function derOf(r: string, s: string): string {
  const part = (hex: string) => `02${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`
  const body = part(r) + part(s)
  return `30${(body.length / 2).toString(16).padStart(2, '0')}${body}`
}

/** An integer as clients that do not minimise write it: 33 bytes with a leading zero. */
const padded = (hex: string) => hex.padStart(66, '0')

function otherHalf(scheme: keyof typeof ORDER, signature: string): string {
  const [r, s] = integersOf(signature)
  const flipped = (ORDER[scheme] - BigInt(`0x${s}`)).toString(16)
  return derOf(padded(r), padded(flipped))
}

/** What a refused stamp answers: status, code, message, `turnkeyErrorCode`. */
type Refusal = readonly [number, number, string, string]

const UNREADABLE: Refusal = [401, 16, 'could not extract api key stamp', '']
const MALFORMED: Refusal = [401, 16, 'malformed activity stamp', '']
const WEBAUTHN_UNREADABLE: Refusal = [401, 16, 'could not extract webauthn stamp', '']
const INVALID: Refusal = [401, 16, 'could not verify api key signature', 'SIGNATURE_INVALID']
const UNKNOWN: Refusal = [
  401,
  16,
  'public key could not be found in organization or its parent organization',
  'PUBLIC_KEY_NOT_FOUND',
]
const UNKNOWN_HERE: Refusal = [
  401,
  16,
  'could not find public key in organization',
  'PUBLIC_KEY_NOT_FOUND',
]
const UNKNOWN_BELOW: Refusal = [
  401,
  16,
  'could not find public key in organization or its parent organization',
  'PUBLIC_KEY_NOT_FOUND',
]
const NO_SIGNATURE: Refusal = [
  401,
  16,
  'no valid authentication signature found for request',
  'SIGNATURE_MISSING',
]
const UNKNOWN_CREDENTIAL: Refusal = [
  401,
  16,
  'credential ID could not be found in organization or its parent organization',
  'CREDENTIAL_NOT_FOUND',
]
const MISSING: Refusal = [
  401,
  16,
  'cannot authenticate public API activity request without a stamp (X-Stamp/X-Stamp-Webauthn header)',
  'SIGNATURE_MISSING',
]

/** How an answer refuses; its details are always empty. */
function refusalOf(answer: Answer): Refusal {
  const { code, message, turnkeyErrorCode, details } = errorOf(answer)
  if (details.length > 0) throw new Error(`details in ${answer.text}`)
  return [answer.status, code, message, turnkeyErrorCode]
}

describe.each(engines)('stamps on %s', (engine) => {
  let world: World
  let below: TestClient
  const keys = new Map<Scheme, TestKey>()
  const body = () => JSON.stringify({ organizationId: world.organizationId })
  const whoami = (headers: Record<string, string>, text = body()) =>
    post(`${world.server.url}/public/v1/query/whoami`, text, headers)
  const keyOf = (scheme: Scheme) => keys.get(scheme) ?? generateKey()

  beforeAll(async () => {
    world = await startWorld({ engine })
    for (const scheme of SCHEMES) {
      const key = generateKey(scheme)
      await createUser(world, key, scheme)
      keys.set(scheme, key)
    }
    below = await createSubOrganization(world, generateKey())
  })
  afterAll(() => world.server.dispose())

  test.each(SCHEMES)('%s is accepted in its organization and below it', async (scheme) => {
    const key = keyOf(scheme)
    for (const organizationId of [world.organizationId, below.organizationId]) {
      const who = await new TestClient(world.server, key, organizationId).query('whoami')
      expect(who).toMatchObject({
        status: 200,
        contentType: 'application/json',
        json: { organizationId: world.organizationId, username: scheme },
      })
    }
  })

  test.each(['P256', 'SECP256K1'] as const)(
    'both halves of %s signatures are accepted',
    async (scheme) => {
      const made = decode(stamp(keyOf(scheme), body()))
      const other = { ...made, signature: otherHalf(scheme, made.signature) }
      for (const value of [made, other]) {
        expect((await whoami({ 'x-stamp': encode(value) })).status).toBe(200)
      }
    },
  )

  test.each(['P256', 'SECP256K1', 'SECP256K1_EIP191'] as const)(
    'DER of %s with needless leading zeros is accepted',
    async (scheme) => {
      const made = decode(stamp(keyOf(scheme), body()))
      const [r, s] = integersOf(made.signature)
      const signature = derOf(padded(r), padded(s))
      expect(await whoami({ 'x-stamp': encode({ ...made, signature }) })).toMatchObject({
        status: 200,
      })
    },
  )

  test('the official stamper is accepted, its members in any order, its hexadecimal in any case', async () => {
    const { key } = world.admin
    const stamper = new ApiKeyStamper({
      apiPublicKey: key.publicKey,
      apiPrivateKey: key.privateKey.toString('hex'),
    })
    const { stampHeaderName, stampHeaderValue } = await stamper.stamp(body())
    expect(stampHeaderName).toBe('X-Stamp')
    expect((await whoami({ [stampHeaderName]: stampHeaderValue })).status).toBe(200)
    const { publicKey, scheme, signature } = decode(stampHeaderValue)
    expect(scheme).toBe('SIGNATURE_SCHEME_TK_API_P256')
    const variants = [
      { publicKey, signature, scheme },
      { scheme, signature, publicKey },
      { publicKey: publicKey.toUpperCase(), scheme, signature: signature.toUpperCase() },
      { publicKey, scheme, signature, more: 'is ignored' },
    ]
    for (const value of variants) {
      expect((await whoami({ 'x-stamp': encode(value) })).status).toBe(200)
      const paddedValue = Buffer.from(JSON.stringify(value)).toString('base64url')
      const padding = '='.repeat((4 - (paddedValue.length % 4)) % 4)
      expect((await whoami({ 'x-stamp': paddedValue + padding })).status).toBe(200)
    }
  })

  const good = () => decode(stamp(world.admin.key, body()))
  const refused: [string, () => Record<string, string>, Refusal][] = [
    ['no stamp', () => ({}), NO_SIGNATURE],
    [
      'the stamp of another body',
      () => ({ 'x-stamp': stamp(world.admin.key, `${body()} `) }),
      INVALID,
    ],
    ['an unknown key', () => ({ 'x-stamp': stamp(generateKey(), body()) }), UNKNOWN],
    [
      "somebody else's signature under a known key",
      () => {
        const { publicKey } = world.admin.key
        return { 'x-stamp': encode({ ...decode(stamp(generateKey(), body())), publicKey }) }
      },
      INVALID,
    ],
    [
      'a scheme that is not for the curve of the key',
      () => ({ 'x-stamp': encode({ ...good(), scheme: 'SIGNATURE_SCHEME_TK_API_ED25519' }) }),
      INVALID,
    ],
    [
      'EIP-191 without its prefix',
      () => {
        const plain = decode(stamp({ ...keyOf('SECP256K1_EIP191'), scheme: 'SECP256K1' }, body()))
        const scheme = 'SIGNATURE_SCHEME_TK_API_SECP256K1_EIP191'
        return { 'x-stamp': encode({ ...plain, scheme }) }
      },
      INVALID,
    ],
    [
      'an unknown scheme',
      () => ({ 'x-stamp': encode({ ...good(), scheme: 'SIGNATURE_SCHEME_TK_API_P384' }) }),
      MALFORMED,
    ],
    [
      'a scheme with the name of an inherited member',
      () => ({ 'x-stamp': encode({ ...good(), scheme: 'constructor' }) }),
      MALFORMED,
    ],
    [
      'a public key in no hexadecimal',
      () => ({ 'x-stamp': encode({ ...good(), publicKey: 'zz' }) }),
      MALFORMED,
    ],
    ['an empty public key', () => ({ 'x-stamp': encode({ ...good(), publicKey: '' }) }), UNKNOWN],
    [
      'a public key that is a number',
      () => ({ 'x-stamp': encode({ ...good(), publicKey: 2 }) }),
      MALFORMED,
    ],
    [
      'no public key',
      () => ({ 'x-stamp': encode({ ...good(), publicKey: undefined }) }),
      MALFORMED,
    ],
    ['no scheme', () => ({ 'x-stamp': encode({ ...good(), scheme: undefined }) }), MALFORMED],
    ['no signature', () => ({ 'x-stamp': encode({ ...good(), signature: undefined }) }), MALFORMED],
    [
      'a signature in no hexadecimal',
      () => ({ 'x-stamp': encode({ ...good(), signature: 'xyz' }) }),
      INVALID,
    ],
    ['an empty signature', () => ({ 'x-stamp': encode({ ...good(), signature: '' }) }), INVALID],
    [
      'a truncated signature',
      () => ({ 'x-stamp': encode({ ...good(), signature: good().signature.slice(0, -2) }) }),
      INVALID,
    ],
    [
      'bytes after the signature',
      () => ({ 'x-stamp': encode({ ...good(), signature: `${good().signature}00` }) }),
      INVALID,
    ],
    ['a list', () => ({ 'x-stamp': encode([good()]) }), MALFORMED],
    ['null', () => ({ 'x-stamp': encode(null) }), UNREADABLE],
    ['a JSON string', () => ({ 'x-stamp': encode('stamp') }), UNREADABLE],
    [
      'no JSON',
      () => ({ 'x-stamp': Buffer.from('{"publicKey"').toString('base64url') }),
      UNREADABLE,
    ],
    [
      'a truncated stamp',
      () => ({ 'x-stamp': stamp(world.admin.key, body()).slice(0, 101) }),
      UNREADABLE,
    ],
    ['no base64url', () => ({ 'x-stamp': '!!!' }), UNREADABLE],
    ['plain JSON', () => ({ 'x-stamp': JSON.stringify(good()) }), UNREADABLE],
    ['an empty stamp', () => ({ 'x-stamp': '' }), UNREADABLE],
    ['a huge stamp', () => ({ 'x-stamp': 'e'.repeat(9000) }), UNREADABLE],
    ['a WebAuthn stamp that is no JSON', () => ({ 'x-stamp-webauthn': '{' }), WEBAUTHN_UNREADABLE],
    ['a WebAuthn stamp that is null', () => ({ 'x-stamp-webauthn': 'null' }), WEBAUTHN_UNREADABLE],
    [
      'a WebAuthn stamp that is a string',
      () => ({ 'x-stamp-webauthn': '"a"' }),
      WEBAUTHN_UNREADABLE,
    ],
    ['a WebAuthn stamp without members', () => ({ 'x-stamp-webauthn': '{}' }), WEBAUTHN_UNREADABLE],
    [
      'a WebAuthn stamp with a member that is no string',
      () => ({ 'x-stamp-webauthn': JSON.stringify({ ...webauthn, signature: 1 }) }),
      WEBAUTHN_UNREADABLE,
    ],
    [
      'an unknown WebAuthn credential',
      () => ({ 'x-stamp-webauthn': JSON.stringify(webauthn) }),
      UNKNOWN_CREDENTIAL,
    ],
  ]

  test.each(refused)('refused: %s', async (_name, headers, refusal) => {
    expect(refusalOf(await whoami(headers()))).toEqual(refusal)
  })

  test('refused: a key of another organization', async () => {
    const sister = await createSubOrganization(world, generateKey())
    expect(
      refusalOf(
        await new TestClient(world.server, below.key, sister.organizationId).query('list_wallets'),
      ),
    ).toEqual(UNKNOWN_BELOW)
    const strange = JSON.stringify({ organizationId: crypto.randomUUID() })
    const answer = await whoami({ 'x-stamp': stamp(world.admin.key, strange) }, strange)
    expect(refusalOf(answer)).toEqual([
      400,
      3,
      'failed to load organizations',
      'ORGANIZATION_NOT_FOUND',
    ])
  })

  test('refused: an expired key', async () => {
    const { userId } = await createUser(world, generateKey(), 'brief')
    const key = generateKey()
    const params = { ...apiKeyParams(key, 'brief'), expirationSeconds: '1' }
    const made = await world.admin.submit(
      'create_api_keys',
      { userId, apiKeys: [params] },
      'CREATE_API_KEYS_V2',
    )
    expect(made.status).toBe(200)
    const brief = new TestClient(world.server, key, world.organizationId)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(refusalOf(await brief.query('whoami'))).toEqual([
      401,
      16,
      'rpc error: code = Unauthenticated desc = expired api key publicKey',
      'API_KEY_EXPIRED',
    ])
  })

  test('a submission is refused like a query, and leaves no activity', async () => {
    const submission = world.admin.body('CREATE_WALLET', { walletName: 'w', accounts: [] })
    const url = `${world.server.url}/public/v1/submit/create_wallet`
    expect(refusalOf(await post(url, submission, {}))).toEqual(MISSING)
    expect(
      refusalOf(await post(url, submission, { 'x-stamp': stamp(generateKey(), submission) })),
    ).toEqual(UNKNOWN_HERE)
    expect(
      refusalOf(
        await post(url, `${submission} `, { 'x-stamp': stamp(world.admin.key, submission) }),
      ),
    ).toEqual(INVALID)
    const listed = await world.admin.query('list_wallets')
    expect(listed.json).toEqual({ wallets: [] })
  })
})

const webauthn = {
  authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAA',
  clientDataJson: Buffer.from('{"type":"webauthn.get"}').toString('base64url'),
  credentialId: 'AAAAAAAA',
  signature: 'MEUCIQ',
}
