// Imports and exports as the published clients do them, in both generations.
import { createRequire } from 'node:module'
import * as newest from '@turnkey/crypto'
import type { Answer } from '../../support/client.ts'
import { officialClient, type World } from './world.ts'

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

/** Imports a mnemonic as the newest clients do. */
export async function importMnemonic(
  world: World,
  { mnemonic, ...wallet }: { walletName: string; mnemonic: string; accounts: object[] },
): Promise<Answer> {
  const { userId } = world.server.admin
  const { importBundle } = await officialClient('8.2.1', world.admin).initImportWallet({ userId })
  const bundle = { mnemonic, importBundle, ...(await owner(world)) }
  const encryptedBundle = await newest.encryptWalletToBundle(bundle)
  return world.admin.submit('import_wallet', { userId, encryptedBundle, ...wallet })
}

/** Imports a private key, in hexadecimal, as the newest clients do. */
export async function importHexKey(
  world: World,
  { privateKey, ...key }: { privateKeyName: string; privateKey: string; curve: string },
): Promise<Answer> {
  const { userId } = world.server.admin
  const client = officialClient('8.2.1', world.admin)
  const { importBundle } = await client.initImportPrivateKey({ userId })
  const bundle = { privateKey, importBundle, ...(await owner(world)) }
  const encryptedBundle = await newest.encryptPrivateKeyToBundle({
    ...bundle,
    keyFormat: 'HEXADECIMAL',
  })
  return world.admin.submit('import_private_key', { userId, encryptedBundle, ...key })
}

async function owner({ server, organizationId }: World) {
  const { userId } = server.admin
  return { userId, organizationId, dangerouslyOverrideSignerPublicKey: await bundleSigner(server) }
}
