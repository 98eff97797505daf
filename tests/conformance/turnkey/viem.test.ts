// `@turnkey/viem`, unmodified, in both generations: byte for byte what viem signs with the same key.
import * as viemNewest from '@turnkey/viem-newest'
import * as viemSeed from '@turnkey/viem-seed'
import {
  type LocalAccount,
  recoverMessageAddress,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  type SignableMessage,
  type TransactionSerialized,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { recoverAuthorizationAddress } from 'viem/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Generation, generations, ownHttpClient, requirePackage } from './clients.ts'
import { TRANSACTIONS, TYPED_DATA } from './ethereumSamples.ts'
import { KNOWN_ADDRESS, type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import { type ClientVersion, officialClient } from './world.ts'

type Adapter = Pick<typeof viemSeed, 'createApiKeyAccount'> & {
  createAccount: (input: {
    client: unknown
    organizationId: string
    signWith: string
  }) => Promise<LocalAccount>
}

const SERVER_SDK: Record<Generation, ClientVersion> = { seed: '4.1.1', newest: '8.2.1' }
const MODULES = { seed: viemSeed, newest: viemNewest } as unknown as Record<Generation, Adapter>

const known = mnemonicToAccount(MNEMONIC)

const MESSAGES: [string, SignableMessage][] = [
  ['text', 'Grüße 🌍'],
  ['no text', ''],
  ['raw bytes', { raw: '0x00ff' }],
]

const AUTHORIZATION = { address: KNOWN_ADDRESS, chainId: 1, nonce: 7 } as const

const signedBy = (account: LocalAccount, request: (typeof TRANSACTIONS)[number][1]) =>
  account.signTransaction(request) as Promise<TransactionSerialized>

async function authorize(account: LocalAccount) {
  if (account.signAuthorization === undefined) throw new Error('it signs no authorization')
  return account.signAuthorization(AUTHORIZATION)
}

/** The adapter with the low-level client, as its documentation sets it up. */
function throughHttp(generation: Generation, world: KnownWorld): Promise<LocalAccount> {
  const name = `@turnkey/viem-${generation}`
  const client = ownHttpClient(name, world.admin)
  const { organizationId } = world
  const { createAccount } = requirePackage<Adapter>(name)
  return createAccount({ client, organizationId, signWith: KNOWN_ADDRESS })
}

/** The adapter with the server SDK, as an ECMAScript module. */
function throughServerSdk(generation: Generation, world: KnownWorld): Promise<LocalAccount> {
  const client = officialClient(SERVER_SDK[generation], world.admin)
  const { organizationId } = world
  return MODULES[generation].createAccount({ client, organizationId, signWith: KNOWN_ADDRESS })
}

const WAYS = [
  ['@turnkey/http', throughHttp],
  ['@turnkey/sdk-server', throughServerSdk],
] as const

describe('on SQLite', () => {
  let world: KnownWorld
  beforeAll(async () => {
    world = await startKnownWorld({ engine: 'sqlite' })
  })
  afterAll(() => world.server.dispose())

  describe.each(generations)('@turnkey/viem, %s', (generation) => {
    describe.each(WAYS)('with %s and the address of a wallet account', (_name, way) => {
      let account: LocalAccount
      beforeAll(async () => {
        account = await way(generation, world)
      })

      test('knows its address', () => {
        expect(account.address).toBe(KNOWN_ADDRESS)
      })

      test.each(TRANSACTIONS)('signs a transaction: %s', async (_type, request) => {
        const serializedTransaction = await signedBy(account, request)
        expect(serializedTransaction).toBe(await known.signTransaction(request))
        expect(await recoverTransactionAddress({ serializedTransaction })).toBe(KNOWN_ADDRESS)
      })

      test.each(MESSAGES)('signs a message: %s', async (_kind, message) => {
        const signature = await account.signMessage({ message })
        expect(signature).toBe(await known.signMessage({ message }))
        expect(await recoverMessageAddress({ message, signature })).toBe(KNOWN_ADDRESS)
      })

      test('signs typed data with nested structs, arrays and big integers', async () => {
        const signature = await account.signTypedData(TYPED_DATA)
        expect(signature).toBe(await known.signTypedData(TYPED_DATA))
        expect(await recoverTypedDataAddress({ ...TYPED_DATA, signature })).toBe(KNOWN_ADDRESS)
      })

      test('signs an authorization (EIP-7702)', async () => {
        const authorization = await authorize(account)
        const { r, s, yParity } = await authorize(known)
        expect({ ...authorization, yParity: Number(authorization.yParity) }).toMatchObject({
          ...AUTHORIZATION,
          r,
          s,
          yParity,
        })
        expect(await recoverAuthorizationAddress({ authorization })).toBe(KNOWN_ADDRESS)
      })
    })

    describe('with the id of a private key', () => {
      let accounts: LocalAccount[]
      let address: string
      beforeAll(async () => {
        const { server, admin, organizationId } = world
        const made = await createPrivateKey(world, `viem ${generation}`)
        address = made.address
        const { privateKeyId } = made
        const name = `@turnkey/viem-${generation}`
        const { createAccount, createApiKeyAccount } = requirePackage<Adapter>(name)
        const client = ownHttpClient(name, admin)
        accounts = await Promise.all([
          createAccount({ client, organizationId, signWith: privateKeyId }),
          createApiKeyAccount({
            apiPublicKey: admin.key.publicKey,
            apiPrivateKey: admin.key.privateKey.toString('hex'),
            baseUrl: server.url,
            organizationId,
            privateKeyId,
          }),
        ])
      })

      test('asks for its address', () => {
        expect(accounts.map((account) => account.address)).toEqual([address, address])
      })

      test.each(TRANSACTIONS)('signs a transaction: %s', async (_type, request) => {
        for (const account of accounts) {
          const serializedTransaction = await signedBy(account, request)
          expect(await recoverTransactionAddress({ serializedTransaction })).toBe(address)
        }
      })

      test('signs a message, typed data and an authorization', async () => {
        const message = 'hello'
        for (const account of accounts) {
          const signature = await account.signMessage({ message })
          expect(await recoverMessageAddress({ message, signature })).toBe(address)
          const typed = { ...TYPED_DATA, signature: await account.signTypedData(TYPED_DATA) }
          expect(await recoverTypedDataAddress(typed)).toBe(address)
          const authorization = await authorize(account)
          expect(await recoverAuthorizationAddress({ authorization })).toBe(address)
        }
      })
    })
  })
})

describe('on PostgreSQL', () => {
  let world: KnownWorld
  beforeAll(async () => {
    world = await startKnownWorld({ engine: 'postgres' })
  })
  afterAll(() => world.server.dispose())

  test.each(generations)('@turnkey/viem, %s, signs what viem does', async (generation) => {
    const account = await throughHttp(generation, world)
    for (const [, request] of TRANSACTIONS) {
      expect(await account.signTransaction(request)).toBe(await known.signTransaction(request))
    }
    const signature = await account.signTypedData(TYPED_DATA)
    expect(signature).toBe(await known.signTypedData(TYPED_DATA))
  })
})

async function createPrivateKey(world: KnownWorld, privateKeyName: string) {
  const made = await world.admin.submit(
    'create_private_keys',
    {
      privateKeys: [
        {
          privateKeyName,
          curve: 'CURVE_SECP256K1',
          addressFormats: ['ADDRESS_FORMAT_UNCOMPRESSED', 'ADDRESS_FORMAT_ETHEREUM'],
        },
      ],
    },
    'CREATE_PRIVATE_KEYS_V2',
  )
  const key = 'activity.result.createPrivateKeysResultV2.privateKeys.0'
  return {
    privateKeyId: made.at(`${key}.privateKeyId`),
    address: made.at(`${key}.addresses.1.address`),
  }
}
