// Seals: what protects the root key at rest. Each seal alone opens it.
import {
  aeadKey,
  aeadOpen,
  aeadSeal,
  deriveHpkeKey,
  hkdfSha256,
  type HpkeRecipient,
  hpkeRecipient,
  openFrom,
  sealTo,
} from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'
import type { Reader } from '../../store/engine.ts'
import { Tampered } from '../audit/head.ts'
import { listSeals, type Seal, type SealName, type SealWrap } from './keyvault.store.ts'
import { type RootKey, RootKeys } from './rootKeys.ts'

/** The `enc` at the beginning of each wrap, which a device agrees with. */
export const ENC_BYTES = 65

/** What a seal's row says of how it is opened, and what became of it. Nothing in it is secret. */
export function detailsOf({ details }: Pick<Seal, 'details'>): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(details)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // One row that was changed from outside must not keep the other seals from opening.
    return {}
  }
}

/** A seal that is to be made: what the server must know of its secret. */
export interface SealOffer extends SealName {
  publicKey: Buffer
  /** 32 bytes; see `authKeyOf`. */
  authKey: Buffer
  details: Record<string, unknown>
}

/** Who opens a seal by a secret. @param secret strong: at least 256 bits, or stretched */
export function sealRecipient({ id, kind }: SealName, secret: Buffer): HpkeRecipient {
  const info = encodeFields(['keystead.seal-key', kind, uuidToBytes(id)])
  return hpkeRecipient(deriveHpkeKey(hkdfSha256(secret, info, 32)))
}

/** What the server must know to wrap for a seal. */
export function offerSeal(
  name: SealName,
  recipient: HpkeRecipient,
  details: Record<string, unknown>,
): SealOffer {
  const publicKey = Buffer.from(recipient.publicKey)
  return { ...name, publicKey, authKey: authKeyOf(name, recipient), details }
}

/**
 * SECURITY: a public key lets anybody wrap, so that who writes to the database could put in a root
 * key of their own. What only the seal's holder and an unsealed server know goes into each wrap.
 */
function authKeyOf({ id, kind }: SealName, recipient: HpkeRecipient): Buffer {
  const agreed = recipient.agree(Buffer.from(recipient.publicKey))
  return hkdfSha256(agreed, encodeFields(['keystead.seal-auth', kind, uuidToBytes(id)]), 32)
}

/** The rows of a new seal, which opens every root key that is known. */
export function makeSeal(
  offer: SealOffer,
  rootKeys: RootKeys,
  nowMs: number,
): { seal: Seal; wraps: SealWrap[] } {
  const { id, kind, publicKey, authKey } = offer
  const row = { id, kind, public_key: publicKey, created_ms: nowMs }
  const seal = bindSeal({ ...row, details: JSON.stringify(offer.details) }, authKey, rootKeys)
  const wraps = rootKeys.all.map((rootKey) => wrapFor(seal, { publicKey, authKey }, rootKey))
  return { seal, wraps }
}

/** The row with its `auth_key` under the newest root key. */
export function bindSeal(seal: Omit<Seal, 'auth_key'>, authKey: Buffer, rootKeys: RootKeys): Seal {
  const key = bindingKey(rootKeys.newest.key)
  return { ...seal, auth_key: aeadSeal(key, authKey, bindingContext(seal)) }
}

/**
 * What to wrap for a seal with.
 * @throws Tampered when the row is not as an unsealed server wrote it: the root key must not be
 *   wrapped to a public key that somebody else put in
 */
export function assertSeal(seal: Seal, rootKeys: RootKeys): { publicKey: Buffer; authKey: Buffer } {
  const { public_key: publicKey, auth_key: bound } = seal
  if (publicKey === null || bound === null) {
    throw new Tampered(`seal ${seal.id} has no public key`)
  }
  try {
    const key = bindingKey(rootKeys.newest.key)
    return { publicKey, authKey: aeadOpen(key, bound, bindingContext(seal)) }
  } catch (cause) {
    throw new Tampered(`seal ${seal.id} was changed from outside`, { cause })
  }
}

