// What is refused of passkeys: registrations that prove nothing, and stamps that do not fit.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey } from '../../support/client.ts'
import {
  type AssertionSettings,
  assertion,
  attestedData,
  authenticatorParams,
  cbor,
  makePasskey,
  PasskeyClient,
  sendStamped,
} from '../../support/webauthn.ts'
import { createUser, errorOf, startWorld, violationsOf, type World } from './world.ts'

const started = startWorld({ engine: 'sqlite' })
afterAll(async () => (await started).server.dispose())

const add = (world: World, userId: string, authenticators: unknown[]) =>
  world.admin.submit(
    'create_authenticators',
    { userId, authenticators },
    'CREATE_AUTHENTICATORS_V2',
  )

const count = async (world: World, userId: string) =>
  (await world.admin.query('get_authenticators', { userId })).at<unknown[]>('authenticators').length

describe('a registration', () => {
  let world: World
  let userId: string
  beforeAll(async () => {
    world = await started
    userId = (await createUser(world, generateKey())).userId
  })

  const passkey = makePasskey()
  const params = authenticatorParams(passkey)
  const object = (members: Record<string, Parameters<typeof cbor>[0]>) => ({
    attestationObject: cbor(new Map(Object.entries(members))).toString('base64url'),
  })
  const authData = attestedData(passkey)
  const none = { fmt: 'none', attStmt: new Map() }
  const INVALID = 'invalid authenticator attestation'
  const MISSING_DATA = 'missing parameter: user authenticator attestation auth data'

  test.each<[string, object, string]>([
    [
      'without attestation',
      { attestation: undefined },
      'missing parameter: user authenticator attestation',
    ],
    [
      'with an attestation that is null',
      { attestation: null },
      'missing parameter: user authenticator attestation',
    ],
    [
      'without authenticator data',
      { attestation: { ...params.attestation, ...object(none) } },
      MISSING_DATA,
    ],
    [
      'with a statement that is no CBOR',
      { attestation: { ...params.attestation, attestationObject: 'AQ' } },
      INVALID,
    ],
    [
      'with an empty statement',
      { attestation: { ...params.attestation, attestationObject: '' } },
      INVALID,
    ],
    [
      'of an unknown format',
      {
        attestation: { ...params.attestation, ...object({ ...none, fmt: '__proto__', authData }) },
      },
      INVALID,
    ],
    [
      'without a present user',
      {
        attestation: {
          ...params.attestation,
          ...object({ ...none, authData: attestedData(passkey, 0x40) }),
        },
      },
      INVALID,
    ],
    ['of another challenge', { challenge: 'AAAA' }, INVALID],
    [
      'of another credential',
      { attestation: { ...params.attestation, credentialId: 'AAAA' } },
      INVALID,
    ],
    ['of another site', authenticatorParams({ ...passkey, rpId: 'example.net' }), INVALID],
    ['of a top-level domain', authenticatorParams({ ...passkey, rpId: 'org' }), INVALID],
  ])('%s is refused, and nothing is added', async (_what, over, message) => {
    const answer = await add(world, userId, [{ ...params, ...over }])
    expect([answer.status, errorOf(answer)]).toMatchObject([400, { code: 3, message }])
    expect(await count(world, userId)).toBe(0)
  })

  test('with text that is not base64url is refused by its field', async () => {
    const attestation = { ...params.attestation, clientDataJson: '*' }
    const answer = await add(world, userId, [{ ...params, attestation }])
    expect(violationsOf(answer)).toEqual([
      { field: 'authenticators.0.attestation.clientDataJson', description: 'must be base64url' },
    ])
  })

  test.each([
    ['in hexadecimal', (raw: Buffer) => raw.toString('hex')],
    ['as text that is encoded again', (raw: Buffer) => raw.toString('base64url')],
    ['in base64', (raw: Buffer) => raw.toString('base64')],
  ])('may name its challenge %s', async (_what, encode) => {
    const made = authenticatorParams(makePasskey(), `challenge ${encode(Buffer.of(1, 2, 3))}`)
    const challenge = encode(Buffer.from(made.challenge, 'base64url'))
    const { userId: other } = await createUser(world, generateKey())
    expect((await add(world, other, [{ ...made, challenge }])).status).toBe(200)
  })

  test('of an app may be for any site', async () => {
    const made = makePasskey('ES256', { rpId: 'example.org', origin: 'android:apk-key-hash:AAAA' })
    const { userId: other } = await createUser(world, generateKey())
    expect((await add(world, other, [authenticatorParams(made)])).status).toBe(200)
  })
})

