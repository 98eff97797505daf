// Single private keys: made here, sealed here, used here. Only public keys and signatures come out.
import { type Curve, generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import type { DataKey } from './dataKeys.ts'
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
}

/** Generates a private key and seals it. @returns its compressed public key and its row */
export function createPrivateKey(
  dataKey: DataKey,
  key: NewPrivateKey,
): { publicKey: Buffer; row: SealedPrivateKey } {
  const privateKey = generatePrivateKey(key.curve)
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
