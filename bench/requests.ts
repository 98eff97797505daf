// Prepares what the load sends: organizations with a wallet each, and requests stamped beforehand.
import { createPrivateKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  encodeRlp,
  generatePrivateKey,
  publicKeyOf,
  uncompressPublicKey,
} from '@keystead/crypto/node'

/** A key that stamps, and what it may sign with. */
export interface Caller {
  organizationId: string
  /** Compressed, hexadecimal. */
  publicKey: string
  privateKey: string
  signWith: string
  /** Ethereum transactions, instead of digests. */
  signsTransactions?: boolean
}

/** A key of node:crypto, which signs twenty times as fast as the library that wallets use. */
export function fastKey(privateKeyHex: string): KeyObject {
  const privateKey = Buffer.from(privateKeyHex, 'hex')
  const point = uncompressPublicKey('p256', publicKeyOf('p256', privateKey))
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: privateKey.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  return createPrivateKey({ format: 'jwk', key: jwk })
}

/** The uncompressed public key, hexadecimal. */
export function pointOf({ publicKey }: Pick<Caller, 'publicKey'>): string {
  return uncompressPublicKey('p256', Buffer.from(publicKey, 'hex')).toString('hex')
}

function stampHeader(publicKey: string, key: KeyObject, body: string): string {
  const signature = sign('sha256', Buffer.from(body), key).toString('hex')
  const stamp = { publicKey, scheme: 'SIGNATURE_SCHEME_TK_API_P256', signature }
  return Buffer.from(JSON.stringify(stamp)).toString('base64url')
}

let distinct = 0

/** The body of a submission; two are never the same. */
function submission(type: string, organizationId: string, parameters: object): string {
  const timestampMs = String(Date.now() - (distinct++ % 3_600_000))
  return JSON.stringify({ parameters, organizationId, timestampMs, type: `ACTIVITY_TYPE_${type}` })
}

/** A whole HTTP request that signs something random with the caller's wallet. */
export function signingRequest(caller: Caller, key: KeyObject): Buffer {
  const { organizationId, publicKey, signWith } = caller
  const { type, what } = caller.signsTransactions === true ? transaction() : digest()
  const body = submission(`${type}_V2`, organizationId, { signWith, ...what })
  const stamp = stampHeader(publicKey, key, body)
  return Buffer.from(wholeRequest(`submit/${type.toLowerCase()}`, body, stamp))
}

function digest() {
  const what = {
    payload: randomBytes(32).toString('hex'),
    encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
    hashFunction: 'HASH_FUNCTION_NO_OP',
  }
  return { type: 'SIGN_RAW_PAYLOAD', what }
}

/** A transfer of a token on chain 1 (EIP-1559). */
function transaction() {
  const bytes = (hex: string) => Buffer.from(hex, 'hex')
  const data = Buffer.concat([bytes(`a9059cbb${'00'.repeat(12)}`), randomBytes(52)])
  const fees = [bytes('3b9aca00'), bytes('77359400'), bytes('fde8')]
  const target = [bytes('dead'.repeat(10)), bytes(''), data, []]
  const unsigned = Buffer.concat([
    bytes('02'),
    encodeRlp([bytes('01'), bytes('01'), ...fees, ...target]),
  ])
  const what = { unsignedTransaction: unsigned.toString('hex'), type: 'TRANSACTION_TYPE_ETHEREUM' }
  return { type: 'SIGN_TRANSACTION', what }
}

function wholeRequest(path: string, body: string, stamp: string): string {
  const head = [
    `POST /public/v1/${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-stamp: ${stamp}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** A whole HTTP request that asks for something; it may be sent again and again. */
export function queryRequest(
  speaker: Pick<Caller, 'publicKey' | 'privateKey'>,
  query: string,
  parameters: object,
): string {
  const body = JSON.stringify(parameters)
  const stamp = stampHeader(speaker.publicKey, fastKey(speaker.privateKey), body)
  return wholeRequest(`query/${query}`, body, stamp)
}

const ACCOUNT = {
  curve: 'CURVE_SECP256K1',
  pathFormat: 'PATH_FORMAT_BIP32',
  path: "m/44'/60'/0'/0/0",
  addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
}

export interface Admin {
  organizationId: string
  apiPublicKey: string
  apiPrivateKey: string
}

/** Creates `count` callers: the organization of `admin`, or sub-organizations of it. */
export async function prepareCallers(url: string, admin: Admin, count: number): Promise<Caller[]> {
  if (count === 1) return [await callerOfAdmin(url, admin)]
  const callers: Caller[] = []
  for (let n = 0; n < count; n++) callers.push(await callerOfNewOrganization(url, admin, n))
  return callers
}

async function callerOfAdmin(url: string, admin: Admin): Promise<Caller> {
  const result = await submit({ url, admin }, 'CREATE_WALLET', {
    walletName: `bench ${randomBytes(8).toString('hex')}`,
    accounts: [ACCOUNT],
  })
  const { addresses } = result['createWalletResult'] as { addresses: string[] }
  return {
    organizationId: admin.organizationId,
    publicKey: admin.apiPublicKey,
    privateKey: admin.apiPrivateKey,
    signWith: addresses[0] ?? '',
  }
}

/** A sub-organization with one root user and a wallet. */
export async function callerOfNewOrganization(
  url: string,
  admin: Admin,
  n: number,
): Promise<Caller> {
  const privateKey = generatePrivateKey('p256')
  const publicKey = publicKeyOf('p256', privateKey).toString('hex')
  const apiKey = { apiKeyName: 'bench', publicKey, curveType: 'API_KEY_CURVE_P256' }
  const result = await submit({ url, admin }, 'CREATE_SUB_ORGANIZATION_V7', {
    subOrganizationName: `bench ${n}`,
    rootUsers: [{ userName: 'bench', apiKeys: [apiKey], authenticators: [], oauthProviders: [] }],
    rootQuorumThreshold: 1,
    wallet: { walletName: 'bench', accounts: [ACCOUNT] },
  })
  const made = result['createSubOrganizationResultV7'] as {
    subOrganizationId: string
    wallet: { addresses: string[] }
  }
  return {
    organizationId: made.subOrganizationId,
    publicKey,
    privateKey: privateKey.toString('hex'),
    signWith: made.wallet.addresses[0] ?? '',
  }
}

export async function submit(
  { url, admin }: { url: string; admin: Admin },
  type: string,
  parameters: object,
): Promise<Record<string, unknown>> {
  const body = submission(type, admin.organizationId, parameters)
  const path = type.replace(/_V\d+$/, '').toLowerCase()
  const stamp = stampHeader(admin.apiPublicKey, fastKey(admin.apiPrivateKey), body)
  const headers = { 'content-type': 'application/json', 'x-stamp': stamp }
  const response = await fetch(`${url}/public/v1/submit/${path}`, { method: 'POST', body, headers })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return (JSON.parse(text) as { activity: { result: Record<string, unknown> } }).activity.result
}
