// What a client does with bundles: it encrypts to the key of one, and decrypts what comes in another.
import {
  decodeHex,
  encodeSealedMessage,
  hpkeRecipient,
  openMessage,
  parseSealedMessage,
  sealMessage,
} from '@keystead/crypto/node'

/** The data of a bundle as they are; the published clients of the conformance tests verify them. */
function dataOf(bundle: string): Record<string, string> {
  const { data } = JSON.parse(bundle) as { data: string }
  return JSON.parse(Buffer.from(data, 'hex').toString()) as Record<string, string>
}

/** The `encryptedBundle` that answers an import bundle. */
export function encryptTo(importBundle: string, secret: Buffer): string {
  const target = decodeHex(dataOf(importBundle)['targetPublic'] ?? '') ?? Buffer.of()
  return encodeSealedMessage(sealMessage(target, secret))
}

/** What an export bundle holds. @param privateKey of the key that it was encrypted to */
export function decryptExport(exportBundle: string, privateKey: Buffer): Buffer {
  const message = parseSealedMessage(JSON.stringify(dataOf(exportBundle)))
  if (message === undefined) throw new Error('the bundle holds no message')
  return openMessage(hpkeRecipient(privateKey), message)
}
