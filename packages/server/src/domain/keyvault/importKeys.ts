// Keys that imports are encrypted to: made here, used once. What they bring is only sealed again.
import {
  generatePrivateKey,
  hpkeRecipient,
  openMessage,
  publicKeyOf,
  type SealedMessage,
} from '@keystead/crypto/node'
import { encodeFields } from '../../platform/encoding.ts'
import { uuidToBytes } from '../../platform/ids.ts'
import { Tampered } from '../audit/head.ts'
import { type DataKey, UnknownKeyVersion } from './dataKeys.ts'
import { secretPlace } from './sealedColumns.ts'

/** What an import may bring. */
export type ImportKind = 'wallet' | 'private_key'

/** Whose key it is, and for what: there is one of each at a time. */
export interface ImportPlace {
  organizationId: string
  userId: string
  kind: ImportKind
}

/** A row of `import_key`. */
export interface ImportKey {
  organization_id: string
  id: string
  user_id: string
  kind: ImportKind
  /** Compressed P-256. */
  public_key: Buffer
  sealed: Buffer
  expires_ms: number
}

/** A new key, sealed for its place. */
export function createImportKey(
  dataKey: DataKey,
  { organizationId, userId, kind }: ImportPlace,
  { id, expiresMs }: { id: string; expiresMs: number },
): ImportKey {
  const privateKey = generatePrivateKey('p256')
  const row = { organization_id: organizationId, id, user_id: userId, kind, expires_ms: expiresMs }
  return {
    ...row,
    public_key: publicKeyOf('p256', privateKey),
    sealed: dataKey.seal(secretPlace('import_key', id), secretBytes(row, privateKey)),
  }
}

/**
 * Decrypts what a client encrypted to the key.
 *
 * @returns undefined when it was not encrypted to this key
 * @throws Tampered when the row is not one that this server wrote
 */
export function openImport(
  dataKey: DataKey,
  key: ImportKey,
  message: SealedMessage,
): ImportedSecret | undefined {
  const recipient = hpkeRecipient(openImportKey(dataKey, key))
  try {
    return new ImportedSecret(openMessage(recipient, message))
  } catch {
    return undefined
  }
}

/** A secret on its way from its bundle to its seal; only this folder reads it. */
export class ImportedSecret {
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** SECURITY: for what seals it again, and for nothing else. */
  read(): Buffer {
    return this.#bytes
  }
}

function openImportKey(dataKey: DataKey, row: ImportKey): Buffer {
  const place = `the import key of user ${row.user_id}`
  let secret: Buffer
  try {
    secret = dataKey.open(secretPlace('import_key', row.id), row.sealed)
  } catch (cause) {
    // The caller loads the data key anew.
    if (cause instanceof UnknownKeyVersion) throw cause
    throw new Tampered(`${place} does not open`, { cause })
  }
  const privateKey = secret.subarray(-32)
  const expected = secretBytes(row, privateKey)
  // SECURITY: a row whose expiry was put off by SQL, or that was given to somebody else.
  if (!secret.equals(expected) || !publicKeyOf('p256', privateKey).equals(row.public_key)) {
    throw new Tampered(`${place} was changed from outside`)
  }
  return privateKey
}

type Bound = Pick<ImportKey, 'user_id' | 'kind' | 'expires_ms'>

function secretBytes({ user_id, kind, expires_ms }: Bound, privateKey: Buffer): Buffer {
  return Buffer.concat([encodeFields([uuidToBytes(user_id), kind, expires_ms]), privateKey])
}
