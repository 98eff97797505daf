// What a client does with bundles: it encrypts to the key of one, and decrypts what comes in another.
import {
  decodeHex,
  encodeSealedMessage,
  hpkeRecipient,
  openMessage,
  parseSealedMessage,
  sealMessage,
} from '@keystead/crypto/node'
import type { Answer } from '../../../../tests/support/client.ts'
import { accountParams, type TestUser } from './client.ts'

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

const RESULT = { wallet: 'initImportWalletResult', private_key: 'initImportPrivateKeyResult' }

/** Begins an import for the user of `client`. @returns the import bundle */
export async function beginImport(
  { client, userId }: TestUser,
  kind: 'wallet' | 'private_key',
): Promise<string> {
  const begun = await client.submit(`init_import_${kind}`, { userId })
  return begun.at(`activity.result.${RESULT[kind]}.importBundle`)
}

/** Begins an import and encrypts to its bundle. */
export async function encrypted(
  user: TestUser,
  kind: 'wallet' | 'private_key',
  secret: string | Buffer,
): Promise<string> {
  return encryptTo(await beginImport(user, kind), Buffer.from(secret))
}

/** Finishes the import of a wallet. */
export function importWallet(
  { client, userId }: TestUser,
  encryptedBundle: string,
  walletName: string,
): Promise<Answer> {
  const accounts = [accountParams(0)]
  return client.submit('import_wallet', { userId, walletName, encryptedBundle, accounts })
}

/** Finishes the import of a private key. */
export function importKey(
  { client, userId }: TestUser,
  encryptedBundle: string,
  key: { privateKeyName: string; curve: string },
): Promise<Answer> {
  return client.submit('import_private_key', { userId, encryptedBundle, ...key })
}

/** The text of the error that an answer is. */
export function errorText(answer: Answer): string {
  return answer.status === 200 ? `no error: ${answer.text}` : answer.at('message')
}
