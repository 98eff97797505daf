// Bitcoin: accounts, taproot payloads and PSBTs, signed for the official clients, verified and
// finalized by @scure/btc-signer and bitcoinjs-lib.
import { hash } from 'node:crypto'
import { schnorr } from '@noble/curves/secp256k1.js'
import * as scure from '@scure/btc-signer'
import * as newest from '@turnkey/sdk-server-newest'
import * as seed from '@turnkey/sdk-server-seed'
import { HDNodeWallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type BitcoinForm,
  bitcoinForms,
  finalized,
  inputOf,
  paymentOf,
  psbtOf,
  transactionOf,
} from '../../support/bitcoin.ts'
import { engines } from '../../support/server.ts'
import { type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import { type ClientVersion, clientVersions, officialClient } from './world.ts'

const CONSTANTS = { '4.1.1': seed, '8.2.1': newest } as const
const NETWORKS = {
  MAINNET: scure.NETWORK,
  TESTNET: scure.TEST_NETWORK,
  SIGNET: scure.TEST_NETWORK,
  REGTEST: { ...scure.TEST_NETWORK, bech32: 'bcrt' },
} as const
type Network = keyof typeof NETWORKS

interface Account {
  curve: 'CURVE_SECP256K1'
  pathFormat: 'PATH_FORMAT_BIP32'
  path: string
  addressFormat: `ADDRESS_FORMAT_${string}`
}

const networks = Object.keys(NETWORKS) as Network[]

/** The package's own constant. */
function accountsOf(version: ClientVersion, name: string): Account[] {
  const constants = CONSTANTS[version] as unknown as Record<string, Account[]>
  const accounts = constants[`DEFAULT_${name}_ACCOUNTS`]
  if (accounts === undefined) throw new Error(`${version} has no accounts of ${name}`)
  return accounts
}

const nodeAt = (path: string) => HDNodeWallet.fromPhrase(MNEMONIC, undefined, path)
const publicKeyAt = (path: string) => Buffer.from(nodeAt(path).publicKey.slice(2), 'hex')

/** A path for each form, of an account that this test signs with. */
const SIGNERS = bitcoinForms.map((form, index) => ({ form, path: `m/84'/0'/0'/7/${index}` }))
const OTHER = paymentOf('p2wpkh', publicKeyAt("m/84'/0'/9'/0/0"))

async function makeAccounts(
  { admin, walletId }: KnownWorld,
  accounts: readonly { path: string; addressFormat: string }[],
): Promise<string[]> {
  const made = await admin.submit('create_wallet_accounts', {
    walletId,
    accounts: accounts.map((account) => ({
      curve: 'CURVE_SECP256K1',
      pathFormat: 'PATH_FORMAT_BIP32',
      ...account,
    })),
  })
  return made.at('activity.result.createWalletAccountsResult.addresses')
}

const mainnet = (form: BitcoinForm) => `ADDRESS_FORMAT_BITCOIN_MAINNET_${form.toUpperCase()}`

describe.each(engines)('Bitcoin on %s', (engine) => {
  let world: KnownWorld
  let addresses: string[]
  beforeAll(async () => {
    world = await startKnownWorld({ engine })
    addresses = await makeAccounts(
      world,
      SIGNERS.map(({ form, path }) => ({ path, addressFormat: mainnet(form) })),
    )
  })
  afterAll(() => world.server.dispose())

  const addressOf = (form: BitcoinForm) => addresses[bitcoinForms.indexOf(form)] ?? ''
  const paymentBy = ({ form, path }: (typeof SIGNERS)[number]) => paymentOf(form, publicKeyAt(path))
  const sign = async (unsignedTransaction: string, signWith: string) => {
    const type = 'TRANSACTION_TYPE_BITCOIN'
    const client = officialClient('8.2.1', world.admin) as ReturnType<
      InstanceType<typeof newest.Turnkey>['apiClient']
    >
    return (await client.signTransaction({ signWith, unsignedTransaction, type })).signedTransaction
  }

  test('has the addresses of @scure/btc-signer', () => {
    expect(addresses).toEqual(SIGNERS.map((signer) => paymentBy(signer).address))
  })

  test.each(SIGNERS)('signs what a $form address spends', async (signer) => {
    const { form } = signer
    const proof = form === 'p2pkh' ? 'transaction' : 'claim'
    const tx = transactionOf(
      [inputOf(paymentBy(signer), 10_000n, proof)],
      [{ ...OTHER, amount: 9_000n }],
    )
    const signed = await sign(psbtOf(tx), addressOf(form))
    expect(finalized(signed)).toBe(tx.id)
  })

  test('signs one by one what five addresses spend together', async () => {
    const inputs = SIGNERS.map((signer) =>
      inputOf(paymentBy(signer), 5_000n, signer.form === 'p2tr' ? 'both' : 'transaction'),
    )
    const tx = transactionOf(inputs, [{ ...OTHER, amount: 24_000n }])
    let psbt = psbtOf(tx)
    for (const [at, address] of addresses.entries()) {
      const before = scure.Transaction.fromPSBT(Buffer.from(psbt, 'hex'))
      psbt = await sign(psbt, address)
      const after = scure.Transaction.fromPSBT(Buffer.from(psbt, 'hex'))
      for (const other of inputs.keys()) {
        const { partialSig, tapKeySig, ...rest } = after.getInput(other)
        const isSigned = partialSig !== undefined || tapKeySig !== undefined
        expect(isSigned).toBe(other <= at)
        expect(before.getInput(other)).toMatchObject(rest)
      }
    }
    expect(finalized(psbt)).toBe(tx.id)
  })

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    test('signs payloads with the taproot key, as BIP-340 has it', async () => {
      const signWith = addressOf('p2tr')
      const payload = 'ab'.repeat(32)
      const client = officialClient(version, world.admin)
      const one = await client.signRawPayload({
        signWith,
        payload,
        encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
        hashFunction: 'HASH_FUNCTION_NO_OP',
      })
      const [, outputKey] = scure.Script.decode(
        paymentOf('p2tr', publicKeyAt(SIGNERS[4]?.path ?? '')).script,
      )
      if (!(outputKey instanceof Uint8Array)) throw new Error('no output key')
      const verifies = ({ r, s }: { r: string; s: string }, message: string) =>
        schnorr.verify(Buffer.from(r + s, 'hex'), Buffer.from(message, 'hex'), outputKey)
      expect(one).toMatchObject({ v: '00' })
      expect(verifies(one, payload)).toBe(true)
      const { signatures = [] } = await client.signRawPayloads({
        signWith,
        payloads: ['hello', payload],
        encoding: 'PAYLOAD_ENCODING_TEXT_UTF8',
        hashFunction: 'HASH_FUNCTION_SHA256',
      })
      const hashes = ['hello', payload].map((text) => hash('sha256', text))
      expect(signatures.map((signature, at) => verifies(signature, hashes[at] ?? ''))).toEqual([
        true,
        true,
      ])
    })
  })
})

describe.each(clientVersions)('Bitcoin accounts of sdk-server %s', (version) => {
  let world: KnownWorld
  beforeAll(async () => {
    world = await startKnownWorld({ engine: 'sqlite' })
  })
  afterAll(() => world.server.dispose())

  test.each(networks)('on %s have the addresses of @scure/btc-signer', async (network) => {
    const rows = bitcoinForms.map((form) => {
      const name = `BITCOIN_${network}_${form.toUpperCase()}`
      const [account, ...more] = accountsOf(version, name)
      if (account === undefined || more.length > 0) throw new Error('not one account')
      const address = paymentOf(form, publicKeyAt(account.path), NETWORKS[network]).address
      return { account, address }
    })
    const made = await officialClient(version, world.admin).createWalletAccounts({
      walletId: world.walletId,
      accounts: rows.map(({ account }) => account) as never,
    })
    expect(made.addresses).toEqual(rows.map(({ address }) => address))
  })
})
