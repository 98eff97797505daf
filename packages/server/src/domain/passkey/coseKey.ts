// The public keys of passkeys (COSE_Key, RFC 9053): parsed once, then kept ready to verify with.
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import {
  parseEcdsaDer,
  parsePublicKey,
  verifyEd25519,
  verifyP256Message,
} from '@keystead/crypto/node'
import { asBytes, asMap, type CborValue, decodeCbor } from './cbor.ts'
import { ensure, Refusal } from './refusal.ts'

/** A public key that is ready to verify with. */
export interface PasskeyKey {
  /** COSE algorithm identifier: -7 (ES256), -8 (EdDSA) or -257 (RS256). */
  algorithm: number
  publicKey: KeyObject
  /** Whether the key's holder signed `message`. Never throws. */
  verify(message: Buffer, signature: Buffer): boolean
}

type Members = ReadonlyMap<number | string, CborValue>

const LABEL = { kty: 1, alg: 3, crv: -1, x: -2, y: -3, n: -1, e: -2 } as const

/** Every accepted algorithm: its name, how its key looks, and how it verifies. */
const ALGORITHMS: ReadonlyMap<number, { size: number; parse(members: Members): PasskeyKey }> =
  new Map([
    [-7, { size: 5, parse: parseEs256 }],
    [-8, { size: 4, parse: parseEdDsa }],
    [-257, { size: 4, parse: parseRs256 }],
  ])

/** @throws Refusal for other algorithms and curves, bad points, and members that do not belong */
export function parseCoseKey(bytes: Buffer): PasskeyKey {
  const members = asMap(decodeCbor(bytes), 'the public key')
  const algorithm = members.get(LABEL.alg)
  ensure(typeof algorithm === 'number', 'the public key names no algorithm')
  const kind = ALGORITHMS.get(algorithm)
  if (kind === undefined) throw new Refusal(`public key algorithm ${algorithm}`)
  ensure(members.size === kind.size, 'the public key has other members')
  return kind.parse(members)
}

function parseEs256(members: Members): PasskeyKey {
  ensure(members.get(LABEL.kty) === 2 && members.get(LABEL.crv) === 1, 'ES256 needs P-256')
  const x = asBytes(members.get(LABEL.x), 'x')
  const y = asBytes(members.get(LABEL.y), 'y')
  ensure(x.length === 32 && y.length === 32, 'a coordinate is not 32 bytes')
  const key = parsePublicKey('p256', Buffer.concat([Buffer.of(4), x, y]))
  ensure(key?.curve === 'p256', 'the public key is not a point')
  return {
    algorithm: -7,
    publicKey: key.keyObject,
    verify(message, der) {
      const signature = parseEcdsaDer(der)
      return signature !== undefined && verifyP256Message(key, message, signature)
    },
  }
}

function parseEdDsa(members: Members): PasskeyKey {
  ensure(members.get(LABEL.kty) === 1 && members.get(LABEL.crv) === 6, 'EdDSA needs Ed25519')
  const key = parsePublicKey('ed25519', asBytes(members.get(LABEL.x), 'x'))
  ensure(key?.curve === 'ed25519', 'the public key is not a point')
  return {
    algorithm: -8,
    publicKey: key.keyObject,
    verify: (message, signature) => verifyEd25519(key, message, signature),
  }
}

const RSA_BYTES = { min: 256, max: 512 }

function parseRs256(members: Members): PasskeyKey {
  ensure(members.get(LABEL.kty) === 3, 'RS256 needs an RSA key')
  const n = asBytes(members.get(LABEL.n), 'n')
  const e = asBytes(members.get(LABEL.e), 'e')
  // SECURITY: the cost of verifying grows with both.
  ensure(n.length >= RSA_BYTES.min && n.length <= RSA_BYTES.max && n[0] !== 0, 'RSA modulus size')
  ensure(e.length > 0 && e.length <= 4, 'RSA exponent size')
  const exponent = e.readUIntBE(0, e.length)
  ensure(exponent > 2 && exponent % 2 === 1, 'RSA exponent')
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') }
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
  return {
    algorithm: -257,
    publicKey,
    verify(message, signature) {
      try {
        return verify('sha256', message, publicKey, signature)
      } catch {
        return false
      }
    },
  }
}
