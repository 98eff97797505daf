// A plain client for tests: stamps exact bytes with any scheme and shows the raw answer.
import {
  encodeEcdsaDer,
  generatePrivateKey,
  keccak256,
  publicKeyOf,
  sha256,
  signEd25519,
  signP256,
  signSecp256k1,
} from '@keystead/crypto/node'
import type { Admin } from '@keystead/server/commands'

export type Scheme = 'P256' | 'SECP256K1' | 'SECP256K1_EIP191' | 'ED25519'

/** A key pair that stamps requests. */
export interface TestKey {
  scheme: Scheme
  privateKey: Buffer
  /** Hexadecimal. */
  publicKey: string
}

const CURVE = {
  P256: 'p256',
  SECP256K1: 'secp256k1',
  SECP256K1_EIP191: 'secp256k1',
  ED25519: 'ed25519',
} as const

export function generateKey(scheme: Scheme = 'P256'): TestKey {
  const privateKey = generatePrivateKey(CURVE[scheme])
  return { scheme, privateKey, publicKey: publicKeyOf(CURVE[scheme], privateKey).toString('hex') }
}

/** The key of `admin.json`. */
export function adminKey(admin: Admin): TestKey {
  return {
    scheme: 'P256',
    privateKey: Buffer.from(admin.apiPrivateKey ?? '', 'hex'),
    publicKey: admin.apiPublicKey,
  }
}

/** `apiKeys[]` of requests that create users. */
export function apiKeyParams(key: TestKey, apiKeyName = 'key') {
  const curve = { p256: 'P256', secp256k1: 'SECP256K1', ed25519: 'ED25519' }[CURVE[key.scheme]]
  return { apiKeyName, publicKey: key.publicKey, curveType: `API_KEY_CURVE_${curve}` }
}

function signature({ scheme, privateKey }: TestKey, body: Buffer): Buffer {
  if (scheme === 'ED25519') return signEd25519(privateKey, body)
  const prefix = Buffer.from(`\x19Ethereum Signed Message:\n${body.length}`)
  const { r, s } =
    scheme === 'P256'
      ? signP256(privateKey, sha256(body))
      : signSecp256k1(
          privateKey,
          scheme === 'SECP256K1' ? sha256(body) : keccak256(Buffer.concat([prefix, body])),
        )
  return encodeEcdsaDer(r, s)
}

/** The value of `X-Stamp` for `body`. */
export function stamp(key: TestKey, body: Buffer | string): string {
  const value = {
    publicKey: key.publicKey,
    scheme: `SIGNATURE_SCHEME_TK_API_${key.scheme}`,
    signature: signature(key, Buffer.from(body)).toString('hex'),
  }
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** An answer as it came. */
export class Answer {
  readonly status: number
  readonly contentType: string | null
  /** The seconds of `Retry-After`; null without. */
  readonly retryAfter: number | null
  readonly text: string
  /** The parsed body; undefined when it is not JSON. */
  readonly json: unknown

  constructor(response: Response, text: string) {
    this.status = response.status
    this.contentType = response.headers.get('content-type')
    const retryAfter = response.headers.get('retry-after')
    this.retryAfter = retryAfter === null ? null : Number(retryAfter)
    this.text = text
    this.json = parse(text)
  }

  /** The value at a dotted path: `at('activity.votes.0.id')`. */
  at<T = string>(path: string): T {
    let value = this.json
    for (const name of path.split('.')) {
      if (typeof value !== 'object' || value === null) throw new Error(`no ${path} in ${this.text}`)
      value = (value as Record<string, unknown>)[name]
    }
    return value as T
  }
}

/** Posts exact bytes with the given headers. */
export async function post(
  url: string,
  body: Buffer | string,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: Buffer.from(body), headers })
  return new Answer(response, await response.text())
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Speaks for one key to one organization. */
export class TestClient {
  readonly url: string
  readonly key: TestKey
  readonly organizationId: string

  constructor(server: { url: string }, key: TestKey, organizationId: string) {
    this.url = server.url
    this.key = key
    this.organizationId = organizationId
  }

  /** Posts a body as it is, stamped. */
  send(path: string, body: Buffer | string): Promise<Answer> {
    return post(`${this.url}/public/v1/${path}`, body, { 'x-stamp': stamp(this.key, body) })
  }

  query(name: string, params: object = {}): Promise<Answer> {
    const body = JSON.stringify({ organizationId: this.organizationId, ...params })
    return this.send(`query/${name}`, body)
  }

  /** @param type without `ACTIVITY_TYPE_`; by default that of the path */
  submit(name: string, parameters: object, type = name.toUpperCase()): Promise<Answer> {
    return this.send(`submit/${name}`, this.body(type, parameters))
  }

  /** The body of a submission, to be sent more than once. */
  body(type: string, parameters: object, timestampMs = Date.now()): string {
    return JSON.stringify({
      type: `ACTIVITY_TYPE_${type}`,
      timestampMs: String(timestampMs),
      organizationId: this.organizationId,
      parameters,
    })
  }
}
