// What lies inside a bundle, between how a person writes it and the bytes that are encrypted.
import { encodeAddress, type KeyFormat, keyFormats, publicKeyOf } from '@keystead/crypto/node'
import { CommandError, UsageError } from './command.ts'

/** What separates a mnemonic from its BIP-39 passphrase on the way in. */
const PASSPHRASE_MARK = '\n--PASS--\n'

const MNEMONIC = 'mnemonic'
const KEY_BYTES = 32

/** The words of `--key-format`. */
export const plaintextFormats = [MNEMONIC, ...Object.keys(keyFormats)]

/**
 * The bytes to encrypt: a mnemonic as it is, a private key as its 32 bytes.
 *
 * @throws UsageError for an unknown format, CommandError when the text is not in it
 */
export function encodePlaintext(
  format: string,
  text: string,
  passphrase: string | undefined,
): Buffer {
  if (formatFrom(format) === MNEMONIC) {
    return Buffer.from(passphrase === undefined ? text : text + PASSPHRASE_MARK + passphrase)
  }
  if (passphrase !== undefined) throw new UsageError('only a mnemonic has a passphrase')
  const bytes = keyFormats[format as KeyFormat].decode(text)
  if (bytes !== undefined) return bytes
  throw new CommandError(`the plaintext is not a private key of 32 bytes in the format ${format}`)
}

/**
 * What was encrypted, for a person: by default a private key in hexadecimal, a mnemonic as it is.
 *
 * @param options.solanaAddress of the key: then its format is `solana`
 * @throws UsageError, CommandError
 */
export function decodePlaintext(
  plaintext: Buffer,
  options: { format: string | undefined; solanaAddress: string | undefined },
): string {
  const isKey = plaintext.length === KEY_BYTES
  const { solanaAddress } = options
  const usual = isKey ? 'hexadecimal' : MNEMONIC
  const format = formatFrom(solanaAddress === undefined ? (options.format ?? usual) : 'solana')
  if (isKey !== (format !== MNEMONIC)) {
    throw new CommandError(`the bundle holds a ${isKey ? 'private key' : 'mnemonic'}`)
  }
  if (format === MNEMONIC) return plaintext.toString()
  if (solanaAddress !== undefined) assertAddress(plaintext, solanaAddress)
  return keyFormats[format].encode(plaintext)
}

function formatFrom(name: string): KeyFormat | typeof MNEMONIC {
  if (plaintextFormats.includes(name)) return name as KeyFormat | typeof MNEMONIC
  throw new UsageError(`--key-format is ${plaintextFormats.join(', ')}, not \`${name}\``)
}

function assertAddress(privateKey: Buffer, address: string): void {
  if (encodeAddress('solana', 'ed25519', publicKeyOf('ed25519', privateKey)) === address) return
  throw new CommandError(`the private key is not the one of the Solana address ${address}`)
}
