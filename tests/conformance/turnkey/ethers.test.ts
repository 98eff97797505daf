// `@turnkey/ethers`, unmodified, in both generations: byte for byte what ethers signs with the same key.
import * as ethersNewest from '@turnkey/ethers-newest'
import * as ethersSeed from '@turnkey/ethers-seed'
import {
  type AbstractSigner,
  HDNodeWallet,
  Transaction,
  type TransactionRequest,
  verifyMessage,
  verifyTypedData,
} from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Generation, generations, ownHttpClient, requirePackage } from './clients.ts'
import { TYPED_DATA } from './ethereumSamples.ts'
import { KNOWN_ADDRESS, type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import { type ClientVersion, officialClient } from './world.ts'

type Adapter = {
  TurnkeySigner: new (config: {
    client: unknown
    organizationId: string
    signWith: string
  }) => AbstractSigner
}

const SERVER_SDK: Record<Generation, ClientVersion> = { seed: '4.1.1', newest: '8.2.1' }
const MODULES = { seed: ethersSeed, newest: ethersNewest } as unknown as Record<Generation, Adapter>

const known = HDNodeWallet.fromPhrase(MNEMONIC)

const TO = '0x000000000000000000000000000000000000dEaD'
const common = { chainId: 1, nonce: 4, gasLimit: 60_000n, to: TO, value: 5n }
const fees = { maxFeePerGas: 9_000_000_000n, maxPriorityFeePerGas: 1n }
const accessList = [{ address: TO, storageKeys: [`0x${'12'.repeat(32)}`] }]
const blobVersionedHashes = [`0x01${'34'.repeat(31)}`]
const authorization = {
  address: TO,
  nonce: 1,
  chainId: 1,
  signature: { r: `0x${'56'.repeat(32)}`, s: `0x${'12'.repeat(32)}`, yParity: 1 as const },
}

const TRANSACTIONS: [string, TransactionRequest][] = [
  ['legacy', { ...common, type: 0, gasPrice: 1_000_000_000n }],
  ['legacy without a chain', { type: 0, nonce: 0, gasLimit: 21_000n, gasPrice: 1n, to: TO }],
  ['EIP-2930', { ...common, type: 1, gasPrice: 7n, accessList }],
  ['EIP-1559', { ...common, ...fees, type: 2, accessList, data: '0x00c0ffee' }],
  ['EIP-1559, making a contract', { ...common, ...fees, type: 2, to: null, data: '0x6000' }],
  ['EIP-4844', { ...common, ...fees, type: 3, maxFeePerBlobGas: 3n, blobVersionedHashes }],
  ['EIP-7702', { ...common, ...fees, type: 4, authorizationList: [authorization] }],
]

const { EIP712Domain: _domain, ...types } = TYPED_DATA.types
const TYPES = Object.fromEntries(Object.entries(types).map(([name, fields]) => [name, [...fields]]))

const WAYS = ['@turnkey/http', '@turnkey/sdk-server', 'the id of a private key'] as const

let world: KnownWorld
beforeAll(async () => {
  world = await startKnownWorld({ engine: 'sqlite' })
})
afterAll(() => world.server.dispose())

function signerOf(generation: Generation, way: (typeof WAYS)[number], signWith: string) {
  const { admin, organizationId } = world
  if (way === '@turnkey/sdk-server') {
    const client = officialClient(SERVER_SDK[generation], admin)
    return new MODULES[generation].TurnkeySigner({ client, organizationId, signWith })
  }
  const name = `@turnkey/ethers-${generation}`
  const { TurnkeySigner } = requirePackage<Adapter>(name)
  return new TurnkeySigner({ client: ownHttpClient(name, admin), organizationId, signWith })
}

async function createPrivateKey(privateKeyName: string) {
  const addressFormats = ['ADDRESS_FORMAT_ETHEREUM']
  const privateKeys = [{ privateKeyName, curve: 'CURVE_SECP256K1', addressFormats }]
  const type = 'CREATE_PRIVATE_KEYS_V2'
  const made = await world.admin.submit('create_private_keys', { privateKeys }, type)
  const key = 'activity.result.createPrivateKeysResultV2.privateKeys.0'
  const signWith = made.at(`${key}.privateKeyId`)
  return { signWith, address: made.at(`${key}.addresses.0.address`) }
}

describe.each(generations)('@turnkey/ethers, %s', (generation) => {
  describe.each(WAYS)('with %s', (way) => {
    let signer: AbstractSigner
    let address: string
    /** What must give the same bytes: ethers with the known key, else the same signer again. */
    let twin: Pick<AbstractSigner, 'signTransaction' | 'signMessage' | 'signTypedData'>
    beforeAll(async () => {
      const ofKey = way === 'the id of a private key'
      const made = ofKey ? await createPrivateKey(`ethers ${generation}`) : undefined
      signer = signerOf(generation, way, made?.signWith ?? KNOWN_ADDRESS)
      address = made?.address ?? KNOWN_ADDRESS
      twin = made === undefined ? known : signer
    })

    test('knows its address', async () => {
      expect(await signer.getAddress()).toBe(address)
    })

    test.each(TRANSACTIONS)('signs a transaction: %s', async (_type, request) => {
      const signed = await signer.signTransaction({ ...request })
      expect(Transaction.from(signed).from).toBe(address)
      expect(signed).toBe(await twin.signTransaction({ ...request }))
    })

    test('takes its own address as the sender', async () => {
      const request: TransactionRequest = { ...common, ...fees, type: 2, from: address }
      expect(Transaction.from(await signer.signTransaction(request)).from).toBe(address)
    })

    test.each([
      ['text', 'Grüße 🌍'],
      ['no text', ''],
      ['bytes', Buffer.from('00ff', 'hex')],
    ])('signs a message: %s', async (_kind, message) => {
      const signature = await signer.signMessage(message)
      expect(verifyMessage(message, signature)).toBe(address)
      expect(signature).toBe(await twin.signMessage(message))
    })

    test('signs typed data with nested structs, arrays and big integers', async () => {
      const { domain, message } = TYPED_DATA
      const signature = await signer.signTypedData(domain, TYPES, message)
      expect(verifyTypedData(domain, TYPES, message, signature)).toBe(address)
      expect(signature).toBe(await twin.signTypedData(domain, TYPES, message))
    })
  })
})
