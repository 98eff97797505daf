// Wallets and private keys on every chain: the official clients ask, and each chain's own library
// knows the address and verifies what was signed.
import { ECDH } from 'node:crypto'
import type { AddressFormat, Curve } from '@keystead/crypto/node'
import * as newest from '@turnkey/sdk-server-newest'
import * as seed from '@turnkey/sdk-server-seed'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadVectors } from '../../../packages/crypto/test/vectors.ts'
import { libraryAddresses } from '../../support/addressLibraries.ts'
import { engines } from '../../support/server.ts'
import { chainSigning } from './chainSigning.ts'
import { type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import { createByVersion, resultOf } from './subOrganization.ts'
import {
  type ClientVersion,
  clientVersions,
  errorOf,
  officialClient,
  PATHS,
  violationsOf,
} from './world.ts'

type Client = ReturnType<typeof officialClient>
type SeedClient = ReturnType<InstanceType<typeof seed.Turnkey>['apiClient']>
type Account = Parameters<SeedClient['createWallet']>[0]['accounts'][number]
type Chain = keyof typeof chainSigning
type Vector = {
  mnemonic: string
  path: string
  curve: Curve
  format: AddressFormat
  address: string
}

const CURVES = ['secp256k1', 'ed25519', 'p256'] as const
const FORMATS = [...new Set(libraryAddresses.map(({ format }) => format))]
const vectors = loadVectors<Vector[]>('wallet-addresses.json')

/** COMPAT: the types of 4.1.1 do not name every value, and its code passes them on. */
const account = (curve: Curve, path: string, format: AddressFormat) =>
  ({
    curve: `CURVE_${curve.toUpperCase()}`,
    pathFormat: 'PATH_FORMAT_BIP32',
    path,
    addressFormat: `ADDRESS_FORMAT_${format.toUpperCase()}`,
  }) as Account

/** What the packages say that an account of each chain is; they have none of the newest contract. */
const publishedAccounts = (sdk: typeof seed): Record<Chain, Account> => ({
  cosmos: sdk.defaultCosmosAccountAtIndex(0),
  sei: sdk.defaultSeiAccountAtIndex(0),
  sui: sdk.defaultSuiAccountAtIndex(0),
  aptos: sdk.defaultAptosAccountAtIndex(0),
  xlm: sdk.defaultXlmAccountAtIndex(0),
  ton_v3r2: sdk.defaultTonV3r2AccountAtIndex(0),
  ton_v4r2: sdk.defaultTonV4r2AccountAtIndex(0),
  ton_v5r1: account('ed25519', "m/44'/607'/0'/0'/0'", 'ton_v5r1'),
  xrp: sdk.defaultXrpAccountAtIndex(0),
})

const ACCOUNTS: Record<ClientVersion, Record<Chain, Account>> = {
  '4.1.1': publishedAccounts(seed),
  '8.2.1': publishedAccounts(newest as unknown as typeof seed),
}
/** How many chains there are for a key of each curve. */
const SIGNING_CHAINS: Record<Curve, number> = { secp256k1: 3, ed25519: 6, p256: 0 }

const CHAINS = Object.keys(chainSigning) as Chain[]

function libraryAddress(format: string, curve: string, publicKey: Buffer): string {
  const library = libraryAddresses.find(
    (row) => wireFormat(row.format) === format && wireCurve(row.curve) === curve,
  )
  if (library === undefined) throw new Error(`no library for ${format} of ${curve}`)
  return library.address(publicKey)
}

const wireFormat = (format: AddressFormat) => `ADDRESS_FORMAT_${format.toUpperCase()}`
const wireCurve = (curve: Curve) => `CURVE_${curve.toUpperCase()}`

interface Signer {
  signWith: string
  curve: string
}

async function signBytes(client: Client, { signWith, curve }: Signer, bytes: Uint8Array) {
  const hash = curve === 'CURVE_ED25519' ? 'NOT_APPLICABLE' : 'NO_OP'
  const { r, s, v } = await client.signRawPayload({
    signWith,
    payload: Buffer.from(bytes).toString('hex'),
    encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
    hashFunction: `HASH_FUNCTION_${hash}`,
  })
  expect(r).toMatch(/^[0-9a-f]{64}$/)
  expect(s).toMatch(/^[0-9a-f]{64}$/)
  expect(curve === 'CURVE_ED25519' ? ['00'] : ['00', '01']).toContain(v)
  return Buffer.from(r + s, 'hex')
}

/** Signatures are deterministic: names of one key sign alike, and no two keys do. */
async function expectSameKey(client: Client, names: readonly string[], curve: string) {
  const digest = Buffer.alloc(32, 0x5a)
  const signed = []
  for (const name of names) signed.push(await signBytes(client, { signWith: name, curve }, digest))
  expect(new Set(signed.map((signature) => signature.toString('hex'))).size).toBe(1)
}

/** A private key's public key is uncompressed on the wire, but for Ed25519. */
function compressed(curve: Curve, publicKey: string): Buffer {
  if (curve === 'ed25519') return Buffer.from(publicKey, 'hex')
  const group = curve === 'p256' ? 'prime256v1' : 'secp256k1'
  return ECDH.convertKey(publicKey, group, 'hex', undefined, 'compressed') as Buffer
}

describe.each(engines)('every chain on %s', (engine) => {
  let world: KnownWorld
  beforeAll(async () => {
    world = await startKnownWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    let walletId: string
    let addresses: string[]
    const client = () => officialClient(version, world.admin)
    const accountOf = async (address: string) => {
      const { accounts } = await client().getWalletAccounts({
        walletId,
        paginationOptions: { limit: '100' },
      })
      const found = accounts.find((row) => row.address === address)
      if (found?.publicKey === undefined) throw new Error(`no account ${address}`)
      return { ...found, publicKey: Buffer.from(found.publicKey, 'hex') }
    }

    beforeAll(async () => {
      const made = await client().createWallet({
        walletName: `every chain ${version}`,
        accounts: CHAINS.map((chain) => ACCOUNTS[version][chain]),
      })
      walletId = made.walletId
      addresses = made.addresses
    })

    test('derives the addresses that are known of public words', async () => {
      expect(new Set(vectors.map(({ mnemonic }) => mnemonic))).toEqual(new Set([MNEMONIC]))
      const derived = await client().createWalletAccounts({
        walletId: world.walletId,
        accounts: vectors.map(({ curve, path, format }) => account(curve, path, format)),
        persist: false,
      })
      expect(derived.addresses).toEqual(vectors.map(({ address }) => address))
    })

    test.each(CHAINS.map((chain, index) => [chain, index] as const))(
      "%s: the account's address is the chain's, which verifies what it signs",
      async (chain, index) => {
        const address = addresses[index] ?? ''
        const { publicKey, curve, addressFormat, ...row } = await accountOf(address)
        expect({ curve, addressFormat, pathFormat: row.pathFormat, path: row.path }).toEqual(
          ACCOUNTS[version][chain],
        )
        expect(address).toBe(libraryAddress(addressFormat, curve, publicKey))
        const sign = (bytes: Uint8Array) => signBytes(client(), { signWith: address, curve }, bytes)
        expect(await chainSigning[chain]({ address, publicKey, sign })).toBe(true)
        // A signature of the same key over something else.
        const forged = (bytes: Uint8Array) => sign(Buffer.from(bytes).reverse())
        const verdict = chainSigning[chain]({ address, publicKey, sign: forged })
        expect(await verdict.catch(() => false)).toBe(false)
      },
    )

    test('an account is found by its address, and by its path', async () => {
      for (const [index, chain] of CHAINS.entries()) {
        const address = addresses[index] ?? ''
        const byAddress = await world.admin.query('get_wallet_account', { walletId, address })
        expect(byAddress.at('account.addressFormat')).toBe(wireFormat(chain))
      }
      const { path } = ACCOUNTS[version].xlm
      const byPath = await world.admin.query('get_wallet_account', { walletId, path })
      expect(byPath.at('account.address')).toBe(addresses[CHAINS.indexOf('xlm')])
    })

    test('one key has an account in each format of its curve, and signs by each', async () => {
      const path = "m/44'/0'/7'/0'/0'"
      for (const curve of CURVES) {
        const formats = libraryAddresses.filter((row) => row.curve === curve)
        const accounts = formats.map(({ format }) => account(curve, path, format))
        const made = await client().createWalletAccounts({ walletId, accounts })
        const { publicKey } = await accountOf(made.addresses[0] ?? '')
        expect(made.addresses).toEqual(formats.map(({ address }) => address(publicKey)))
        await expectSameKey(client(), made.addresses, wireCurve(curve))
      }
    })

    test('a private key has the addresses asked for, and signs by each and by its id', async () => {
      for (const curve of CURVES) {
        const formats = libraryAddresses.filter((row) => row.curve === curve)
        const made = await client().createPrivateKeys({
          privateKeys: [
            {
              privateKeyName: `${curve} of ${version}`,
              curve: wireCurve(curve) as Account['curve'],
              addressFormats: formats.map(
                ({ format }) => wireFormat(format) as Account['addressFormat'],
              ),
              privateKeyTags: [],
            },
          ],
        })
        const privateKeyId = made.privateKeys[0]?.privateKeyId ?? ''
        const { privateKey } = await client().getPrivateKey({ privateKeyId })
        const publicKey = compressed(curve, privateKey.publicKey)
        expect(privateKey.addresses).toEqual(
          formats.map(({ format, address }) => ({
            format: wireFormat(format),
            address: address(publicKey),
          })),
        )
        const names = privateKey.addresses.map(({ address }) => address ?? '')
        await expectSameKey(client(), [privateKeyId, ...names], wireCurve(curve))
        const signer = { signWith: privateKeyId, curve: wireCurve(curve) }
        const sign = (bytes: Uint8Array) => signBytes(client(), signer, bytes)
        const verdicts = CHAINS.flatMap((chain) => {
          const found = privateKey.addresses.find(({ format }) => format === wireFormat(chain))
          const { address } = found ?? {}
          // Nobody signs for Sei with an Ed25519 key, and its libraries cannot.
          if (address === undefined || (chain === 'sei' && curve === 'ed25519')) return []
          return [chainSigning[chain]({ address, publicKey, sign })]
        })
        expect(await Promise.all(verdicts)).toEqual(
          Array.from({ length: SIGNING_CHAINS[curve] }, () => true),
        )
      }
    })

    test.each([12, 15, 18, 21, 24])('a wallet of %i words has every address', async (words) => {
      const made = await client().createWallet({
        walletName: `${words} words ${version}`,
        accounts: CHAINS.map((chain) => ACCOUNTS[version][chain]),
        mnemonicLength: words,
      })
      expect(made.addresses.length).toBe(CHAINS.length)
      expect(new Set([...made.addresses, ...addresses]).size).toBe(2 * CHAINS.length)
    })
  })

  test('a sub-organization made with a wallet is found by each of its addresses', async () => {
    const { answer } = await createByVersion(world, '_V8', {
      subOrganizationName: 'with a wallet',
      wallet: {
        walletName: 'w',
        accounts: CHAINS.map((chain) => ACCOUNTS['8.2.1'][chain]),
      },
    })
    const made = resultOf(answer, 'V8')
    const { addresses } = made['wallet'] as { addresses: string[] }
    expect(addresses.length).toBe(CHAINS.length)
    const client = officialClient('8.2.1', world.admin)
    for (const filterValue of addresses) {
      const found = await client.getSubOrgIds({ filterType: 'WALLET_ACCOUNT_ADDRESS', filterValue })
      expect(found.organizationIds).toEqual([made['subOrganizationId']])
    }
  })

  test('Ed25519 accounts are the same with and without hardened steps, and keep their path', async () => {
    // The paths of the documents' table.
    const documented = [
      ['sui', "m/44'/784'/0'/0/0", "m/44'/784'/0'/0'/0'"],
      ['aptos', "m/44'/637'/0'/0'/0", "m/44'/637'/0'/0'/0'"],
      ['xlm', "m/44'/148'/0'/0'/0", "m/44'/148'/0'/0'/0'"],
      ['ton_v3r2', "m/44'/607'/0'/0/0", "m/44'/607'/0'/0'/0'"],
      ['ton_v4r2', "m/44'/607'/0'/0/0", "m/44'/607'/0'/0'/0'"],
      ['sei', "m/44'/118'/0'/0/0", "m/44'/118'/0'/0'/0'"],
    ] as const
    const { walletId } = world
    const client = officialClient('8.2.1', world.admin)
    const derive = async (at: 1 | 2) => {
      const accounts = documented.map((row) => account('ed25519', row[at], row[0]))
      return (await client.createWalletAccounts({ walletId, accounts, persist: false })).addresses
    }
    expect(await derive(1)).toEqual(await derive(2))
    const [format, path] = documented[0]
    const accounts = [account('ed25519', path, format)]
    const [address] = (await client.createWalletAccounts({ walletId, accounts })).addresses
    const found = await world.admin.query('get_wallet_account', { walletId, address })
    expect(found.at('account.path')).toBe(path)
  })

  test('addresses in hexadecimal are found in any case, all others as they are', async () => {
    const client = officialClient('8.2.1', world.admin)
    const { addresses } = await client.createWallet({
      walletName: 'any case',
      accounts: CHAINS.map((chain) => ACCOUNTS['8.2.1'][chain]),
    })
    const signs = (signWith: string) =>
      world.admin.submit(
        'sign_raw_payload',
        {
          signWith,
          payload: 'aa',
          encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
          hashFunction: 'HASH_FUNCTION_NOT_APPLICABLE',
        },
        'SIGN_RAW_PAYLOAD_V2',
      )
    const ed25519 = ['sui', 'aptos', 'xlm', 'ton_v3r2'] as const
    const statuses = ed25519.map(async (chain) => {
      const address = addresses[CHAINS.indexOf(chain)] ?? ''
      const [prefix, rest] = address.startsWith('0x') ? ['0x', address.slice(2)] : ['', address]
      const other = prefix + (rest === rest.toUpperCase() ? rest.toLowerCase() : rest.toUpperCase())
      expect(other).not.toBe(address)
      expect((await signs(address)).status).toBe(200)
      return (await signs(other)).status
    })
    expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404])
  })

  const taken = new Set(libraryAddresses.map(({ format, curve }) => `${format} ${curve}`))
  const wrong = FORMATS.flatMap((format) =>
    CURVES.filter((curve) => !taken.has(`${format} ${curve}`)).map((curve) => [format, curve]),
  ) as [AddressFormat, Curve][]

  test('there are formats that do not take every curve', () => {
    expect([FORMATS.length, wrong.length]).toEqual([14, 24])
  })

  test.each(wrong)('%s of %s keys is refused', async (format, curve) => {
    const { walletId } = world
    const accounts = [account(curve, PATHS.solana, format)]
    const privateKey = {
      privateKeyName: 'refused',
      curve: wireCurve(curve),
      addressFormats: [wireFormat(format)],
    }
    const answers = [
      await world.admin.submit('create_wallet_accounts', { walletId, accounts }),
      await world.admin.submit('create_wallet', { walletName: 'refused', accounts }),
      await world.admin.submit(
        'create_private_keys',
        { privateKeys: [privateKey] },
        'CREATE_PRIVATE_KEYS_V2',
      ),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(400)
      expect(errorOf(answer)).toMatchObject({ code: 3, message: 'invalid address format' })
    }
  })

  test.each(['SPARK_MAINNET', 'SPARK_REGTEST', 'MOVEMENT', 'ton_v3r2', '__proto__'])(
    'the format %s is refused by name',
    async (name) => {
      const bad = { ...account('secp256k1', PATHS.ethereum, 'cosmos'), addressFormat: '' }
      bad.addressFormat = `ADDRESS_FORMAT_${name}`
      const answer = await world.admin.submit('create_wallet', {
        walletName: 'refused',
        accounts: [ACCOUNTS['8.2.1'].sui, bad],
      })
      expect(errorOf(answer)).toMatchObject({ code: 3, message: 'invalid address format' })
      expect(violationsOf(answer)).toEqual([
        { field: 'accounts.1.addressFormat', description: 'invalid address format' },
      ])
    },
  )

  test('nothing that was refused is there', async () => {
    const wallets = await world.admin.query('list_wallets')
    const names = wallets.at<{ walletName: string }[]>('wallets').map((row) => row.walletName)
    expect(names).toContain('any case')
    expect(names).not.toContain('refused')
    const keys = await world.admin.query('list_private_keys')
    expect(keys.text).toContain('of 8.2.1')
    expect(keys.text).not.toContain('refused')
  })
})
