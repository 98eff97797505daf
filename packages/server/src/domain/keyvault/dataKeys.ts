// Data keys: one for each organization, wrapped by the root key, and what is derived from it.
import { randomBytes } from 'node:crypto'
import { aeadKey, aeadOpen, aeadSeal, hkdfSha256 } from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'

/** Where a secret lies. It is both key derivation input and associated data: rows cannot be swapped. */
export interface SecretPlace {
  table: string
  column: string
  /** The row's id. */
  rowId: string
  version: number
}

/** The keys of one organization, in memory while the server is unsealed. */
export class DataKey {
  /** Authenticates the organization's snapshot. */
  readonly stateKey: Buffer
  /** Authenticates single rows outside the snapshot. */
  readonly rowKey: Buffer
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
    this.stateKey = hkdfSha256(key, Buffer.from('keystead.state'), 32)
    this.rowKey = hkdfSha256(key, Buffer.from('keystead.row'), 32)
  }

  /** What the secrets of webhooks are derived from. */
  webhookKey(): Buffer {
    return hkdfSha256(this.#key, Buffer.from('keystead.webhook'), 32)
  }

  /** AES-256-GCM under a key of its own for `place`: nonce ‖ ciphertext ‖ tag. */
  seal(place: SecretPlace, plaintext: Uint8Array): Buffer {
    const info = placeBytes(place)
    return aeadSeal(aeadKey(hkdfSha256(this.#key, info, 32)), plaintext, info)
  }

  /** @throws Error when the bytes were not sealed for this `place` by this organization */
  open(place: SecretPlace, sealed: Uint8Array): Buffer {
    const info = placeBytes(place)
    return aeadOpen(aeadKey(hkdfSha256(this.#key, info, 32)), sealed, info)
  }

  /** The key under the root key, for `organization_key`. */
  wrap(rootKey: Buffer, organizationId: string): Buffer {
    return aeadSeal(wrappingKey(rootKey), this.#key, wrapContext(organizationId))
  }
}

export function generateDataKey(): DataKey {
  return new DataKey(randomBytes(32))
}

/** @throws Error when the wrapped key is not this organization's under this root key */
export function unwrapDataKey(rootKey: Buffer, organizationId: string, wrapped: Buffer): DataKey {
  return new DataKey(aeadOpen(wrappingKey(rootKey), wrapped, wrapContext(organizationId)))
}

function wrappingKey(rootKey: Buffer) {
  return aeadKey(hkdfSha256(rootKey, Buffer.from('keystead.organization-key'), 32))
}

function wrapContext(organizationId: string): Buffer {
  return encodeFields(['organization_key', uuidToBytes(organizationId), 1])
}

function placeBytes(place: SecretPlace): Buffer {
  return encodeFields([
    'keystead.secret',
    place.table,
    place.column,
    uuidToBytes(place.rowId),
    place.version,
  ])
}
