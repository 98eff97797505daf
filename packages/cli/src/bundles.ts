// Commands that encrypt what is to be imported, and decrypt what was exported. They ask no server.
import {
  decodeHex,
  encodeSealedMessage,
  openMessage,
  parsePublicKey,
  parseSealedMessage,
  sealMessage,
  type SealedMessage,
  verifyBundle,
} from '@keystead/crypto/node'
import {
  clientCommand,
  type CommonValues,
  encryptionKeyIfAny,
  encryptionKeyOf,
} from './clientCommand.ts'
import { type Command, CommandError, required, requiredId, UsageError } from './command.ts'
import type { EncryptionKey } from './encryptionKeys.ts'
import { readLine, readText, writePrivate } from './files.ts'
import { decodePlaintext, encodePlaintext, plaintextFormats } from './plaintext.ts'
import { trustedSigner } from './signerKey.ts'
import { userOf } from './transfer.ts'

const shared = {
  'signer-quorum-key': { type: 'string' },
  'key-format': { type: 'string' },
} as const

type BundleValues = CommonValues & { [K in keyof typeof shared]?: string | undefined }

/** What a trusted signer has signed for this organization. @throws UsageError, CommandError */
async function openEnvelope(
  file: string,
  values: BundleValues,
  key: EncryptionKey | undefined,
): Promise<Record<string, unknown>> {
  const signer = await trustedSigner(values, key?.signerKey ?? null)
  const known = values.organization ?? key?.organizationId ?? undefined
  const organizationId = requiredId('organization', known)
  const data = verifyBundle(Buffer.from(signer.publicKey, 'hex'), readText(file))
  if (data === undefined) {
    const { publicKey, source } = signer
    throw new CommandError(
      `${file} is no bundle signed by the key ${publicKey.slice(0, 16)}… of ${source}`,
    )
  }
  assertFor(file, data, { organizationId })
  return data
}

/** @throws CommandError when the bundle is another's */
function assertFor(
  file: string,
  data: Record<string, unknown>,
  expected: Record<string, string>,
): void {
  for (const [field, value] of Object.entries(expected)) {
    if (data[field] !== value) {
      throw new CommandError(`${file} is for ${field} ${String(data[field])}, not ${value}`)
    }
  }
}

function open(file: string, key: EncryptionKey, sealed: SealedMessage): Buffer {
  try {
    return openMessage(key.recipient, sealed)
  } catch (cause) {
    throw new CommandError(`${file} was encrypted to another key than ${key.publicKey}`, { cause })
  }
}

/** The key that an import bundle holds, for this user. @throws CommandError */
function targetOf(file: string, data: Record<string, unknown>, userId: string): Buffer {
  const { targetPublic } = data
  const bytes = typeof targetPublic === 'string' ? decodeHex(targetPublic) : undefined
  const target = bytes && parsePublicKey('p256', bytes)
  if (target === undefined) throw new CommandError(`${file} is no import bundle`)
  assertFor(file, data, { userId })
  return target.compressed
}

const FORMATS = plaintextFormats.join('|')

export const bundleCommands: Record<string, Command> = {
  encrypt: clientCommand({
    synopsis: `encrypt --user ID --import-bundle-input FILE --plaintext-input FILE|- --encrypted-bundle-output FILE [--key-format ${FORMATS}] [--passphrase-input FILE] [--signer-quorum-key HEX]`,
    about: 'encrypt a mnemonic or a private key for an import',
    options: {
      ...shared,
      user: { type: 'string' },
      'import-bundle-input': { type: 'string' },
      'plaintext-input': { type: 'string' },
      'passphrase-input': { type: 'string' },
      'encrypted-bundle-output': { type: 'string' },
    },
    run: async (values) => {
      const input = required('import-bundle-input', values['import-bundle-input'])
      const output = required('encrypted-bundle-output', values['encrypted-bundle-output'])
      const plaintext = required('plaintext-input', values['plaintext-input'])
      const passphrase = values['passphrase-input']
      if (plaintext === passphrase) throw new UsageError('plaintext and passphrase are two inputs')
      const key = encryptionKeyIfAny(values)
      const userId = userOf(values, key)
      const target = targetOf(input, await openEnvelope(input, values, key), userId)
      const message = encodePlaintext(
        values['key-format'] ?? 'mnemonic',
        readText(plaintext),
        passphrase === undefined ? undefined : readLine(passphrase),
      )
      writePrivate(output, encodeSealedMessage(sealMessage(target, message)))
    },
  }),
  decrypt: clientCommand({
    synopsis: `decrypt --export-bundle-input FILE [--plaintext-output FILE] [--key-format ${FORMATS}] [--solana-address A] [--signer-quorum-key HEX]`,
    about: 'decrypt an export; prints it unless a file is named',
    options: {
      ...shared,
      'export-bundle-input': { type: 'string' },
      'plaintext-output': { type: 'string' },
      'solana-address': { type: 'string' },
    },
    run: async (values) => {
      const input = required('export-bundle-input', values['export-bundle-input'])
      const key = encryptionKeyOf(values)
      const sealed = parseSealedMessage(JSON.stringify(await openEnvelope(input, values, key)))
      if (sealed === undefined) throw new CommandError(`${input} is no export bundle`)
      const text = decodePlaintext(open(input, key, sealed), {
        format: values['key-format'],
        solanaAddress: values['solana-address'],
      })
      const output = values['plaintext-output']
      if (output === undefined) return text
      writePrivate(output, text)
      return undefined
    },
  }),
}
