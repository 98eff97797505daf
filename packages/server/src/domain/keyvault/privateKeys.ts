// Single private keys: made here, sealed here, used here. Only public keys and signatures come out.
import { type Curve, generatePrivateKey, publicKeyOf } from '@keystead/crypto/node'
import type { DataKey, SecretPlace } from './dataKeys.ts'

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
      sealed: dataKey.seal(place(key.privateKeyId), privateKey),
    },
  }
}

/** @throws Error when the bytes are not this key's */
export function openPrivateKey(dataKey: DataKey, privateKeyId: string, sealed: Buffer): Buffer {
  return dataKey.open(place(privateKeyId), sealed)
}

function place(privateKeyId: string): SecretPlace {
  return { table: 'private_key_secret', column: 'sealed', rowId: privateKeyId, version: 1 }
}
