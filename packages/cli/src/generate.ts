// Commands that make key pairs: for stamping requests, and for bundles.
import type { Curve } from '@keystead/crypto/node'
import { apiKeyToStored, generateApiKey, STAMP_SCHEMES } from './apiKeys.ts'
import { clientCommand } from './clientCommand.ts'
import { type Command, requiredId, UsageError } from './command.ts'
import { encryptionKeyToStored, generateEncryptionKey } from './encryptionKeys.ts'
import { defaultFolder, type StoredKey, storeKey } from './keyFiles.ts'
import { signerKeyFrom } from './signerKey.ts'

/** The name that means: print the pair instead of writing it. */
const NO_FILE = '-'

function keep(folder: string, name: string, key: StoredKey) {
  const { publicKey, privateKey } = key
  return name === NO_FILE
    ? { publicKey, privateKey }
    : { publicKey, ...storeKey(folder, name, key) }
}

function curveFrom(name: string): Curve {
  if (Object.hasOwn(STAMP_SCHEMES, name)) return name as Curve
  throw new UsageError(`--curve is ${Object.keys(STAMP_SCHEMES).join(', ')}, not \`${name}\``)
}

export const generateCommands: Record<string, Command> = {
  'generate api-key': clientCommand({
    synopsis: 'generate api-key --organization ID [-k NAME] [--curve p256|secp256k1|ed25519]',
    about: 'make a key pair that stamps requests; NAME `-` prints it, and writes no file',
    options: { curve: { type: 'string', default: 'p256' } },
    run: (values) => {
      const organizationId = requiredId('organization', values.organization)
      const key = generateApiKey(curveFrom(values.curve), organizationId)
      const folder = values['keys-folder'] ?? defaultFolder('keys')
      return keep(folder, values['key-name'] ?? 'default', apiKeyToStored(key))
    },
  }),
  'generate encryption-key': clientCommand({
    synopsis:
      'generate encryption-key --organization ID --user ID [--encryption-key-name NAME] [--signer-quorum-key HEX]',
    about: 'make a key pair for import and export, which remembers whose bundles to trust',
    options: { user: { type: 'string' }, 'signer-quorum-key': { type: 'string' } },
    run: (values) => {
      const key = generateEncryptionKey({
        organizationId: requiredId('organization', values.organization),
        userId: requiredId('user', values.user),
        signerKey: signerKeyFrom(values['signer-quorum-key']) ?? null,
      })
      const folder = values['encryption-keys-folder'] ?? defaultFolder('encryption-keys')
      return keep(folder, values['encryption-key-name'] ?? 'default', encryptionKeyToStored(key))
    },
  }),
}