describe('a user', () => {
  test('has at most ten passkeys, each with a name and an id of its own', async () => {
    const world = await started
    const { userId } = await createUser(world, generateKey())
    const { userId: other } = await createUser(world, generateKey())
    const first = makePasskey()
    const made = Array.from({ length: 9 }, (_, n) => authenticatorParams(makePasskey(), `n${n}`))
    expect((await add(world, userId, [authenticatorParams(first), ...made])).status).toBe(200)
    const tooMany = await add(world, userId, [authenticatorParams(makePasskey(), 'n10')])
    expect([tooMany.status, errorOf(tooMany)]).toMatchObject([
      429,
      { code: 8, message: 'user has exceeded maximum authenticators', details: [] },
    ])
    const twice = [authenticatorParams(makePasskey()), authenticatorParams(makePasskey())]
    expect(errorOf(await add(world, other, twice)).message).toBe(
      'authenticator label must be unique',
    )
    expect(errorOf(await add(world, other, [authenticatorParams(first)])).message).toBe(
      'credential ID is already in use in this organization',
    )
    expect([await count(world, userId), await count(world, other)]).toEqual([10, 0])
  })

  test('that does not exist gets none', async () => {
    const world = await started
    const nobody = '019a0000-0000-7000-8000-00000000ffff'
    expect(errorOf(await add(world, nobody, [authenticatorParams(makePasskey())])).message).toBe(
      'user not found',
    )
    const removal = { userId: nobody, authenticatorIds: [nobody] }
    expect(errorOf(await world.admin.submit('delete_authenticators', removal)).message).toBe(
      'user not found',
    )
  })
})

describe('a stamp', () => {
  let world: World
  let holder: PasskeyClient
  const passkey = makePasskey()
  beforeAll(async () => {
    world = await started
    const { userId } = await createUser(world, generateKey())
    await add(world, userId, [authenticatorParams(passkey)])
    holder = new PasskeyClient(world.server, passkey, world.organizationId)
  })
  const body = () => JSON.stringify({ organizationId: world.organizationId })
  const send = (header: Parameters<typeof sendStamped>[2], sent = body()) =>
    sendStamped(`${world.server.url}/public/v1/query/whoami`, sent, header)

  test('is accepted, padded or not, from a page in a frame as well', async () => {
    const members = assertion(passkey, body())
    expect((await send(members)).status).toBe(200)
    const padded = Object.entries(members).map(([name, value]) => [
      name,
      Buffer.from(value, 'base64url').toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
    ])
    expect((await send(Object.fromEntries(padded) as typeof members)).status).toBe(200)
    const framed = await holder.query('whoami', {}, { topOrigin: 'https://example.com' })
    expect(framed.status).toBe(200)
  })

  test.each<[string, AssertionSettings]>([
    ['for another body', { of: '{}' }],
    ['of a registration', { type: 'webauthn.create' }],
    ['for another site', { rpId: 'example.net' }],
    ['without a present user', { flags: 0x04 }],
    ['that claims to be backed up without being eligible', { flags: 0x11 }],
  ])('%s does not verify', async (_what, settings) => {
    const answer = await holder.query('whoami', {}, settings)
    expect([answer.status, errorOf(answer)]).toMatchObject([
      401,
      {
        code: 16,
        message: 'could not verify WebAuthN signature',
        turnkeyErrorCode: 'SIGNATURE_INVALID',
      },
    ])
  })

  test('made with another key does not verify', async () => {
    const { credentialId } = passkey
    for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
      const forged = { ...makePasskey(algorithm), credentialId }
      const answer = await send(assertion(forged, body()))
      expect(errorOf(answer).message).toBe('could not verify WebAuthN signature')
    }
  })

  test('of an unknown credential is refused as such', async () => {
    const answer = await send(assertion(makePasskey(), body()))
    expect([answer.status, errorOf(answer)]).toMatchObject([
      401,
      {
        message: 'credential ID could not be found in organization or its parent organization',
        turnkeyErrorCode: 'CREDENTIAL_NOT_FOUND',
      },
    ])
  })

  test('that cannot be read is refused as such', async () => {
    const members = assertion(passkey, body())
    const spoilt = Object.keys(members).map((name) => ({ ...members, [name]: '*' }))
    const apiKey = Buffer.from('{}').toString('base64url')
    for (const header of ['{', '[]', 'null', apiKey, `{"a":"${'a'.repeat(12_400)}"}`, ...spoilt]) {
      const answer = await send(header)
      expect([answer.status, errorOf(answer).message]).toEqual([
        401,
        'could not extract webauthn stamp',
      ])
    }
  })

  test('sent as that of an API key is refused as such', async () => {
    const sent = body()
    const header = JSON.stringify(assertion(passkey, sent))
    const answer = await fetch(`${world.server.url}/public/v1/query/whoami`, {
      method: 'POST',
      body: sent,
      headers: { 'x-stamp': header },
    })
    const { message } = (await answer.json()) as { message: string }
    expect([answer.status, message]).toEqual([401, 'could not extract api key stamp'])
  })
})
