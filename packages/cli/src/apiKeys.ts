// API keys: the pairs that stamp requests, from key folders and from `admin.json`.
import { readFileSync } from 'node:fs'
import { type Curve, decodeHex, generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import { type Admin } from '@keystead/server/commands'
import { CommandError, UsageError } from './command.ts'
import { assertSameKey, readKey, type StoredKey } from './keyFiles.ts'

/** A key pair that stamps requests. */
export interface ApiKey {
  curve: Curve
  /** 32 bytes; for Ed25519 the seed. */
  privateKey: Buffer
  /** Hexadecimal: 33 bytes compressed, Ed25519 32. */
  publicKey: string
  /** The organization that it is known to be of. */
  organizationId: string | null
}

const PRIVATE_KEY = /^([0-9a-f]+)(?::(p256|secp256k1|ed25519))?$/i
const ECDSA_BYTES = 32
const ED25519_BYTES = 64

/** The names of `--curve`, and the scheme of the stamps that each curve makes. */
export const STAMP_SCHEMES: Readonly<Record<Curve, string>> = {
  p256: 'SIGNATURE_SCHEME_TK_API_P256',
  secp256k1: 'SIGNATURE_SCHEME_TK_API_SECP256K1',
  ed25519: 'SIGNATURE_SCHEME_TK_API_ED25519',
}

export function generateApiKey(curve: Curve, organizationId: string): ApiKey {
  const privateKey = generatePrivateKey(curve)
  const publicKey = publicKeyOf(curve, privateKey).toString('hex')
  return { curve, privateKey, publicKey, organizationId }
}

/** As the files have it: the private key with its curve; Ed25519 as seed ‖ public key. */
export function apiKeyToStored(key: ApiKey): StoredKey {
  const bytes = key.privateKey.toString('hex') + (key.curve === 'ed25519' ? key.publicKey : '')
  return {
    publicKey: key.publicKey,
    privateKey: `${bytes}:${key.curve}`,
    meta: {
      organizations: key.organizationId === null ? [] : [key.organizationId],
      public_key: key.publicKey,
      scheme: STAMP_SCHEMES[key.curve],
    },
  }
}

/** @param name in `folder`, or a path @throws CommandError */
export function loadApiKey(folder: string, name: string): ApiKey {
  const { privateKey: text, meta } = readKey(folder, name)
  const [, hex = '', curve = 'p256'] = PRIVATE_KEY.exec(text) ?? []
  const key = apiKeyFrom(curve.toLowerCase() as Curve, decodeHex(hex))
  if (key === undefined) {
    throw new CommandError(`the .private file of key \`${name}\` holds no API key`)
  }
  assertSameKey(name, key.publicKey, meta)
  const organizations: unknown = meta['organizations']
  const first: unknown = Array.isArray(organizations) ? organizations[0] : undefined
  return { ...key, organizationId: typeof first === 'string' ? first : null }
}

/** The key of `admin.json`, or of what `recover-admin` printed. @throws UsageError, CommandError */
export function loadAdminKey(file: string): ApiKey {
  const admin = readAdmin(file)
  const { apiPrivateKey, organizationId } = admin
  if (apiPrivateKey === undefined) {
    throw new CommandError(
      `${file} holds no private key: the organization brought its own key, name it with --key-name`,
    )
  }
  const key = apiKeyFrom('p256', decodeHex(apiPrivateKey))
  if (key === undefined) throw new CommandError(`${file} holds no API key`)
  return { ...key, organizationId }
}

function readAdmin(file: string): Admin {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Admin
  } catch (cause) {
    throw new UsageError(
      `there is no readable key file ${file}: name one with --key or --key-name`,
      { cause },
    )
  }
}

function apiKeyFrom(
  curve: Curve,
  bytes: Buffer | undefined,
): Omit<ApiKey, 'organizationId'> | undefined {
  if (bytes?.length !== (curve === 'ed25519' ? ED25519_BYTES : ECDSA_BYTES)) return undefined
  const privateKey = bytes.subarray(0, 32)
  try {
    const publicKey = publicKeyOf(curve, privateKey).toString('hex')
    const stated = bytes.toString('hex', 32)
    return stated === '' || stated === publicKey ? { curve, privateKey, publicKey } : undefined
  } catch {
    return undefined
  }
}