function bindingKey(rootKey: Buffer) {
  return aeadKey(hkdfSha256(rootKey, Buffer.from('keystead.seal-binding'), 32))
}

function bindingContext(seal: Omit<Seal, 'auth_key'>): Buffer {
  const { id, kind, public_key: publicKey, details, created_ms: createdMs } = seal
  return encodeFields(['seal', uuidToBytes(id), kind, publicKey, details, createdMs])
}

/**
 * Wraps a new root key for every seal, and binds their rows to it, for the transaction in which it
 * becomes the newest. @param present the root keys until then
 * @throws Tampered when a seal was changed from outside
 * @throws OlderSeal when one has no public key yet
 */
export async function wrapForAllSeals(
  reader: Reader,
  present: RootKeys,
  next: RootKey,
): Promise<{ seals: Seal[]; wraps: SealWrap[] }> {
  const seals = await listSeals(reader)
  const older = seals.find((seal) => seal.public_key === null)
  if (older !== undefined) throw new OlderSeal(older)
  const nextKeys = new RootKeys([next])
  const opened = seals.map((seal) => ({ seal, keys: assertSeal(seal, present) }))
  return {
    seals: opened.map(({ seal, keys }) => bindSeal(seal, keys.authKey, nextKeys)),
    wraps: opened.map(({ seal, keys }) => wrapFor(seal, keys, next)),
  }
}

/** A seal that must be opened once before anything can be wrapped for it. */
export class OlderSeal extends Error {
  override name = 'OlderSeal'

  constructor({ id, kind }: SealName) {
    super(
      `the ${kind} seal ${id} was made by an older keystead and has not been opened since: ` +
        `type \`npx keystead seal test ${id}\` first`,
    )
  }
}

function wrapFor(
  seal: SealName,
  { publicKey, authKey }: { publicKey: Buffer; authKey: Buffer },
  { version, key }: RootKey,
): SealWrap {
  const wrapped = sealTo(publicKey, wrapBinding(seal, authKey, version), key)
  return { seal_id: seal.id, root_version: version, wrapped }
}

function wrapBinding({ id, kind }: SealName, authKey: Buffer, version: number) {
  return {
    info: encodeFields(['keystead.seal', kind, uuidToBytes(id), authKey]),
    aad: encodeFields(['root_key', version]),
  }
}

/** The root keys that a seal holds, or undefined when `recipient` is not this seal's. */
export function openSeal(
  seal: SealName,
  wraps: readonly SealWrap[],
  recipient: HpkeRecipient,
): RootKeys | undefined {
  const authKey = authKeyOf(seal, recipient)
  const opened = wraps.flatMap(({ root_version: version, wrapped }) => {
    const key = quietly(() => openFrom(recipient, wrapBinding(seal, authKey, version), wrapped))
    return key === undefined ? [] : [{ version, key }]
  })
  return opened.length === 0 ? undefined : new RootKeys(opened)
}

/** The root key in a seal of the older form, or undefined when `secret` is not this seal's. */
export function openOlderSeal(
  { id, kind }: SealName,
  wrap: SealWrap,
  secret: Buffer,
): RootKeys | undefined {
  const sealKey = aeadKey(hkdfSha256(secret, Buffer.from(`keystead.seal.${kind}`), 32))
  const context = encodeFields(['keystead.seal', kind, uuidToBytes(id)])
  const key = quietly(() => aeadOpen(sealKey, wrap.wrapped, context))
  return key === undefined ? undefined : new RootKeys([{ version: wrap.root_version, key }])
}

/** Undefined when it was not encrypted to this key. */
function quietly(open: () => Buffer): Buffer | undefined {
  try {
    return open()
  } catch {
    return undefined
  }
}
