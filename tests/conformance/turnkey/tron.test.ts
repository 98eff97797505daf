// Tron: the official clients sign what tronweb built, and tronweb verifies and recovers the signer.
import { DEFAULT_TRON_ACCOUNTS } from '@turnkey/sdk-server-seed'
import { HDNodeWallet } from 'ethers'
import { Trx, TronWeb, type Types, utils } from 'tronweb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engines } from '../../support/server.ts'
import { type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import {
  type ClientVersion,
  clientVersions,
  errorOf,
  officialClient,
  PATHS,
  violationsOf,
} from './world.ts'

type Built = Pick<Types.Transaction, 'txID' | 'raw_data_hex'>

const DOCUMENTED_PATH = "m/44'/195'/0'/0/0"
const account = {
  curve: 'CURVE_SECP256K1',
  pathFormat: 'PATH_FORMAT_BIP32',
  addressFormat: 'ADDRESS_FORMAT_TRON',
} as const

/** The account as the package of that version, or else the documentation, has it. */
const ACCOUNTS: Record<
  ClientVersion,
  { accounts: (typeof account & { path: string })[]; address: string }
> = {
  '4.1.1': {
    accounts: DEFAULT_TRON_ACCOUNTS.map(({ path }) => ({ ...account, path })),
    address: 'TZAcQpmdhrdMTJpfcZWJUeJBNwireyh5Zo',
  },
  '8.2.1': {
    accounts: [{ ...account, path: DOCUMENTED_PATH }],
    address: 'TWer2Ygk5TEheHp3TPuYeqxmB6SsGZmaL6',
  },
}

const TETHER = 'TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf'
const blockHeader = {
  ref_block_bytes: '4ef5',
  ref_block_hash: '3d9b5c4a7e1f2a60',
  expiration: 1_746_736_569_954,
  timestamp: 1_746_736_509_954,
}

// Nothing listens there: what tronweb builds in these tests, it builds without a node.
const tronWeb = new TronWeb({ fullHost: 'http://127.0.0.1:1' })
const builder = tronWeb.transactionBuilder

const BUILD: [string, (from: string) => Promise<Types.Transaction>][] = [
  ['a transfer of TRX', (from) => builder.sendTrx(TETHER, 1_000_000, from, { blockHeader })],
  [
    'a TRC-20 transfer',
    async (from) => {
      const parameters = [
        { type: 'address', value: TETHER },
        { type: 'uint256', value: 5 },
      ]
      const options = { txLocal: true, feeLimit: 150_000_000, blockHeader }
      const name = 'transfer(address,uint256)'
      return (await builder.triggerSmartContract(TETHER, name, options, parameters, from))
        .transaction
    },
  ],
  ['a TRC-10 transfer', (from) => builder.sendToken(TETHER, 7, '1000001', from, { blockHeader })],
  ['votes', (from) => builder.vote({ [TETHER]: 5 }, from, { blockHeader })],
  ['a stake', (from) => builder.freezeBalanceV2(5, 'ENERGY', from, { blockHeader })],
  [
    'a transfer of another owner, under a permission',
    () =>
      builder.sendTrx(TETHER, 1, 'TJRabPrwbZy45sbavfcjinPJC18kjpRTv8', {
        blockHeader,
        permissionId: 2,
      }),
  ],
]

interface TransactionMessage {
  getRawData: () => { serializeBinary: () => Uint8Array }
  getSignatureList_asU8: () => Uint8Array[]
  serializeBinary: () => Uint8Array
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A whole transaction, as tronweb's own classes read it; they write the very same bytes. */
function decodeSigned(signed: string) {
  const { TronWebProto } = globalThis as unknown as {
    TronWebProto: { Transaction: { deserializeBinary: (bytes: Uint8Array) => TransactionMessage } }
  }
  const decoded = TronWebProto.Transaction.deserializeBinary(Buffer.from(signed, 'hex'))
  expect(hexOf(decoded.serializeBinary())).toBe(signed)
  return {
    rawData: hexOf(decoded.getRawData().serializeBinary()),
    signature: decoded.getSignatureList_asU8().map(hexOf),
  }
}

describe.each(engines)('signing for Tron on %s', (engine) => {
  let world: KnownWorld
  beforeAll(async () => {
    world = await startKnownWorld({ engine })
  })
  afterAll(() => world.server.dispose())

  describe.each(clientVersions)('with sdk-server %s', (version) => {
    const { accounts, address } = ACCOUNTS[version]
    const client = () => officialClient(version, world.admin)
    const sign = async ({ raw_data_hex: unsignedTransaction }: Built, signWith = address) => {
      const type = 'TRANSACTION_TYPE_TRON'
      return (await client().signTransaction({ signWith, unsignedTransaction, type }))
        .signedTransaction
    }

    test('makes an account with its address', async () => {
      const { walletId } = world
      const made = await client().createWalletAccounts({ walletId, accounts })
      expect(made.addresses).toEqual([address])
      expect(TronWeb.isAddress(address)).toBe(true)
    })

    test.each(BUILD)('signs %s', async (_what, build) => {
      const built = await build(address)
      const { rawData, signature } = decodeSigned(await sign(built))
      expect(rawData).toBe(built.raw_data_hex)
      expect(signature).toEqual([expect.stringMatching(/^[0-9a-f]{128}1[bc]$/)])
      expect(Trx.ecRecover({ ...built, signature })).toBe(address)
    })

    test('signs as tronweb does with the same key', async () => {
      const { privateKey } = HDNodeWallet.fromPhrase(MNEMONIC, undefined, accounts[0]?.path)
      const built = await builder.sendTrx(TETHER, 3, address, { blockHeader })
      const theirs = await tronWeb.trx.sign(built, privateKey.slice(2))
      expect(decodeSigned(await sign(built)).signature).toEqual(
        theirs.signature.map((one) => one.toLowerCase()),
      )
    })

    test('signs with a private key', async () => {
      const made = await client().createPrivateKeys({
        privateKeys: [
          {
            privateKeyName: `Tron of ${version}`,
            curve: 'CURVE_SECP256K1',
            addressFormats: ['ADDRESS_FORMAT_TRON'],
            privateKeyTags: [],
          },
        ],
      })
      const [key] = made.privateKeys
      const own = key?.addresses?.[0]?.address ?? ''
      const built = await builder.sendTrx(TETHER, 3, own, { blockHeader })
      for (const signWith of [own, key?.privateKeyId]) {
        const { signature } = decodeSigned(await sign(built, signWith))
        expect(Trx.ecRecover({ ...built, signature })).toBe(own)
      }
    })
  })
})

describe('a Tron transaction is refused', () => {
  let world: KnownWorld
  let address: string
  let transfer: Types.Transaction
  beforeAll(async () => {
    world = await startKnownWorld({ engine: 'sqlite' })
    address = await makeAccount({ ...account, path: DOCUMENTED_PATH })
    transfer = await builder.sendTrx(TETHER, 1, address, { blockHeader })
  })
  afterAll(() => world.server.dispose())

  async function makeAccount(params: object): Promise<string> {
    const { walletId } = world
    const made = await world.admin.submit('create_wallet_accounts', {
      walletId,
      accounts: [params],
    })
    return made.at('activity.result.createWalletAccountsResult.addresses.0')
  }

  const sign = (unsignedTransaction: string, signWith = address) => {
    const type = 'TRANSACTION_TYPE_TRON'
    const params = { signWith, unsignedTransaction, type }
    return world.admin.submit('sign_transaction', params, 'SIGN_TRANSACTION_V2')
  }

  const whole = () =>
    hexOf((utils.transaction.txJsonToPb(transfer) as TransactionMessage).serializeBinary())
  const notRaw = 'raw_data.ref_block_bytes is not 2 bytes: is this a whole transaction?'

  test.each<[string, () => Promise<string> | string, string]>([
    ['no bytes', () => '0x', 'raw_data.ref_block_bytes is missing'],
    ['no hexadecimal', () => 'Tron', 'the transaction is not hexadecimal'],
    ['half a byte', () => `${transfer.raw_data_hex}0`, 'the transaction is not hexadecimal'],
    ['a byte cut off', () => transfer.raw_data_hex.slice(0, -2), 'raw_data ends early'],
    [
      'a byte too many',
      () => `${transfer.raw_data_hex}00`,
      'raw_data has field 0 where it has no place',
    ],
    ['a whole transaction', whole, notRaw],
    [
      'a signed transaction',
      async () =>
        (await sign(transfer.raw_data_hex)).at(
          'activity.result.signTransactionResult.signedTransaction',
        ),
      notRaw,
    ],
    ['its JSON', () => JSON.stringify(transfer), 'the transaction is not hexadecimal'],
    [
      'an Ethereum transaction',
      () => '02e70180843b9aca00847735940082520894000000000000000000000000000000000000dead0180c0',
      'raw_data.ref_block_bytes is missing',
    ],
  ])('that is %s', async (_what, unsigned, description) => {
    const answer = await sign(await unsigned())
    expect(answer.status).toBe(400)
    expect(errorOf(answer)).toMatchObject({
      code: 3,
      message: 'failed to parse transaction',
      turnkeyErrorCode: 'INVALID_TRANSACTION',
    })
    expect(violationsOf(answer)).toEqual([{ field: 'unsignedTransaction', description }])
  })

  test.each([
    [
      'an Ed25519',
      { curve: 'CURVE_ED25519', path: PATHS.solana, addressFormat: 'ADDRESS_FORMAT_SOLANA' },
    ],
    [
      'a P-256',
      { curve: 'CURVE_P256', path: "m/0'/1", addressFormat: 'ADDRESS_FORMAT_COMPRESSED' },
    ],
  ])('with %s key', async (_curve, params) => {
    const other = await makeAccount({ ...account, ...params })
    const answer = await sign(transfer.raw_data_hex, other)
    expect(answer.status).toBe(400)
    expect(errorOf(answer).message).toBe('this kind of transaction needs a secp256k1 key')
  })

  test('but not for 0x in front, nor for capitals', async () => {
    const result = 'activity.result.signTransactionResult.signedTransaction'
    const plain = (await sign(transfer.raw_data_hex)).at(result)
    const spelled = await sign(`0x${transfer.raw_data_hex.toUpperCase()}`)
    expect(spelled.at(result)).toBe(plain)
  })

  test.each(['CURVE_ED25519', 'CURVE_P256'])('and so is an address for %s', async (curve) => {
    const accounts = [{ ...account, path: "m/44'/195'/9'", curve }]
    const { walletId } = world
    const answer = await world.admin.submit('create_wallet_accounts', { walletId, accounts })
    expect(errorOf(answer).message).toBe('invalid address format')
  })
})
