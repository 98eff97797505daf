// Imports and exports as the published clients do them, in both generations.
import { createRequire } from 'node:module'
import * as newest from '@turnkey/crypto'

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
