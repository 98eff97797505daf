// Whose signature on a bundle is believed.
import { decodeHex, parsePublicKey, uncompressPublicKey } from '@keystead/crypto/node'
import { type Config, HostError, readPublicKeys } from '@keystead/server/commands'
import { CommandError, configFor, UsageError } from './command.ts'

/** A key to be believed, and where it was found, for whoever reads that it does not fit. */
export interface SignerKey {
  /** Hexadecimal, 65 bytes uncompressed. */
  publicKey: string
  source: string
}

/** `--signer-quorum-key`, in the form that bundles have it in. @throws UsageError */
export function signerKeyFrom(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const key = parsePublicKey('p256', decodeHex(value) ?? Buffer.of())
  if (key !== undefined) return uncompressPublicKey('p256', key.compressed).toString('hex')
  throw new UsageError('--signer-quorum-key is no P-256 public key of 130 hexadecimal digits')
}

/**
 * The signer to believe: what the flag says, else what the encryption key remembers, else the
 * signer of the instance in the local data directory.
 *
 * SECURITY: never asked of a server. Whoever could answer in its place could also hand out a bundle
 * with a key of their own, and would read what is encrypted to it.
 *
 * @throws UsageError, CommandError when there is none
 */
export async function trustedSigner(
  values: { 'signer-quorum-key'?: string | undefined; data?: string | undefined },
  remembered: string | null,
): Promise<SignerKey> {
  const given = signerKeyFrom(values['signer-quorum-key'])
  if (given !== undefined) return { publicKey: given, source: '--signer-quorum-key' }
  if (remembered !== null) return { publicKey: remembered, source: 'the encryption key' }
  return localSigner(configFor({ KEYSTEAD_DATA: values.data }))
}

async function localSigner(config: Config): Promise<SignerKey> {
  const keys = await localKeys(config)
  const signers = keys.filter(({ name }) => name === 'bundle-signer')
  const newest = signers.toSorted((one, other) => other.version - one.version)[0]
  if (newest === undefined) throw new CommandError(`no bundle-signer in ${config.dataDirectory}`)
  return { publicKey: newest.publicKey, source: config.dataDirectory }
}

async function localKeys(config: Config) {
  try {
    return await readPublicKeys(config)
  } catch (cause) {
    if (!(cause instanceof HostError)) throw cause
    throw new CommandError(
      '--signer-quorum-key is required: the key `bundle-signer` that `keystead keys show` prints on the server',
      { cause },
    )
  }
}
