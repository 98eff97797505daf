// Imports and exports as the published clients do them, in both generations.
import { createRequire } from 'node:module'
import * as newest from '@turnkey/crypto'
import type { TestClient } from '../../support/client.ts'

const { resolve } = createRequire(import.meta.url)
/** What was published when the documents were written. */
const seed = createRequire(resolve('@turnkey/ethers-seed'))('@turnkey/crypto') as typeof newest

export const clientCrypto = { '2.3.1': seed, '2.13.2': newest }
export type CryptoVersion = keyof typeof clientCrypto
export const cryptoVersions = Object.keys(clientCrypto) as CryptoVersion[]

/** The key that signs bundles, as clients are told it. */
export async function bundleSigner({ url }: { url: string }): Promise<string> {
  const response = await fetch(`${url}/.well-known/keystead`)
  const { keys } = (await response.json()) as { keys: { name: string; publicKey: string }[] }
  const key = keys.find(({ name }) => name === 'bundle-signer')
  if (key === undefined) throw new Error('the server publishes no bundle signer')
  return key.publicKey
}

/** Who imports, trusting which signer. */
export interface Importer {
  client: TestClient
  userId: string
  signer: string
}

export async function importerOf(client: TestClient): Promise<Importer> {
  const userId = (await client.query('whoami')).at('userId')
  return { client, userId, signer: await bundleSigner(client) }
}

/** What a published client makes of `secret` after `init_import_wallet`. */
export async function encryptWallet(
  { client, userId, signer }: Importer,
  mnemonic: string,
): Promise<string> {
  const begun = await client.submit('init_import_wallet', { userId })
  return newest.encryptWalletToBundle({
    mnemonic,
    importBundle: begun.at('activity.result.initImportWalletResult.importBundle'),
    organizationId: client.organizationId,
    userId,
    dangerouslyOverrideSignerPublicKey: signer,
  })
}

/** Likewise for 32 bytes in hexadecimal, after `init_import_private_key`. */
export async function encryptKey(
  { client, userId, signer }: Importer,
  privateKey: string,
): Promise<string> {
  const begun = await client.submit('init_import_private_key', { userId })
  return newest.encryptPrivateKeyToBundle({
    privateKey,
    keyFormat: 'HEXADECIMAL',
    importBundle: begun.at('activity.result.initImportPrivateKeyResult.importBundle'),
    organizationId: client.organizationId,
    userId,
    dangerouslyOverrideSignerPublicKey: signer,
  })
}
