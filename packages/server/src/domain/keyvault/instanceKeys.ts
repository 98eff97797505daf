// Instance keys: the server's own keys, made at `init`, stored sealed under the instance's data key.
import { randomBytes } from 'node:crypto'
import { generatePrivateKey, publicKeyOf, sha256, uncompressPublicKey } from '@keystead/crypto/node'
import { INSTANCE_ID, uuidFromBytes } from '../../platform/ids.ts'
import type { DataKey } from './dataKeys.ts'
import type { SecretPlace } from './sealedColumns.ts'
import type { InstanceKeyRow } from './keyvault.store.ts'

const KINDS = {
  'audit-checkpoint': 'ed25519',
  'audit-mac': 'secret',
  'bundle-signer': 'p256',
  pepper: 'secret',
  'session-notarizer': 'p256',
  webhook: 'ed25519',
} as const

export type InstanceKeyName = keyof typeof KINDS

/** A published key: what clients are told to trust. */
export interface PublicInstanceKey {
  /** Names the key in what it signs, such as `webhook-1`. */
  id: string
  name: string
  version: number
  curve: 'ed25519' | 'p256'
  /** Hexadecimal; P-256 uncompressed (65 bytes), Ed25519 its 32 bytes. */
  publicKey: string
}

/** Makes one key of each name, version 1, sealed. */
export function generateInstanceKeys(dataKey: DataKey): InstanceKeyRow[] {
  return Object.entries(KINDS).map(([name, kind]) => {
    const secret = kind === 'secret' ? randomBytes(32) : generatePrivateKey(kind)
    return {
      name,
      version: 1,
      public_key: kind === 'secret' ? Buffer.alloc(0) : publicForm(kind, secret),
      sealed: dataKey.seal(place(name, 1), secret),
    }
  })
}

/** The rows under the newest version of the data key. */
export function resealInstanceKeys(
  dataKey: DataKey,
  rows: readonly InstanceKeyRow[],
): InstanceKeyRow[] {
  return rows.map((row) => {
    const at = place(row.name, row.version)
    return { ...row, sealed: dataKey.seal(at, dataKey.open(at, row.sealed)) }
  })
}

function publicForm(kind: 'ed25519' | 'p256', secret: Buffer): Buffer {
  const publicKey = publicKeyOf(kind, secret)
  return kind === 'p256' ? uncompressPublicKey(kind, publicKey) : publicKey
}

function place(name: string, version: number): SecretPlace {
  const rowId = uuidFromBytes(sha256(Buffer.from(`${INSTANCE_ID}/${name}`)).subarray(0, 16))
  return { table: 'instance_key', column: 'sealed', rowId, version }
}

/** The unsealed instance keys of a running server. */
export class InstanceKeys {
  readonly #secrets = new Map<string, Buffer>()
  readonly #rows: readonly InstanceKeyRow[]

  /** @throws Error when a row was not sealed by this instance, or a key is missing */
  constructor(dataKey: DataKey, rows: readonly InstanceKeyRow[]) {
    this.#rows = rows
    for (const row of rows) {
      const secret = dataKey.open(place(row.name, row.version), row.sealed)
      this.#secrets.set(row.name, secret)
      const kind = Object.hasOwn(KINDS, row.name) ? KINDS[row.name as InstanceKeyName] : undefined
      // SECURITY: a public key swapped by SQL would make clients trust somebody else's.
      if (
        kind !== undefined &&
        kind !== 'secret' &&
        !publicForm(kind, secret).equals(row.public_key)
      ) {
        throw new Error(`the public key of instance key ${row.name} was changed from outside`)
      }
    }
    for (const name of Object.keys(KINDS)) {
      if (!this.#secrets.has(name)) throw new Error(`instance key ${name} is missing`)
    }
  }

  /** The newest secret of that name: 32 bytes. */
  secret(name: InstanceKeyName): Buffer {
    const secret = this.#secrets.get(name)
    if (secret === undefined) throw new Error(`instance key ${name} is missing`)
    return secret
  }

  published(): PublicInstanceKey[] {
    return publishedKeys(this.#rows)
  }

  /** The id of the key whose `secret` it is. */
  keyId(name: InstanceKeyName): string {
    const version = this.#rows.filter((row) => row.name === name).at(-1)?.version
    if (version === undefined) throw new Error(`instance key ${name} is missing`)
    return keyId({ name, version })
  }
}

function keyId({ name, version }: { name: string; version: number }): string {
  return `${name}-${version}`
}

/** The public keys among `rows`; needs no unsealing. */
export function publishedKeys(rows: readonly InstanceKeyRow[]): PublicInstanceKey[] {
  return rows.flatMap((row) => {
    const curve = Object.hasOwn(KINDS, row.name) ? KINDS[row.name as InstanceKeyName] : 'secret'
    if (curve === 'secret') return []
    const { name, version } = row
    return [{ id: keyId(row), name, version, curve, publicKey: row.public_key.toString('hex') }]
  })
}
