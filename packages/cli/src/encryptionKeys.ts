// Encryption keys: the P-256 pairs that export bundles are encrypted to.
import {
  decodeHex,
  generatePrivateKey,
  type HpkeRecipient,
  hpkeRecipient,
} from '@keystead/crypto/node'
import { CommandError } from './command.ts'
import { assertSameKey, hasKey, readKey, type StoredKey } from './keyFiles.ts'

/** A key pair for bundles, with whom it is for. */
export interface EncryptionKey {
  /** 32 bytes. */
  privateKey: Buffer
  /** Hexadecimal, 65 bytes uncompressed. */
  publicKey: string
  recipient: HpkeRecipient
  organizationId: string | null
  userId: string | null
  /** The bundle signer that is trusted with it, as `--signer-quorum-key` gave it. */
  signerKey: string | null
}

export function generateEncryptionKey(
  known: Pick<EncryptionKey, 'organizationId' | 'userId' | 'signerKey'>,
): EncryptionKey {
  return { ...encryptionKeyFrom(generatePrivateKey('p256')), ...known }
}

/** As the files have it. `turnkey` ignores `signer_quorum_key`, which is ours. */
export function encryptionKeyToStored(key: EncryptionKey): StoredKey {
  const { organizationId, userId, publicKey, signerKey } = key
  return {
    publicKey,
    privateKey: key.privateKey.toString('hex'),
    meta: {
      organization: organizationId,
      user: userId,
      public_key: publicKey,
      ...(signerKey === null ? {} : { signer_quorum_key: signerKey }),
    },
  }
}

/** @param name in `folder`, or a path @throws CommandError */
export function loadEncryptionKey(folder: string, name: string): EncryptionKey {
  if (!name.includes('/') && !hasKey(folder, name)) {
    throw new CommandError(
      `there is no encryption key \`${name}\` in ${folder}: make one with \`keystead generate encryption-key\``,
    )
  }
  const { privateKey, meta } = readKey(folder, name)
  const key = parseEncryptionKey(privateKey)
  if (key === undefined) {
    throw new CommandError(`the .private file of key \`${name}\` holds no encryption key`)
  }
  assertSameKey(name, key.publicKey, meta)
  const text = (field: string) => (typeof meta[field] === 'string' ? meta[field] : null)
  return {
    ...key,
    organizationId: text('organization'),
    userId: text('user'),
    signerKey: text('signer_quorum_key'),
  }
}

type KeyPair = Pick<EncryptionKey, 'privateKey' | 'publicKey' | 'recipient'>

function parseEncryptionKey(hex: string): KeyPair | undefined {
  try {
    return encryptionKeyFrom(decodeHex(hex) ?? Buffer.of())
  } catch {
    return undefined
  }
}

function encryptionKeyFrom(privateKey: Buffer): KeyPair {
  const recipient = hpkeRecipient(privateKey)
  return { privateKey, publicKey: Buffer.from(recipient.publicKey).toString('hex'), recipient }
}
