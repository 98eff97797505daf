// Bitcoin: what is refused and why; which key of an account signs, and which one leaves in an export;
// what policies and limits allow.
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { generatePrivateKey, publicKeyOf, uncompressPublicKey } from '@keystead/crypto/node'
import { HDNodeWallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type BitcoinForm,
  finalized,
  inputOf,
  paymentOf,
  psbtOf,
  transactionOf,
} from '../../support/bitcoin.ts'
import { generateKey, type TestClient } from '../../support/client.ts'
import { decryptExport } from '../../../packages/server/test/support/transfers.ts'
import { type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import { createUser, errorOf, ethereumAccount, PATHS, violationsOf } from './world.ts'

const PATH = "m/84'/0'/0'/0/0"
const FORMS = ['p2wpkh', 'p2tr', 'p2pkh', 'p2sh'] as const
const publicKeyAt = (path: string) =>
  Buffer.from(HDNodeWallet.fromPhrase(MNEMONIC, undefined, path).publicKey.slice(2), 'hex')
const publicKey = publicKeyAt(PATH)
const own = (form: BitcoinForm) => paymentOf(form, publicKey)
const other = (index: number) => paymentOf('p2wpkh', publicKeyAt(`m/84'/0'/9'/0/${index}`))
const bob = other(0)

const signedTransaction = 'activity.result.signTransactionResult.signedTransaction'
const signature = 'activity.result.signRawPayloadResult'

let world: KnownWorld
const addresses: Partial<Record<BitcoinForm, string>> = {}
beforeAll(async () => {
  world = await startKnownWorld({ engine: 'sqlite' })
  const made = await world.admin.submit('create_wallet_accounts', {
    walletId: world.walletId,
    accounts: FORMS.map((form) => ({
      ...ethereumAccount,
      path: PATH,
      addressFormat: `ADDRESS_FORMAT_BITCOIN_MAINNET_${form.toUpperCase()}`,
    })),
  })
  for (const [at, form] of FORMS.entries()) {
    addresses[form] = made.at(`activity.result.createWalletAccountsResult.addresses.${at}`)
  }
})
afterAll(() => world.server.dispose())

const sign = (unsignedTransaction: string, signWith = addresses.p2wpkh ?? '', by = world.admin) => {
  const type = 'TRANSACTION_TYPE_BITCOIN'
  return by.submit(
    'sign_transaction',
    { signWith, unsignedTransaction, type },
    'SIGN_TRANSACTION_V2',
  )
}
const signPayload = (signWith: string, params: object = {}) =>
  world.admin.submit(
    'sign_raw_payload',
    {
      signWith,
      payload: '11'.repeat(32),
      encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
      hashFunction: 'HASH_FUNCTION_NO_OP',
      ...params,
    },
    'SIGN_RAW_PAYLOAD_V2',
  )

const payment = (form: BitcoinForm = 'p2wpkh', sighashType?: number) => {
  const tx = transactionOf([inputOf(own(form), 10_000n, 'both')], [{ ...bob, amount: 9_000n }])
  if (sighashType !== undefined) tx.updateInput(0, { sighashType })
  return tx
}

describe('a PSBT is refused', () => {
  const hex = psbtOf

  test.each<[string, () => string, string]>([
    ['that is nothing', () => '0x', 'it does not begin as a PSBT does'],
    ['in Base64', () => 'cHNidP8BAAoAAAAAAAAAAAAAAA==', 'the transaction is not hexadecimal'],
    ['that is a transaction', () => '02000000000000000000', 'it does not begin as a PSBT does'],
    ['that is cut off', () => hex(payment()).slice(0, -2), 'the PSBT ends early'],
    ['with a byte too many', () => `${hex(payment())}00`, 'the PSBT has trailing bytes'],
    [
      'whose sighash leaves outputs open',
      () => hex(payment('p2wpkh', 0x83)),
      'inputs[0].sighash_type 0x83 is not supported',
    ],
    [
      'whose input is of another transaction',
      () => {
        const { nonWitnessUtxo = [] } = inputOf(own('p2wpkh'), 1_000n, 'transaction')
        const claimed = inputOf(own('p2wpkh'), 1_000n, 'claim')
        const tx = transactionOf([claimed], [{ ...bob, amount: 900n }])
        // btc-signer refuses it, too.
        return withPreviousTransaction(hex(tx), Buffer.from(nonWitnessUtxo))
      },
      'inputs[0].non_witness_utxo is not the transaction that the input spends',
    ],
  ])('%s', async (_what, unsigned, description) => {
    const answer = await sign(unsigned())
    expect(answer.status).toBe(400)
    expect(errorOf(answer)).toMatchObject({
      code: 3,
      message: 'failed to parse transaction',
      turnkeyErrorCode: 'INVALID_TRANSACTION',
    })
    expect(violationsOf(answer)).toEqual([{ field: 'unsignedTransaction', description }])
  })

  test.each<[string, BitcoinForm, BitcoinForm]>([
    ['of a witness address, by the taproot address of the same key', 'p2wpkh', 'p2tr'],
    ['of a taproot address, by a witness address of the same key', 'p2tr', 'p2wpkh'],
  ])('%s', async (_what, spent, signer) => {
    const answer = await sign(hex(payment(spent)), addresses[signer])
    expect(answer.status).toBe(400)
    expect(errorOf(answer).message).toBe('the key is not one of the signers of the transaction')
  })

  test('that spends nothing of the key', async () => {
    const tx = transactionOf([inputOf(other(1), 1_000n, 'both')], [{ ...bob, amount: 900n }])
    const answer = await sign(hex(tx))
    expect(errorOf(answer).message).toBe('the key is not one of the signers of the transaction')
  })

  test('by a key of another curve', async () => {
    const made = await world.admin.submit('create_wallet_accounts', {
      walletId: world.walletId,
      accounts: [
        {
          ...ethereumAccount,
          curve: 'CURVE_ED25519',
          path: PATHS.solana,
          addressFormat: 'ADDRESS_FORMAT_SOLANA',
        },
      ],
    })
    const address = made.at('activity.result.createWalletAccountsResult.addresses.0')
    const answer = await sign(hex(payment()), address)
    expect(errorOf(answer).message).toBe('this kind of transaction needs a secp256k1 key')
  })
})

/** The PSBT with a first entry in its first input. */
function withPreviousTransaction(psbt: string, previous: Buffer): string {
  const bytes = Buffer.from(psbt, 'hex')
  const inputAt = bytes.indexOf(Buffer.of(1, 1), 5 + 3 + (bytes[7] ?? 0))
  const length = Buffer.of(previous.length)
  return Buffer.concat([
    bytes.subarray(0, inputAt),
    Buffer.of(1, 0),
    length,
    previous,
    bytes.subarray(inputAt),
  ]).toString('hex')
}

describe('a taproot address', () => {
  const taproot = () => addresses.p2tr ?? ''
  const outputKey = Buffer.from(own('p2tr').script.slice(2))
  const bytesOf = ({ r, s }: { r: string; s: string }) => Buffer.from(r + s, 'hex')
  const digest = Buffer.alloc(32, 0x11)

  test('signs with its tweaked key and nothing else does, in whichever order', async () => {
    for (const form of ['p2tr', 'p2wpkh', 'p2tr', 'p2wpkh'] as const) {
      const answer = await signPayload(addresses[form] ?? '')
      const bytes = bytesOf(answer.at(signature))
      expect(schnorr.verify(bytes, digest, outputKey)).toBe(form === 'p2tr')
      const isEcdsa = secp256k1.verify(bytes, digest, publicKey, { prehash: false })
      expect(isEcdsa).toBe(form === 'p2wpkh')
    }
  })

  test('is found by the id of its account, too', async () => {
    const listed = await world.admin.query('list_wallet_accounts', {
      walletId: world.walletId,
      paginationOptions: { limit: '100' },
    })
    const account = listed
      .at<{ address: string; walletAccountId: string }[]>('accounts')
      .find(({ address }) => address === taproot())
    const answer = await signPayload(account?.walletAccountId ?? '')
    expect(schnorr.verify(bytesOf(answer.at(signature)), digest, outputKey)).toBe(true)
  })

  test('leaves in an export with its plain key, which wallets tweak again', async () => {
    await signPayload(taproot())
    const recipient = generatePrivateKey('p256')
    const compressed = publicKeyOf('p256', recipient)
    const answer = await world.admin.submit('export_wallet_account', {
      address: taproot(),
      targetPublicKey: uncompressPublicKey('p256', compressed).toString('hex'),
    })
    const bundle = answer.at<string>('activity.result.exportWalletAccountResult.exportBundle')
    const { privateKey } = HDNodeWallet.fromPhrase(MNEMONIC, undefined, PATH)
    expect(`0x${decryptExport(bundle, recipient).toString('hex')}`).toBe(privateKey)
  })

  test('of a private key signs so only when it is named by that address', async () => {
    const made = await world.admin.submit(
      'create_private_keys',
      {
        privateKeys: [
          {
            privateKeyName: 'both',
            curve: 'CURVE_SECP256K1',
            addressFormats: ['P2WPKH', 'P2TR', 'P2PKH'].map(
              (form) => `ADDRESS_FORMAT_BITCOIN_REGTEST_${form}`,
            ),
            privateKeyTags: [],
          },
        ],
      },
      'CREATE_PRIVATE_KEYS_V2',
    )
    const key = made.at<{ privateKeyId: string; addresses: { address: string }[] }>(
      'activity.result.createPrivateKeysResultV2.privateKeys.0',
    )
    const [witness = '', bech32m = '', base58 = ''] = key.addresses.map(({ address }) => address)
    const found = await world.admin.query('get_private_key', { privateKeyId: key.privateKeyId })
    const compressed = secp256k1.Point.fromHex(found.at('privateKey.publicKey')).toBytes(true)
    const { script } = paymentOf('p2tr', compressed)
    for (const signWith of [witness, bech32m, base58, key.privateKeyId]) {
      const bytes = bytesOf((await signPayload(signWith)).at(signature))
      const isEcdsa = secp256k1.verify(bytes, digest, compressed, { prehash: false })
      expect(isEcdsa).toBe(signWith !== bech32m)
      expect(schnorr.verify(bytes, digest, script.slice(2))).toBe(signWith === bech32m)
    }
  })

  test.each([
    [
      'TRANSACTION_TYPE_ETHEREUM',
      'e380843b9aca0082520894000000000000000000000000000000000000dead0180018080',
    ],
    [
      'TRANSACTION_TYPE_TRON',
      '0a024ef522083d9b5c4a7e1f2a6040a2b4c6f8ea325a65080112610a2d747970652e676f6f676c65617069732e636f6d2f70726f746f636f6c2e5472616e73666572436f6e747261637412300a1541eb8f23b15acb0f0245a4dbbd820b9bda368b02d61215415a523b449890854c8fc460ab602df9f31fe4293f180170a0b0c2f8ea32',
    ],
  ])('does not sign %s', async (type, unsignedTransaction) => {
    const answer = await world.admin.submit(
      'sign_transaction',
      { signWith: taproot(), unsignedTransaction, type },
      'SIGN_TRANSACTION_V2',
    )
    expect(errorOf(answer).message).toBe('the key is not one of the signers of the transaction')
  })

  test.each([
    ['a digest of 31 bytes', { payload: '11'.repeat(31) }, 'invalid payload'],
    [
      'what is not hashed at all',
      { hashFunction: 'HASH_FUNCTION_NOT_APPLICABLE' },
      'invalid hash function',
    ],
    [
      'an authorization of Ethereum',
      {
        encoding: 'PAYLOAD_ENCODING_EIP7702_AUTHORIZATION',
        payload: JSON.stringify({ address: `0x${'11'.repeat(20)}`, chainId: 1, nonce: 0 }),
      },
      'invalid payload encoding',
    ],
  ])('does not sign %s', async (_what, params, message) => {
    const answer = await signPayload(taproot(), params)
    expect(answer.status).toBe(400)
    expect(errorOf(answer).message).toBe(message)
  })
})

describe('policies', () => {
  let bot: TestClient
  const toBob = `bitcoin.tx.outputs.all(o, o.address in ['${bob.address}', '${own('p2wpkh').address}'])`
  const create = (policy: object) => world.admin.submit('create_policy', policy, 'CREATE_POLICY_V3')
  const limitOf = (per: string, max: string) => ({
    measure: 'LIMIT_MEASURE_SATOSHIS',
    per: `LIMIT_PER_${per}`,
    window: { calendar: 'LIMIT_CALENDAR_MONTH' },
    max,
  })
  beforeAll(async () => {
    const member = await createUser(world, generateKey(), 'bot')
    bot = member.client
    const consensus = `approvers.any(user, user.id == '${member.userId}')`
    const effect = 'EFFECT_ALLOW'
    await create({ policyName: 'to Bob', effect, consensus, condition: toBob })
    const limits = [limitOf('ORGANIZATION', '10000'), limitOf('DESTINATION', '9000')]
    await create({ policyName: 'month', effect: 'EFFECT_DENY', consensus, limits })
  })

  const pay = (to: ReturnType<typeof other>, amount: bigint, proof: 'claim' | 'both' = 'both') => {
    const inputs = [inputOf(own('p2wpkh'), 4_000n, proof), inputOf(own('p2wpkh'), 16_000n, proof)]
    const change = { ...own('p2wpkh'), amount: 20_000n - amount - 100n }
    return psbtOf(transactionOf(inputs, [{ ...to, amount }, change]))
  }
  const denied = 'policy engine denied request explicitly'

  test('see where a transaction goes, and limits count what leaves and the fee', async () => {
    const signWith = addresses.p2wpkh
    const elsewhere = await sign(pay(other(1), 1_000n), signWith, bot)
    expect(errorOf(elsewhere).message).toBe('request not authorized')
    const claimed = await sign(pay(bob, 1_000n, 'claim'), signWith, bot)
    expect(errorOf(claimed).message).toBe(denied)
    const first = await sign(pay(bob, 8_000n), signWith, bot)
    expect(finalized(first.at(signedTransaction))).toMatch(/^[0-9a-f]{64}$/)
    // 8000 and 100 of 10000 are gone: 1801 and 100 would be one satoshi too many.
    expect(errorOf(await sign(pay(bob, 1_801n), signWith, bot)).message).toBe(denied)
    // Of the 9000 for Bob, 1000 are left.
    expect(errorOf(await sign(pay(bob, 1_001n), signWith, bot)).message).toBe(denied)
    expect((await sign(pay(bob, 1_000n), signWith, bot)).status).toBe(200)
  })
})
