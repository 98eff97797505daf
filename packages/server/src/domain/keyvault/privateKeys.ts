// Single private keys: made or imported here, sealed here, used here.
import { type Curve, generatePrivateKey, isPrivateKey, publicKeyOf } from '@keystead/crypto/node'
import { AppError } from '../../errors.ts'
import type { DataKey } from './dataKeys.ts'
import type { ImportedSecret } from './importKeys.ts'
import { secretPlace } from './sealedColumns.ts'

/** A row of `private_key_secret`. */
export interface SealedPrivateKey {
  organization_id: string
  private_key_id: string
  version: number
  sealed: Buffer
}

export interface NewPrivateKey {
  organizationId: string
  privateKeyId: string
  curve: Curve
  /** What was imported; null: a key is generated. */
  imported: ImportedSecret | null
}

/**
 * Seals a private key, generated unless it was imported.
 * @returns its compressed public key and its row
 * @throws AppError `INVALID_PRIVATE_KEY` for what was imported
 */
export function createPrivateKey(
  dataKey: DataKey,
  key: NewPrivateKey,
): { publicKey: Buffer; row: SealedPrivateKey } {
  const privateKey = key.imported?.read() ?? generatePrivateKey(key.curve)
  if (!isPrivateKey(key.curve, privateKey)) throw new AppError('INVALID_PRIVATE_KEY')
  return {
    publicKey: publicKeyOf(key.curve, privateKey),
    row: {
      organization_id: key.organizationId,
      private_key_id: key.privateKeyId,
      version: 1,
      sealed: dataKey.seal(secretPlace('private_key_secret', key.privateKeyId), privateKey),
    },
  }
}

/** @throws Error when the bytes are not this key's */
export function openPrivateKey(dataKey: DataKey, privateKeyId: string, sealed: Buffer): Buffer {
  return dataKey.open(secretPlace('private_key_secret', privateKeyId), sealed)
}
