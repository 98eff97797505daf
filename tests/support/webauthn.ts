// A software authenticator for tests: makes passkeys of every algorithm and stamps bodies with them.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { Answer, post } from './client.ts'

export type Algorithm = 'ES256' | 'RS256' | 'EdDSA'

export interface TestPasskey {
  algorithm: Algorithm
  credentialId: Buffer
  privateKey: KeyObject
  /** COSE_Key. */
  publicKey: Buffer
  rpId: string
  origin: string
}

type Cbor = number | string | Buffer | readonly Cbor[] | ReadonlyMap<number | string, Cbor>

/** CBOR as CTAP2 has it, but for the order of keys. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([head(3, bytes.length), bytes])
  }
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value])
  if (value instanceof Map) {
    const members = [...(value as ReadonlyMap<number | string, Cbor>)]
    return Buffer.concat([head(5, members.length), ...members.flat().map((item) => cbor(item))])
  }
  const items = value as readonly Cbor[]
  return Buffer.concat([head(4, items.length), ...items.map(cbor)])
}

function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.of((major << 5) | argument)
  if (argument < 0x100) return Buffer.of((major << 5) | 24, argument)
  return Buffer.of((major << 5) | 25, argument >> 8, argument & 0xff)
}

const base64Url = (text = '') => Buffer.from(text, 'base64url')
const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest()

const KEYS: Record<Algorithm, () => { privateKey: KeyObject; members: [number, Cbor][] }> = {
  ES256() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x, y } = publicKey.export({ format: 'jwk' })
    const members: [number, Cbor][] = [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, base64Url(x)],
      [-3, base64Url(y)],
    ]
    return { privateKey, members }
  },
  RS256() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { n, e } = publicKey.export({ format: 'jwk' })
    const members: [number, Cbor][] = [
      [1, 3],
      [3, -257],
      [-1, base64Url(n)],
      [-2, base64Url(e)],
    ]
    return { privateKey, members }
  },
  EdDSA() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const { x } = publicKey.export({ format: 'jwk' })
    const members: [number, Cbor][] = [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, base64Url(x)],
    ]
    return { privateKey, members }
  },
}

export function makePasskey(
  algorithm: Algorithm = 'ES256',
  { rpId, origin }: { rpId: string; origin: string } = {
    rpId: 'example.org',
    origin: 'https://login.example.org',
  },
): TestPasskey {
  const { privateKey, members } = KEYS[algorithm]()
  const publicKey = cbor(new Map(members))
  return { algorithm, credentialId: randomBytes(32), privateKey, publicKey, rpId, origin }
}

function signed({ algorithm, privateKey }: TestPasskey, message: Buffer): Buffer {
  return sign(algorithm === 'EdDSA' ? null : 'sha256', message, privateKey)
}

const FLAGS = { present: 0x01, verified: 0x04, attested: 0x40 }

/** Authenticator data of a registration, without extensions. */
export function attestedData(passkey: TestPasskey, flags = FLAGS.present | FLAGS.attested): Buffer {
  const idLength = Buffer.of(passkey.credentialId.length >> 8, passkey.credentialId.length & 0xff)
  return Buffer.concat([
    sha256(passkey.rpId),
    Buffer.of(flags, 0, 0, 0, 0),
    Buffer.alloc(16),
    idLength,
    passkey.credentialId,
    passkey.publicKey,
  ])
}

/** `authenticators[]` of requests since V2. @param over members of the attestation to replace */
export function authenticatorParams(
  passkey: TestPasskey,
  authenticatorName = 'passkey',
  over: object = {},
) {
  const challenge = randomBytes(32).toString('base64url')
  const { origin } = passkey
  const client = { type: 'webauthn.create', challenge, origin, crossOrigin: false }
  const attestation = new Map<string, Cbor>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', attestedData(passkey)],
  ])
  return {
    authenticatorName,
    challenge,
    attestation: {
      credentialId: passkey.credentialId.toString('base64url'),
      clientDataJson: Buffer.from(JSON.stringify(client)).toString('base64url'),
      attestationObject: cbor(attestation).toString('base64url'),
      transports: ['AUTHENTICATOR_TRANSPORT_INTERNAL'],
      ...over,
    },
  }
}

/** `authenticators[]` of requests before V2: as browsers show it. */
export function authenticatorParamsV1(passkey: TestPasskey, name = 'passkey') {
  const { attestation, ...named } = authenticatorParams(passkey, name)
  const { credentialId, transports, ...response } = attestation
  return {
    ...named,
    attestation: {
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      response: { ...response, transports },
      clientExtensionResults: {},
    },
  }
}

/** What the browser would say of an assertion; a test may say otherwise. */
export interface AssertionSettings {
  type?: string
  origin?: string
  topOrigin?: string
  rpId?: string
  flags?: number
  /** The body to approve instead. */
  of?: string
}

/** The members of `X-Stamp-Webauthn` for `body`. */
export function assertion(passkey: TestPasskey, body: string, settings: AssertionSettings = {}) {
  const {
    type = 'webauthn.get',
    origin = passkey.origin,
    topOrigin,
    rpId = passkey.rpId,
  } = settings
  const digest = sha256(settings.of ?? body).toString('hex')
  const challenge = Buffer.from(digest).toString('base64url')
  const client = { type, challenge, origin, crossOrigin: topOrigin !== undefined, topOrigin }
  const clientDataJson = Buffer.from(JSON.stringify(client))
  const flags = settings.flags ?? FLAGS.present | FLAGS.verified
  const authenticatorData = Buffer.concat([sha256(rpId), Buffer.of(flags, 0, 0, 0, 1)])
  const message = Buffer.concat([authenticatorData, sha256(clientDataJson)])
  return {
    authenticatorData: authenticatorData.toString('base64url'),
    clientDataJson: clientDataJson.toString('base64url'),
    credentialId: passkey.credentialId.toString('base64url'),
    signature: signed(passkey, message).toString('base64url'),
  }
}

/** Posts a body with a stamp made from it. */
export function sendStamped(
  url: string,
  body: string,
  members: Record<string, unknown> | string,
): Promise<Answer> {
  const header = typeof members === 'string' ? members : JSON.stringify(members)
  return post(url, body, { 'x-stamp-webauthn': header })
}

/** Speaks for one passkey to one organization. */
export class PasskeyClient {
  readonly url: string
  readonly passkey: TestPasskey
  readonly organizationId: string

  constructor(server: { url: string }, passkey: TestPasskey, organizationId: string) {
    this.url = server.url
    this.passkey = passkey
    this.organizationId = organizationId
  }

  send(path: string, body: string, settings: AssertionSettings = {}): Promise<Answer> {
    const url = `${this.url}/public/v1/${path}`
    return sendStamped(url, body, assertion(this.passkey, body, settings))
  }

  query(name: string, params: object = {}, settings: AssertionSettings = {}): Promise<Answer> {
    const body = JSON.stringify({ organizationId: this.organizationId, ...params })
    return this.send(`query/${name}`, body, settings)
  }

  /** @param type without `ACTIVITY_TYPE_`; by default that of the path */
  submit(name: string, parameters: object, type = name.toUpperCase()): Promise<Answer> {
    const body = JSON.stringify({
      type: `ACTIVITY_TYPE_${type}`,
      timestampMs: String(Date.now()),
      organizationId: this.organizationId,
      parameters,
    })
    return this.send(`submit/${name}`, body)
  }
}
