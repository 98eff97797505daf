// A hardware security module as the holder of a seal: asked in a process of its own.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { HpkeRecipient } from '@keystead/crypto/node'
import type { Config } from '../../config.ts'
import { uuidToBytes } from '../../platform/ids.ts'
import { HostError } from '../instance.ts'
import type { TokenAccess } from './token.ts'

/** Bytes are hexadecimal. */
export interface TokenQuestion {
  access: TokenAccess
  id: string
  /** Of a key pair to be made; null: it is there. */
  label: string | null
  points: string[]
}

interface TokenKey {
  publicKey: string
  /** With the public key itself first, then with each of the points. */
  agreed: string[]
}

export type TokenAnswer =
  /** Null: the token has no such key. */
  { ok: true; key: TokenKey | null } | { ok: false; code: number | null; message: string }

const ANSWER_MS_MAX = 30_000

/** CKR_… that people can do something about. */
const REASONS: Record<number, string> = {
  0x05: 'the token failed: is it still there?',
  0x30: 'the token failed: is it still there?',
  0x32: 'the token was removed',
  0x70: 'the token cannot do ECDH or make P-256 keys',
  0xa0: 'the PIN is wrong: it was tried once, and tokens lock after a few',
  0xa1: 'the PIN is not one the token would accept',
  0xa2: 'the PIN has a length the token would not accept',
  0xa3: 'the PIN has expired',
  0xa4: 'the PIN is locked',
  0xe0: 'there is no token',
  0xe1: 'the token is not recognised',
  0x102: 'the token has no user PIN yet',
}

/** Makes a key pair for a seal, which never leaves the token. @throws HostError */
export async function makeTokenKey(config: Config, sealId: string): Promise<HpkeRecipient> {
  const label = `keystead seal ${sealId}`
  const key = await askFor(config, { sealId, label, points: [] })
  if (key === null) throw new HostError('the PKCS#11 token made no key')
  return recipientOf(key, [])
}

/**
 * Who opens what was encrypted to a seal's key; undefined when the token does not have it.
 * @param points the `enc` of everything to be opened @throws HostError
 */
export async function tokenRecipient(
  config: Config,
  sealId: string,
  points: readonly Buffer[],
): Promise<HpkeRecipient | undefined> {
  const key = await askFor(config, { sealId, label: null, points })
  return key === null ? undefined : recipientOf(key, points)
}

function askFor(
  config: Config,
  { sealId, label, points }: { sealId: string; label: string | null; points: readonly Buffer[] },
): Promise<TokenKey | null> {
  const id = uuidToBytes(sealId).toString('hex')
  return ask({ access: accessOf(config), id, label, points: points.map(hexOf) })
}

function recipientOf({ publicKey, agreed }: TokenKey, points: readonly Buffer[]): HpkeRecipient {
  const asked = [publicKey, ...points.map(hexOf)]
  const secrets = new Map(asked.map((point, index) => [point, agreed[index]]))
  return {
    publicKey: Buffer.from(publicKey, 'hex'),
    agree(enc) {
      const secret = secrets.get(hexOf(enc))
      if (secret === undefined) throw new Error('the token was not asked for this')
      return Buffer.from(secret, 'hex')
    },
  }
}

function hexOf(bytes: Buffer): string {
  return bytes.toString('hex')
}

function accessOf({ pkcs11 }: Config): TokenAccess {
  if (pkcs11 === null) {
    throw new HostError(
      'no PKCS#11 module is configured: set KEYSTEAD_PKCS11_MODULE, KEYSTEAD_PKCS11_TOKEN and KEYSTEAD_PKCS11_PIN_FILE',
    )
  }
  const { module, token, pinFile } = pkcs11
  try {
    return { module, token, pin: readFileSync(pinFile, 'utf8').trim() }
  } catch (cause) {
    throw new HostError(`the PIN file ${pinFile} cannot be read`, { cause })
  }
}

async function ask(question: TokenQuestion): Promise<TokenKey | null> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('process.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: ANSWER_MS_MAX,
    killSignal: 'SIGKILL',
  })
  const ended = Promise.withResolvers<string>()
  child.once('error', ended.reject)
  child.once('close', (code, signal) => ended.resolve(signal ?? `code ${code}`))
  // It may be gone before it has read.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(question))
  const written = await buffer(child.stdout)
  const end = await ended.promise
  return readAnswer(written, end)
}

function readAnswer(written: Buffer, end: string): TokenKey | null {
  const text = written.toString('utf8')
  if (end !== 'code 0' || text === '') {
    throw new HostError(`the PKCS#11 module crashed or did not answer (${end})`)
  }
  const answer = JSON.parse(text) as TokenAnswer
  if (answer.ok) return answer.key
  const reason = answer.code === null ? undefined : REASONS[answer.code]
  throw new HostError(`the PKCS#11 token: ${reason ?? answer.message}`)
}
