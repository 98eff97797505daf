// X-Stamp: the proof that a request body was signed by an API key.
import {
  type Curve,
  decodeBase64Url,
  decodeHex,
  keccak256,
  parseEcdsaDer,
  sha256,
  type VerifyKey,
  verifyEcdsaDigest,
  verifyEd25519,
  verifyP256Message,
} from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'

/** A stamp as clients send it: `publicKey` and `signature` in hexadecimal. */
export interface Stamp {
  publicKey: string
  signature: string
  scheme: Scheme
}

type Verify = (key: VerifyKey, body: Buffer, signature: Buffer) => boolean

const verifyEcdsa =
  (digest: (body: Buffer) => Buffer): Verify =>
  (key, body, der) => {
    const signature = parseEcdsaDer(der)
    return signature !== undefined && verifyEcdsaDigest(key, digest(body), signature)
  }

/** Every scheme: the curve of the key it needs, and how it verifies. */
const SCHEMES = {
  SIGNATURE_SCHEME_TK_API_P256: {
    curve: 'p256',
    verify: (key, body, der) => {
      const signature = parseEcdsaDer(der)
      return signature !== undefined && verifyP256Message(key, body, signature)
    },
  },
  SIGNATURE_SCHEME_TK_API_SECP256K1: { curve: 'secp256k1', verify: verifyEcdsa(sha256) },
  SIGNATURE_SCHEME_TK_API_SECP256K1_EIP191: {
    curve: 'secp256k1',
    verify: verifyEcdsa(eip191Digest),
  },
  SIGNATURE_SCHEME_TK_API_ED25519: { curve: 'ed25519', verify: verifyEd25519 },
} as const satisfies Record<string, { curve: Curve; verify: Verify }>

type Scheme = keyof typeof SCHEMES

/** EIP-191 version 0x45, as wallets sign messages. */
function eip191Digest(body: Buffer): Buffer {
  return keccak256(
    Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${body.length}`), body]),
  )
}

const STAMP_CHARACTERS_MAX = 4096

/**
 * Reads the value of an `X-Stamp` header: base64url of a JSON object.
 * @throws AppError `STAMP_UNREADABLE`, `STAMP_MALFORMED`
 */
export function parseStamp(header: string): Stamp {
  const decoded =
    header.length <= STAMP_CHARACTERS_MAX ? decodeBase64Url(header.replace(/=+$/, '')) : undefined
  if (decoded === undefined) throw new AppError('STAMP_UNREADABLE')
  const { publicKey, signature, scheme } = jsonObject(decoded)
  if (
    typeof publicKey !== 'string' ||
    typeof signature !== 'string' ||
    typeof scheme !== 'string'
  ) {
    throw new AppError('STAMP_MALFORMED')
  }
  if (!Object.hasOwn(SCHEMES, scheme) || decodeHex(publicKey) === undefined) {
    throw new AppError('STAMP_MALFORMED')
  }
  return { publicKey: publicKey.toLowerCase(), signature, scheme: scheme as Scheme }
}

function jsonObject(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    throw new AppError('STAMP_UNREADABLE')
  }
  throw new AppError('STAMP_UNREADABLE')
}

/** Whether `stamp` proves that the holder of `key` signed `body`. Never throws. */
export function verifyStamp(stamp: Stamp, key: VerifyKey, body: Buffer): boolean {
  const scheme = SCHEMES[stamp.scheme]
  const signature = decodeHex(stamp.signature)
  if (signature === undefined || key.curve !== scheme.curve) return false
  return scheme.verify(key, body, signature)
}
