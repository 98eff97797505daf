// The official TypeScript clients, unmodified: wallets and accounts, listed and paged.
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../../support/server.ts'
import { clientVersions, officialClient, startWorld, textLike, type World } from './world.ts'

const TIME = {
  seconds: textLike(/^\d{10}$/),
  nanos: textLike(/^\d{1,9}$/),
}

const ethereumAt = (index: number) =>
  ({
    curve: 'CURVE_SECP256K1',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: `m/44'/60'/${index}'/0/0`,
    addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  }) as const

describe.each(engines)('wallets on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    let walletId: string
    let addresses: string[]
    const client = () => officialClient(version, world.admin)

    beforeAll(async () => {
      const made = await client().createWallet({
        walletName: `paged ${version}`,
        accounts: [0, 1, 2, 3, 4].map(ethereumAt),
      })
      walletId = made.walletId
      const more = await client().createWalletAccounts({
        walletId,
        accounts: [5, 6, 7, 8, 9, 10, 11].map(ethereumAt),
      })
      addresses = [...made.addresses, ...more.addresses]
    })

    test('a wallet is listed and found, with every published field', async () => {
      const wallet = {
        walletId,
        walletName: `paged ${version}`,
        createdAt: TIME,
        updatedAt: TIME,
        exported: false,
        imported: false,
      }
      expect(await client().getWallet({ walletId })).toEqual({ wallet })
      const { wallets } = await client().getWallets()
      expect(wallets).toContainEqual(wallet)
    })

    test('accounts have every published field, in the order they were made', async () => {
      const { accounts } = await client().getWalletAccounts({
        walletId,
        paginationOptions: { limit: '100' },
      })
      expect(accounts.map(({ address }) => address)).toEqual(addresses)
      expect(accounts[0]).toEqual({
        walletAccountId: textLike(/^[0-9a-f-]{36}$/),
        organizationId: world.organizationId,
        walletId,
        ...ethereumAt(0),
        address: addresses[0],
        createdAt: TIME,
        updatedAt: TIME,
        publicKey: textLike(/^0[234][0-9a-f]+$/),
      })
    })

    test('a page has 10 accounts unless the client says otherwise', async () => {
      const { accounts } = await client().getWalletAccounts({ walletId })
      expect(accounts.map(({ address }) => address)).toEqual(addresses.slice(0, 10))
    })

    test('pages follow each other in both directions without gaps', async () => {
      const page = async (options: { limit: string; after?: string; before?: string }) => {
        const answer = await client().getWalletAccounts({ walletId, paginationOptions: options })
        return answer.accounts
      }
      const seen: string[] = []
      let after: string | undefined
      let last: string | undefined
      for (;;) {
        const accounts = await page({ limit: '5', ...(after === undefined ? {} : { after }) })
        seen.push(...accounts.map(({ address }) => address))
        after = accounts.at(-1)?.walletAccountId
        last = after ?? last
        if (accounts.length < 5) break
      }
      expect(seen).toEqual(addresses)
      const before = await page({ limit: '4', ...(last === undefined ? {} : { before: last }) })
      expect(before.map(({ address }) => address)).toEqual(addresses.slice(-5, -1))
    })

    test('persist:false derives without storing', async () => {
      const parameters = { walletId, accounts: [ethereumAt(50)], persist: false }
      const derived = await client().createWalletAccounts(parameters)
      expect(derived.addresses).toHaveLength(1)
      const { accounts } = await client().getWalletAccounts({
        walletId,
        paginationOptions: { limit: '100' },
      })
      expect(accounts.map(({ address }) => address)).toEqual(addresses)
      const stored = await client().createWalletAccounts({
        walletId,
        accounts: [ethereumAt(50)],
      })
      expect(stored.addresses).toEqual(derived.addresses)
      addresses = [...addresses, ...stored.addresses]
    })

    test('a wallet may have no accounts, and a name only once', async () => {
      const made = await client().createWallet({ walletName: `empty ${version}`, accounts: [] })
      expect(made.addresses).toEqual([])
      const again = client().createWallet({ walletName: `empty ${version}`, accounts: [] })
      await expect(again).rejects.toThrow('Turnkey error 3: wallet label must be unique')
    })

    test('an account signs by its id, also under the name of the first version', async () => {
      const { accounts } = await client().getWalletAccounts({ walletId })
      const id = accounts[0]?.walletAccountId ?? ''
      const what = {
        payload: 'ff'.repeat(32),
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: 'HASH_FUNCTION_NO_OP',
      } as const
      const { r, s, v } = await client().signRawPayload({ signWith: id, ...what })
      const parameters = { privateKeyId: id, ...what }
      const first = await world.admin.submit('sign_raw_payload', parameters)
      expect(first.json).toMatchObject({
        activity: {
          type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD',
          intent: { signRawPayloadIntent: parameters },
          result: { signRawPayloadResult: { r, s, v } },
        },
      })
    })

    test('of requests at the same time for one name or one path, one succeeds', async () => {
      const wallets = await Promise.all(
        Array.from({ length: 6 }, (_, n) =>
          world.admin.submit('create_wallet', {
            walletName: `contended ${version}`,
            accounts: [],
            mnemonicLength: n % 2 === 0 ? 12 : 24,
          }),
        ),
      )
      const done = wallets.filter(({ status }) => status === 200)
      expect(done).toHaveLength(1)
      const contended = done[0]?.at('activity.result.createWalletResult.walletId')
      const accounts = await Promise.all(
        [1, 2, 3, 4].map((n) =>
          world.admin.submit('create_wallet_accounts', {
            walletId: contended,
            accounts: [{ ...ethereumAt(0), name: `account ${n}` }],
          }),
        ),
      )
      expect(accounts.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
        200, 400, 400, 400,
      ])
    })

    test('a path is used once in a wallet', async () => {
      const again = client().createWalletAccounts({ walletId, accounts: [ethereumAt(0)] })
      await expect(again).rejects.toThrow('Turnkey error 3: invalid path')
    })

    test('a key made anywhere else is not known', async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const scalar = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
      const stranger = officialClient(version, {
        url: world.server.url,
        organizationId: world.organizationId,
        key: { ...world.admin.key, privateKey: scalar },
      })
      await expect(stranger.getWallets()).rejects.toThrow(
        'Turnkey error 16: could not verify api key signature',
      )
    })
  })
})
