// `@turnkey/http`, unmodified, in both generations: signing, keys, wallets, and its poller.
import {
  hashMessage,
  hashTypedData,
  keccak256,
  parseTransaction,
  recoverAddress,
  recoverTransactionAddress,
  serializeTransaction,
  type TransactionSerialized,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generations, HTTP, httpClient } from './clients.ts'
import { KNOWN_ADDRESS, type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import { ethereumAccount, PATHS, textLike } from './world.ts'

const known = mnemonicToAccount(MNEMONIC)
const RESULT_ID = textLike(/^[0-9a-f-]{36}$/)

/** COMPAT: the clients' types name the newest type of each activity only. */
const older = <Newest extends string>(type: string) => type as Newest

/** COMPAT: what the first versions had in place of `signWith`. */
const olderSigner = (privateKeyId: string) => ({ privateKeyId }) as unknown as { signWith: string }

const TRANSACTION = {
  chainId: 1,
  nonce: 3,
  gas: 21_000n,
  maxFeePerGas: 2_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
  to: '0x000000000000000000000000000000000000dEaD',
  value: 1n,
} as const

const TYPED_DATA = {
  domain: { name: 'Keystead', version: '1' },
  types: {
    EIP712Domain: [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
    ],
    Mail: [{ name: 'text', type: 'string' }],
  },
  primaryType: 'Mail',
  message: { text: 'hello' },
} as const

interface WireSignature {
  r: string
  s: string
  v: string
}

const joined = ({ r, s, v }: WireSignature) => `0x${r}${s}${v === '00' ? '1b' : '1c'}` as const

let world: KnownWorld
beforeAll(async () => {
  world = await startKnownWorld({ engine: 'sqlite' })
})
afterAll(() => world.server.dispose())

describe.each(generations)('@turnkey/http, %s', (generation) => {
  const client = () => httpClient(generation, world.admin)
  const envelope = () => ({
    organizationId: world.organizationId,
    timestampMs: String(Date.now()),
  })
  const { assertNonNull } = HTTP[generation]

  test.each([
    ['signWith', 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2', KNOWN_ADDRESS],
    ['signWith in lower case', 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2', KNOWN_ADDRESS.toLowerCase()],
  ] as const)('signs a digest with %s', async (_name, type, signWith) => {
    const hash = hashMessage(`${generation} ${signWith}`)
    const { activity } = await client().signRawPayload({
      ...envelope(),
      type,
      parameters: {
        signWith,
        payload: hash,
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: 'HASH_FUNCTION_NO_OP',
      },
    })
    expect(activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
    const signed = HTTP[generation].getSignatureFromActivity(activity)
    expect(joined(signed)).toBe(await known.sign({ hash }))
  })

  test('signs several payloads in their order', async () => {
    const texts = ['a', 'b', 'c'].map((text) => `${text} ${generation}`)
    const { activity } = await client().signRawPayloads({
      ...envelope(),
      type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOADS',
      parameters: {
        signWith: KNOWN_ADDRESS,
        payloads: texts,
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_KECCAK256',
      },
    })
    const signed = HTTP[generation].getSignaturesFromActivity(activity)
    const hashes = texts.map((text) => keccak256(Buffer.from(text)))
    const wanted = await Promise.all(hashes.map((hash) => known.sign({ hash })))
    expect(signed.map(joined)).toEqual(wanted)
  })

  test('signs typed data, whatever the hash function', async () => {
    const { activity } = await client().signRawPayload({
      ...envelope(),
      type: 'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2',
      parameters: {
        signWith: KNOWN_ADDRESS,
        payload: JSON.stringify(TYPED_DATA),
        encoding: older<'PAYLOAD_ENCODING_TEXT_UTF8'>('PAYLOAD_ENCODING_EIP712'),
        hashFunction: 'HASH_FUNCTION_NO_OP',
      },
    })
    const signature = joined(HTTP[generation].getSignatureFromActivity(activity))
    expect(signature).toBe(await known.signTypedData(TYPED_DATA))
    const hash = hashTypedData(TYPED_DATA)
    expect(await recoverAddress({ hash, signature })).toBe(KNOWN_ADDRESS)
  })

  // The command-line client sends the second.
  test.each(['ACTIVITY_TYPE_SIGN_TRANSACTION_V2', 'ACTIVITY_TYPE_SIGN_TRANSACTION'])(
    'signs a transaction as %s with `signWith`',
    async (type) => {
      const { activity } = await client().signTransaction({
        ...envelope(),
        type: older<'ACTIVITY_TYPE_SIGN_TRANSACTION_V2'>(type),
        parameters: {
          signWith: KNOWN_ADDRESS,
          unsignedTransaction: serializeTransaction(TRANSACTION),
          type: 'TRANSACTION_TYPE_ETHEREUM',
        },
      })
      expect(activity.type).toBe(type)
      const signed = HTTP[generation].getSignedTransactionFromActivity(activity)
      expect(signed.replace(/^0x/, '')).toBe((await known.signTransaction(TRANSACTION)).slice(2))
    },
  )

  test('makes private keys, finds them, and signs with their ids', async () => {
    const name = `key of ${generation}`
    const { activity } = await client().createPrivateKeys({
      ...envelope(),
      type: 'ACTIVITY_TYPE_CREATE_PRIVATE_KEYS_V2',
      parameters: {
        privateKeys: [
          {
            privateKeyName: name,
            curve: 'CURVE_SECP256K1',
            addressFormats: ['ADDRESS_FORMAT_ETHEREUM'],
            privateKeyTags: [],
          },
        ],
      },
    })
    const address = { format: 'ADDRESS_FORMAT_ETHEREUM', address: textLike(/^0x[0-9a-fA-F]{40}$/) }
    expect(activity.result).toEqual({
      createPrivateKeysResultV2: {
        privateKeys: [{ privateKeyId: RESULT_ID, addresses: [address] }],
      },
    })
    const made = assertNonNull(activity.result.createPrivateKeysResultV2?.privateKeys[0])
    const privateKeyId = assertNonNull(made.privateKeyId)
    const { organizationId } = world
    const { privateKey } = await client().getPrivateKey({ organizationId, privateKeyId })
    expect(privateKey).toMatchObject({
      privateKeyId,
      privateKeyName: name,
      curve: 'CURVE_SECP256K1',
      addresses: made.addresses,
      privateKeyTags: [],
      exported: false,
      imported: false,
    })
    const { privateKeys } = await client().getPrivateKeys({ organizationId })
    expect(privateKeys).toContainEqual(privateKey)
    const { activity: signed } = await client().signTransaction({
      ...envelope(),
      type: 'ACTIVITY_TYPE_SIGN_TRANSACTION_V2',
      parameters: {
        signWith: privateKeyId,
        unsignedTransaction: serializeTransaction(TRANSACTION).slice(2),
        type: 'TRANSACTION_TYPE_ETHEREUM',
      },
    })
    const { signedTransaction = '' } = signed.result.signTransactionResult ?? {}
    const serializedTransaction: TransactionSerialized = `0x02${signedTransaction.slice(2)}`
    expect(parseTransaction(serializedTransaction)).toMatchObject(TRANSACTION_READ)
    expect(await recoverTransactionAddress({ serializedTransaction })).toBe(
      privateKey.addresses[0]?.address,
    )
  })

  test('signs as the first version did, with `privateKeyId`', async () => {
    const { organizationId } = world
    const { privateKeys } = await client().getPrivateKeys({ organizationId })
    const key = assertNonNull(privateKeys.find(({ addresses }) => addresses.length > 0))
    const { privateKeyId } = key
    const hash = hashMessage(`first version ${generation}`)
    const { activity: signed } = await client().signRawPayload({
      ...envelope(),
      type: older<'ACTIVITY_TYPE_SIGN_RAW_PAYLOAD_V2'>('ACTIVITY_TYPE_SIGN_RAW_PAYLOAD'),
      parameters: {
        ...olderSigner(privateKeyId),
        payload: hash,
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: 'HASH_FUNCTION_NO_OP',
      },
    })
    const signature = joined(HTTP[generation].getSignatureFromActivity(signed))
    expect(await recoverAddress({ hash, signature })).toBe(key.addresses[0]?.address)
    const { activity: sent } = await client().signTransaction({
      ...envelope(),
      type: older<'ACTIVITY_TYPE_SIGN_TRANSACTION_V2'>('ACTIVITY_TYPE_SIGN_TRANSACTION'),
      parameters: {
        ...olderSigner(privateKeyId),
        unsignedTransaction: serializeTransaction(TRANSACTION).slice(2),
        type: 'TRANSACTION_TYPE_ETHEREUM',
      },
    })
    expect(sent.result.signTransactionResult?.signedTransaction).toMatch(/^02f8/)
  })

  test('makes private keys as the first version did', async () => {
    const { activity } = await client().createPrivateKeys({
      ...envelope(),
      type: older<'ACTIVITY_TYPE_CREATE_PRIVATE_KEYS_V2'>('ACTIVITY_TYPE_CREATE_PRIVATE_KEYS'),
      parameters: {
        privateKeys: ['ed25519', 'secp256k1'].map((curve) => ({
          privateKeyName: `${curve} of ${generation}`,
          curve: curve === 'ed25519' ? 'CURVE_ED25519' : 'CURVE_SECP256K1',
          addressFormats: [],
          privateKeyTags: [],
        })),
      },
    })
    const createPrivateKeysResult = { privateKeyIds: [RESULT_ID, RESULT_ID] }
    expect(activity.result).toEqual({ createPrivateKeysResult })
    expect(activity.intent).toHaveProperty('createPrivateKeysIntent')
  })

  test('finds an account of a wallet by its address and by its path', async () => {
    const { organizationId, walletId } = world
    const wanted = { organizationId, walletId, address: KNOWN_ADDRESS, ...ethereumAccount }
    const places = [
      { address: KNOWN_ADDRESS },
      { address: KNOWN_ADDRESS.toLowerCase() },
      { path: PATHS.ethereum },
    ]
    for (const place of places) {
      const { account } = await client().getWalletAccount({ organizationId, walletId, ...place })
      expect(account).toMatchObject(wanted)
    }
  })

  test('reads the configuration of the organization', async () => {
    const { organizationId } = world
    const { configs } = await client().getOrganizationConfigs({ organizationId })
    const quorum = { threshold: 1, userIds: [world.server.admin.userId] }
    expect(configs).toEqual({ features: [], quorum })
  })

  test('renames a wallet', async () => {
    const { organizationId, walletId } = world
    const walletName = `renamed by ${generation}`
    const { activity } = await client().updateWallet({
      ...envelope(),
      type: 'ACTIVITY_TYPE_UPDATE_WALLET',
      parameters: { walletId, walletName },
    })
    expect(activity.result).toEqual({ updateWalletResult: { walletId } })
    const { wallet } = await client().getWallet({ organizationId, walletId })
    expect(wallet.walletName).toBe(walletName)
  })

  test('its poller gives the completed activity', async () => {
    const speaker = client()
    const poll = HTTP[generation].createActivityPoller({
      client: speaker,
      requestFn: (input: Parameters<typeof speaker.createWallet>[0]) => speaker.createWallet(input),
      refreshIntervalMs: 20,
    })
    const activity = await poll({
      ...envelope(),
      type: 'ACTIVITY_TYPE_CREATE_WALLET',
      parameters: { walletName: `polled by ${generation}`, accounts: [ethereumAccount] },
    })
    expect(activity.status).toBe('ACTIVITY_STATUS_COMPLETED')
    expect(activity.result.createWalletResult?.addresses).toHaveLength(1)
  })
})

const TRANSACTION_READ = { ...TRANSACTION, to: TRANSACTION.to.toLowerCase() }
