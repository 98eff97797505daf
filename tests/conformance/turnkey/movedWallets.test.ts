// A wallet moves from one instance to another through the newest clients, and derives the same.
import { decryptExportBundle, encryptWalletToBundle, generateP256KeyPair } from '@turnkey/crypto'
import type { Turnkey } from '@turnkey/sdk-server-newest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleSigner } from './transfers.ts'
import { ethereumAccount, officialClient, PATHS, startWorld, type World } from './world.ts'

const ACCOUNTS = [
  ethereumAccount,
  { ...ethereumAccount, path: "m/44'/60'/1'/0/7" },
  {
    ...ethereumAccount,
    curve: 'CURVE_ED25519',
    path: PATHS.solana,
    addressFormat: 'ADDRESS_FORMAT_SOLANA',
  },
  { ...ethereumAccount, path: "m/0'/0", addressFormat: 'ADDRESS_FORMAT_COMPRESSED' },
] as const

let worlds: { sqlite: World; postgres: World }
beforeAll(async () => {
  const [sqlite, postgres] = await Promise.all([
    startWorld({ engine: 'sqlite' }),
    startWorld({ engine: 'postgres' }),
  ])
  worlds = { sqlite, postgres }
})
afterAll(() => Promise.all(Object.values(worlds).map(({ server }) => server.dispose())))

type NewestClient = ReturnType<Turnkey['apiClient']>

/** What a client is told of a world. */
async function clientOf(world: World) {
  return {
    client: officialClient('8.2.1', world.admin) as NewestClient,
    userId: world.server.admin.userId,
    trust: {
      organizationId: world.organizationId,
      dangerouslyOverrideSignerPublicKey: await bundleSigner(world.server),
    },
  }
}

test.each([
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
] as const)('a wallet of %s derives the same addresses on %s', async (from, to) => {
  const here = await clientOf(worlds[from])
  const there = await clientOf(worlds[to])
  const { walletId, addresses } = await here.client.createWallet({
    walletName: `to ${to}`,
    accounts: [...ACCOUNTS],
    mnemonicLength: 15,
  })
  const { privateKey: embeddedKey, publicKeyUncompressed } = generateP256KeyPair()
  const { exportBundle } = await here.client.exportWallet({
    walletId,
    targetPublicKey: publicKeyUncompressed,
    language: 'MNEMONIC_LANGUAGE_ENGLISH',
  })
  const bundle = { exportBundle, embeddedKey, returnMnemonic: true }
  // A client that trusts the other instance takes nothing from this one.
  await expect(decryptExportBundle({ ...bundle, ...there.trust })).rejects.toThrow('signer key')
  const mnemonic = await decryptExportBundle({ ...bundle, ...here.trust })

  const { importBundle } = await there.client.initImportWallet({ userId: there.userId })
  const { userId, trust } = there
  const encryptedBundle = await encryptWalletToBundle({
    mnemonic,
    importBundle,
    userId,
    ...trust,
  })
  const imported = await there.client.importWallet({
    userId,
    walletName: `from ${from}`,
    encryptedBundle,
    accounts: [...ACCOUNTS],
  })
  expect(imported.addresses).toEqual(addresses)
  const walletAccountIds = (
    await there.client.getWalletAccounts({ walletId: imported.walletId })
  ).accounts
    .slice(0, 2)
    .map(({ walletAccountId }) => walletAccountId)
  const gone = await there.client.deleteWalletAccounts({
    walletAccountIds,
    deleteWithoutExport: true,
  })
  expect(gone.walletAccountIds).toEqual(walletAccountIds)
})
