// `@turnkey/eip-1193-provider`, unmodified: a browser's wallet interface, signing on the server.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import * as eip1193 from '@turnkey/eip-1193-provider'
import {
  hashMessage,
  keccak256,
  numberToHex,
  recoverAddress,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  type TransactionSerialized,
  toHex,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpClient, ownHttpClient, requirePackage } from './clients.ts'
import { TYPED_DATA } from './ethereumSamples.ts'
import { KNOWN_ADDRESS, type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'

const known = mnemonicToAccount(MNEMONIC)
const CHAIN_ID = 31_337

/** A chain's node, as far as the provider asks: its id, and the hash of what is sent to it. */
async function startNode(): Promise<{ url: string; asked: string[]; server: Server }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { id, method, params } = JSON.parse(body) as {
        id: number
        method: string
        params?: [`0x${string}`]
      }
      asked.push(method)
      const result =
        method === 'eth_chainId' ? numberToHex(CHAIN_ID) : keccak256(params?.[0] ?? '0x')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server }
}

type ProviderOptions = Parameters<typeof eip1193.createEIP1193Provider>[0]
type Uuid = ProviderOptions['walletId']

/** What the tests call: the provider's own types leave out how it takes typed data. */
interface Provider {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>
}

let world: KnownWorld
let node: Awaited<ReturnType<typeof startNode>>
beforeAll(async () => {
  node = await startNode()
  world = await startKnownWorld({ engine: 'sqlite' })
})
afterAll(async () => {
  node.server.close()
  await world.server.dispose()
})

const NAME = '@turnkey/eip-1193-provider'

/** Only of its own class does it see that an error of the server means a lost connection. */
const CLIENTS = [
  ['its own @turnkey/http', () => ownHttpClient(NAME, world.admin), 'ProviderDisconnectedError'],
  ['the older @turnkey/http', () => httpClient('seed', world.admin), 'TurnkeyRequestError'],
  ['the newest @turnkey/http', () => httpClient('newest', world.admin), 'TurnkeyRequestError'],
] as const

describe.each(CLIENTS)('with %s', (_name, clientOf, errorName) => {
  let provider: Provider
  const ask = async (method: string, ...params: unknown[]) =>
    (await provider.request({ method, params })) as `0x${string}`

  beforeAll(async () => {
    const isOwn = errorName === 'ProviderDisconnectedError'
    const { createEIP1193Provider } = isOwn ? requirePackage<typeof eip1193>(NAME) : eip1193
    provider = (await createEIP1193Provider({
      walletId: world.walletId as Uuid,
      organizationId: world.organizationId as Uuid,
      turnkeyClient: clientOf() as unknown as ProviderOptions['turnkeyClient'],
      chains: [
        {
          chainId: numberToHex(CHAIN_ID),
          chainName: 'local',
          nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
          rpcUrls: [node.url],
        },
      ],
    })) as unknown as Provider
  })

  test('has the accounts of the wallet once they were asked for', async () => {
    expect(await ask('eth_accounts')).toEqual([])
    expect(await ask('eth_requestAccounts')).toEqual([KNOWN_ADDRESS])
    expect(await ask('eth_accounts')).toEqual([KNOWN_ADDRESS])
  })

  test('asks the node for the chain', async () => {
    expect(await ask('eth_chainId')).toBe(numberToHex(CHAIN_ID))
  })

  // It signs 32 bytes as they are, and pads what is shorter: hashing is left to the caller.
  test('signs by personal_sign and eth_sign', async () => {
    const hash = hashMessage('hello')
    const wanted = await known.sign({ hash })
    expect(await ask('personal_sign', hash, KNOWN_ADDRESS)).toBe(wanted)
    expect(await ask('eth_sign', KNOWN_ADDRESS, hash)).toBe(wanted)
    const signature = await ask('personal_sign', toHex('short'), KNOWN_ADDRESS)
    const padded = toHex('short').slice(2).padStart(64, '0')
    expect(await recoverAddress({ hash: `0x${padded}`, signature })).toBe(KNOWN_ADDRESS)
  })

  test('signs by eth_signTypedData_v4', async () => {
    const signature = await ask('eth_signTypedData_v4', KNOWN_ADDRESS, TYPED_DATA)
    expect(signature).toBe(await known.signTypedData(TYPED_DATA))
    expect(await recoverTypedDataAddress({ ...TYPED_DATA, signature })).toBe(KNOWN_ADDRESS)
  })

  const to = '0x000000000000000000000000000000000000dEaD'
  const request = { from: KNOWN_ADDRESS, to, chainId: numberToHex(CHAIN_ID), nonce: '0x3' }
  const limits = { gas: '0x5208', value: '0x7' }
  const fees = { maxFeePerGas: '0x77359400', maxPriorityFeePerGas: '0x1' }

  test.each([
    ['EIP-1559', { ...request, ...limits, ...fees, type: '0x2' }],
    ['EIP-2930', { ...request, ...limits, gasPrice: '0x9', type: '0x1' }],
  ])('signs by eth_signTransaction: %s', async (_type, transaction) => {
    const serializedTransaction = (await ask(
      'eth_signTransaction',
      transaction,
    )) as TransactionSerialized
    expect(await recoverTransactionAddress({ serializedTransaction })).toBe(KNOWN_ADDRESS)
    const base = { chainId: CHAIN_ID, to, nonce: 3, gas: 21_000n, value: 7n } as const
    const twin = await known.signTransaction(
      'gasPrice' in transaction
        ? { ...base, type: 'eip2930', gasPrice: 9n }
        : { ...base, type: 'eip1559', maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1n },
    )
    expect(serializedTransaction).toBe(twin)
  })

  test('hands a signed transaction to the node', async () => {
    const transaction = { ...request, ...limits, ...fees, type: '0x2' }
    const signed = await ask('eth_signTransaction', transaction)
    expect(await ask('eth_sendTransaction', transaction)).toBe(keccak256(signed))
    expect(node.asked.at(-1)).toBe('eth_sendRawTransaction')
  })

  test('is told that an address is of no wallet', async () => {
    const stranger = `0x${'00'.repeat(19)}01`
    const refused = ask('personal_sign', '0x01', stranger)
    await expect(refused).rejects.toMatchObject({ name: errorName })
  })
})
