// The worked examples of docs/policies.md, taken from that page and run.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serializeTransaction, toHex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { apiKeyParams, generateKey, TestClient } from '../../support/client.ts'
import { earlyWithin } from '../../support/clock.ts'
import { createSubOrganization, startWorld, type World } from './world.ts'

const PAGE = new URL('../../../docs/policies.md', import.meta.url)
const ETHER = 10n ** 18n
const DAY_MS = 86_400_000

/** The lists of policies on the page, in order. */
function examples(): object[][] {
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/```json\n([^`]*)```/g)]
  return blocks.map(([, json = '']) => JSON.parse(json) as object[])
}

let world: World
beforeAll(async () => {
  world = await startWorld({ engine: 'sqlite' })
})
afterAll(() => world.server.dispose())

/** A bot in an organization with the policies of an example, and a wallet to sign with. */
async function botUnder(policies: object[]) {
  const root = await createSubOrganization(world, generateKey())
  const key = generateKey()
  const users = [{ userName: 'bot', apiKeys: [apiKeyParams(key)] }]
  await root.submit('create_users', { users }, 'CREATE_USERS_V4')
  const account = {
    curve: 'CURVE_SECP256K1',
    pathFormat: 'PATH_FORMAT_BIP32',
    path: "m/44'/60'/0'/0/0",
    addressFormat: 'ADDRESS_FORMAT_ETHEREUM',
  }
  const made = await root.submit('create_wallet', { walletName: 'w', accounts: [account] })
  const signWith = made.at('activity.result.createWalletResult.addresses.0')
  expect(await root.submit('create_policies', { policies })).toMatchObject({ status: 200 })
  return botOf(new TestClient(world.server, key, root.organizationId), signWith)
}

function botOf(client: TestClient, signWith: string) {
  let n = 0
  const how = {
    encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
    hashFunction: 'HASH_FUNCTION_KECCAK256',
  }
  const status = async (name: string, params: object, type?: string) =>
    (await client.submit(name, { signWith, ...params }, type)).status
  return {
    sign: () =>
      status('sign_raw_payload', { payload: `payload ${n++}`, ...how }, 'SIGN_RAW_PAYLOAD_V2'),
    signTwo: () =>
      status('sign_raw_payloads', { payloads: [`payload ${n++}`, `payload ${n++}`], ...how }),
    pay: (to: `0x${string}`, value: bigint) => {
      const transaction = { type: 'eip1559', chainId: 1, nonce: n++, to, value } as const
      return status(
        'sign_transaction',
        {
          unsignedTransaction: serializeTransaction(transaction).slice(2),
          type: 'TRANSACTION_TYPE_ETHEREUM',
        },
        'SIGN_TRANSACTION_V2',
      )
    },
  }
}

const address = (n: number) => privateKeyToAddress(toHex(n, { size: 32 }))

test('a bot that signs three times an hour', async () => {
  const [policies = []] = examples()
  const bot = await botUnder(policies)
  expect([await bot.sign(), await bot.sign(), await bot.sign()]).toEqual([200, 200, 200])
  expect(await bot.sign()).toBe(403)
  const other = await botUnder(policies)
  expect([await other.sign(), await other.sign()]).toEqual([200, 200])
  expect([await other.signTwo(), await other.sign()]).toEqual([403, 200])
})

test('one ether a day to anybody, five in all', async () => {
  await earlyWithin(DAY_MS)
  const [, policies = []] = examples()
  const bot = await botUnder(policies)
  for (let n = 1; n <= 5; n++) expect(await bot.pay(address(n), ETHER)).toBe(200)
  expect(await bot.pay(address(6), 1n)).toBe(403)
  const other = await botUnder(policies)
  const part = (6n * ETHER) / 10n
  expect([await other.pay(address(1), part), await other.pay(address(1), part)]).toEqual([200, 403])
  expect(await other.sign()).toBe(403)
})

test('the page has the two examples that are run here', () => {
  expect(examples()).toHaveLength(2)
})
