// Data keys: one for each organization, in versions, wrapped by the root key; what is derived from it.
import { randomBytes } from 'node:crypto'
import {
  aeadKey,
  aeadOpen,
  aeadSeal,
  equalBytes,
  hkdfSha256,
  hmacSha256,
} from '@keystead/crypto/node'
import { assert } from '../../errors.ts'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'
import type { RootKeys } from './rootKeys.ts'
import { placeBytes, type SecretPlace } from './sealedColumns.ts'

const KEY_BYTES = 32

/**
 * What bytes made by version 2 or later begin with, before the version's four bytes. Version 1 begins
 * with a nonce or is a MAC: one in 2^64 of them looks like this.
 */
const MARK = Buffer.from('Keystead')
const PREFIX_BYTES = MARK.length + 4

/** Which version of a data key made `bytes`: version 1 wrote no prefix. */
export function keyVersionOf(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isPrefixed = view.length > PREFIX_BYTES && view.subarray(0, MARK.length).equals(MARK)
  return isPrefixed ? view.readUInt32BE(MARK.length) : 1
}

function prefixOf(version: number): Buffer {
  if (version === 1) return Buffer.alloc(0)
  const prefix = Buffer.alloc(PREFIX_BYTES)
  MARK.copy(prefix)
  prefix.writeUInt32BE(version, MARK.length)
  return prefix
}

/** Bytes were made by a version of the data key that is not, or no longer, in memory. */
export class UnknownKeyVersion extends Error {
  override name = 'UnknownKeyVersion'
}

/** What a MAC is for: an organization's snapshot, or a single row outside it. */
export type MacUse = 'state' | 'row'

/** One version of an organization's data key. */
class KeyVersion {
  readonly version: number
  readonly key: Buffer
  readonly webhookKey: Buffer
  readonly #macKeys: Record<MacUse, Buffer>

  /** @param secret the key, and from version 2 on the key of webhooks' secrets after it */
  constructor(version: number, secret: Buffer) {
    this.version = version
    this.key = secret.subarray(0, KEY_BYTES)
    this.webhookKey =
      secret.length > KEY_BYTES
        ? secret.subarray(KEY_BYTES)
        : hkdfSha256(secret, Buffer.from('keystead.webhook'), KEY_BYTES)
    this.#macKeys = {
      state: hkdfSha256(this.key, Buffer.from('keystead.state'), KEY_BYTES),
      row: hkdfSha256(this.key, Buffer.from('keystead.row'), KEY_BYTES),
    }
  }

  aeadKey(info: Buffer) {
    return aeadKey(hkdfSha256(this.key, info, KEY_BYTES))
  }

  mac(use: MacUse, message: Buffer): Buffer {
    return Buffer.concat([prefixOf(this.version), hmacSha256(this.#macKeys[use], message)])
  }
}

/** A row of `organization_key`: one version of a data key under the root key. */
export interface WrappedDataKey {
  version: number
  wrapped: Buffer
  root_version: number
}

/** A version of an organization's data key, as it is written. */
export type NewDataKey = WrappedDataKey & { organization_id: string }

/**
 * The data key of one organization, in memory while the server is unsealed. The newest version
 * seals and authenticates; older ones open and verify what is not rewrapped yet.
 */
export class DataKey {
  readonly #versions: ReadonlyMap<number, KeyVersion>
  readonly #newest: KeyVersion

  private constructor(versions: readonly KeyVersion[]) {
    this.#versions = new Map(versions.map((one) => [one.version, one]))
    const newest = versions.at(-1)
    assert(newest !== undefined, 'a data key has a version')
    this.#newest = newest
  }

  static generate(): DataKey {
    return new DataKey([new KeyVersion(1, randomBytes(KEY_BYTES))])
  }

  /**
   * @param wrapped its versions, oldest first
   * @throws Error when one is not this organization's under the root key that it names
   */
  static unwrap(
    rootKeyOf: (version: number) => Buffer,
    organizationId: string,
    wrapped: readonly WrappedDataKey[],
  ): DataKey {
    return new DataKey(
      wrapped.map((row) => new KeyVersion(row.version, unwrapKey(rootKeyOf, organizationId, row))),
    )
  }

  /** The version that seals. */
  get version(): number {
    return this.#newest.version
  }

  /** What the secrets of webhooks are derived from. It is the same in every version: receivers know them. */
  webhookKey(): Buffer {
    return this.#newest.webhookKey
  }

  /** The same data key with a new version, which seals from now on. */
  next(): DataKey {
    const secret = Buffer.concat([randomBytes(KEY_BYTES), this.webhookKey()])
    return new DataKey([...this.#versions.values(), new KeyVersion(this.version + 1, secret)])
  }

  /** AES-256-GCM under a key of its own for `place`: prefix ‖ nonce ‖ ciphertext ‖ tag. */
  seal(place: SecretPlace, plaintext: Uint8Array): Buffer {
    const info = placeBytes(place)
    const sealed = aeadSeal(this.#newest.aeadKey(info), plaintext, info)
    return Buffer.concat([prefixOf(this.version), sealed])
  }

  /**
   * @throws UnknownKeyVersion when it was sealed by a version that is not here
   * @throws Error when the bytes were not sealed for this `place` by this organization
   */
  open(place: SecretPlace, sealed: Uint8Array): Buffer {
    const info = placeBytes(place)
    const by = this.#versionOf(sealed)
    return aeadOpen(by.aeadKey(info), sealed.subarray(prefixOf(by.version).length), info)
  }

  mac(use: MacUse, message: Buffer): Buffer {
    return this.#newest.mac(use, message)
  }

  /** @throws UnknownKeyVersion when the MAC was made by a version that is not here */
  verifies(use: MacUse, message: Buffer, mac: Buffer): boolean {
    return equalBytes(this.#versionOf(mac).mac(use, message), mac)
  }

  /** The newest version under a root key, for `organization_key`. */
  wrap(rootKey: Buffer, organizationId: string): Buffer {
    const { version, key, webhookKey } = this.#newest
    const secret = version === 1 ? key : Buffer.concat([key, webhookKey])
    return aeadSeal(wrappingKey(rootKey), secret, wrapContext(organizationId, version))
  }

  #versionOf(bytes: Uint8Array): KeyVersion {
    const version = keyVersionOf(bytes)
    const found = this.#versions.get(version)
    if (found === undefined) throw new UnknownKeyVersion(`data key version ${version} is not here`)
    return found
  }
}

/** A version of a data key under another root key. @throws Error when it is not under the one it names */
export function rewrapDataKey(rootKeys: RootKeys, row: NewDataKey): NewDataKey {
  const { organization_id: organizationId, version } = row
  const secret = unwrapKey((rootVersion) => rootKeys.key(rootVersion), organizationId, row)
  const { version: root_version, key } = rootKeys.newest
  const context = wrapContext(organizationId, version)
  return {
    ...row,
    root_version,
    wrapped: aeadSeal(wrappingKey(key), secret, context),
  }
}

function unwrapKey(
  rootKeyOf: (version: number) => Buffer,
  organizationId: string,
  { version, wrapped, root_version: rootVersion }: WrappedDataKey,
): Buffer {
  const context = wrapContext(organizationId, version)
  return aeadOpen(wrappingKey(rootKeyOf(rootVersion)), wrapped, context)
}

function wrappingKey(rootKey: Buffer) {
  return aeadKey(hkdfSha256(rootKey, Buffer.from('keystead.organization-key'), KEY_BYTES))
}

function wrapContext(organizationId: string, version: number): Buffer {
  return encodeFields(['organization_key', uuidToBytes(organizationId), version])
}
