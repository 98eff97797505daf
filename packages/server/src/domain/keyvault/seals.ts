// Seals: what protects the root key at rest. Each seal alone opens it.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import {
  aeadKey,
  aeadOpen,
  aeadSeal,
  decodeHex,
  entropyToMnemonic,
  hkdfSha256,
  mnemonicToEntropy,
} from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'

type SealKind = 'file' | 'recovery'

/** A row of `seal`: the root key under one seal's secret. */
export interface Seal {
  id: string
  kind: SealKind
  wrapped_root_key: Buffer
}

export function wrapRootKey(
  seal: Omit<Seal, 'wrapped_root_key'>,
  secret: Buffer,
  rootKey: Buffer,
): Seal {
  return { ...seal, wrapped_root_key: aeadSeal(sealKey(seal.kind, secret), rootKey, context(seal)) }
}

/** The root key, or undefined when `secret` is not this seal's. */
export function unwrapRootKey(seal: Seal, secret: Buffer): Buffer | undefined {
  try {
    return aeadOpen(sealKey(seal.kind, secret), seal.wrapped_root_key, context(seal))
  } catch {
    return undefined
  }
}

function sealKey(kind: SealKind, secret: Buffer) {
  return aeadKey(hkdfSha256(secret, Buffer.from(`keystead.seal.${kind}`), 32))
}

function context(seal: { id: string; kind: SealKind }): Buffer {
  return encodeFields(['keystead.seal', seal.kind, uuidToBytes(seal.id)])
}

/** A new secret of 256 bits, and the 24 words that say it. */
export function newRecoverySecret(): { secret: Buffer; words: string } {
  const secret = randomBytes(32)
  return { secret, words: entropyToMnemonic(secret) }
}

/** The secret that 24 recovery words say, or undefined when they are mistyped. */
export function recoverySecret(words: string): Buffer | undefined {
  const secret = mnemonicToEntropy(words)
  return secret?.length === 32 ? secret : undefined
}

/** Writes a new seal key file, readable by its owner only. @throws Error when it exists */
export function writeSealFile(path: string): Buffer {
  const secret = randomBytes(32)
  writeFileSync(path, `${secret.toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  return secret
}

/** The secret of a seal key file, or undefined when there is none. @throws Error when it is damaged */
export function readSealFile(path: string): Buffer | undefined {
  if (!existsSync(path)) return undefined
  const secret = decodeHex(readFileSync(path, 'utf8').trim())
  if (secret?.length !== 32) throw new Error(`the seal key file ${path} is damaged`)
  return secret
}
