// What is not signed: each refusal with its message, its field and its reason, kept as failed.
import { Keypair, PublicKey, SystemProgram, Transaction } from '@solana/web3.js'
import { serializeTransaction } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../support/client.ts'
import { generations, HTTP, httpClient } from './clients.ts'
import { KNOWN_ADDRESS, type KnownWorld, MNEMONIC, startKnownWorld } from './knownWallet.ts'
import { errorOf, PATHS, violationsOf } from './world.ts'

const known = mnemonicToAccount(MNEMONIC)

const REQUEST = {
  chainId: 1,
  nonce: 0,
  gas: 21_000n,
  maxFeePerGas: 2n,
  maxPriorityFeePerGas: 1n,
  to: '0x000000000000000000000000000000000000dEaD',
} as const
const UNSIGNED = serializeTransaction(REQUEST)

/** RLP of a list that is shorter than 56 bytes. */
const list = (...items: string[]) => {
  const body = items.join('')
  return (0xc0 + body.length / 2).toString(16) + body
}
const ADDRESS = `94${'de'.repeat(20)}`
/** Nonce, gas price, gas, to, value, data of a legacy transaction. */
const LEGACY = ['80', '01', '825208', ADDRESS, '80', '80']

const UNPARSEABLE: [string, string, string][] = [
  ['no bytes', '0x', 'the transaction is empty'],
  ['no hexadecimal', '0xzz', 'the transaction is not hexadecimal'],
  ['half a byte', `${UNSIGNED}0`, 'the transaction is not hexadecimal'],
  [
    'zeros for r, s and yParity',
    `02${list('01', '80', '01', '02', '80', ADDRESS, '80', '80', 'c0', '80', '80', '80')}`,
    'the transaction has fields for a signature',
  ],
  [
    'r, s and v for a legacy one',
    list(...LEGACY, '1b', '01', '01'),
    'the transaction is signed already',
  ],
  ['trailing bytes', `${UNSIGNED}00`, 'rlp has trailing bytes'],
  ['a missing byte', UNSIGNED.slice(0, -2), 'rlp ends early'],
  [
    'a byte with a length',
    list('8100', ...LEGACY.slice(1)),
    'rlp gives a length to a single byte below 0x80',
  ],
  [
    'an integer with zeros in front',
    list('80', '01', '83005208', ...LEGACY.slice(3)),
    'gas has leading zeros',
  ],
  ['a field too few', list(...LEGACY.slice(1)), 'the transaction does not have 6 fields'],
  ['an unknown type byte', `05${UNSIGNED.slice(4)}`, 'the transaction type is unknown'],
  ['a bare string', '0x80', 'the transaction type is unknown'],
]

let world: KnownWorld
let solana: string
beforeAll(async () => {
  world = await startKnownWorld({ engine: 'sqlite' })
  const { walletId } = world
  const made = await world.admin.submit('create_wallet_accounts', {
    walletId,
    accounts: [
      {
        curve: 'CURVE_ED25519',
        pathFormat: 'PATH_FORMAT_BIP32',
        path: PATHS.solana,
        addressFormat: 'ADDRESS_FORMAT_SOLANA',
      },
    ],
  })
  solana = made.at('activity.result.createWalletAccountsResult.addresses.0')
})
afterAll(() => world.server.dispose())

const signTransaction = (
  unsignedTransaction: string,
  signWith: string = KNOWN_ADDRESS,
  type = 'TRANSACTION_TYPE_ETHEREUM',
) =>
  world.admin.submit(
    'sign_transaction',
    { signWith, unsignedTransaction, type },
    'SIGN_TRANSACTION_V2',
  )

const signEncoded = (encoding: string, payload: string, signWith: string = KNOWN_ADDRESS) =>
  world.admin.submit(
    'sign_raw_payload',
    {
      signWith,
      payload,
      encoding: `PAYLOAD_ENCODING_${encoding}`,
      hashFunction: 'HASH_FUNCTION_NO_OP',
    },
    'SIGN_RAW_PAYLOAD_V2',
  )

interface Refusal {
  status: number
  code: number
  message: string
}

/** Asserts the refusal, and that the newest activity is this one, failed for the same reason. */
async function expectFailed(answer: Answer, { status, code, message }: Refusal): Promise<void> {
  expect(errorOf(answer)).toMatchObject({ code, message })
  expect(answer.status).toBe(status)
  const listed = await world.admin.query('list_activities', { paginationOptions: { limit: '1' } })
  expect(listed.at('activities.0')).toMatchObject({
    status: 'ACTIVITY_STATUS_FAILED',
    result: {},
    failure: { code, message },
  })
}

const refused = (message: string): Refusal => ({ status: 400, code: 3, message })

describe('a transaction is refused', () => {
  test.each(UNPARSEABLE)('with %s', async (_what, unsigned, description) => {
    const answer = await signTransaction(unsigned)
    await expectFailed(answer, refused('failed to parse transaction'))
    expect(errorOf(answer).turnkeyErrorCode).toBe('INVALID_TRANSACTION')
    expect(violationsOf(answer)).toEqual([{ field: 'unsignedTransaction', description }])
  })

  test('that is signed already', async () => {
    for (const type of ['legacy', 'eip1559'] as const) {
      const signed = await known.signTransaction(
        type === 'legacy' ? { type, chainId: 1, nonce: 0, gas: 1n, gasPrice: 1n } : REQUEST,
      )
      const answer = await signTransaction(signed)
      await expectFailed(answer, refused('failed to parse transaction'))
    }
  })

  test('with an Ed25519 key', async () => {
    const message = 'this kind of transaction needs a secp256k1 key'
    await expectFailed(await signTransaction(UNSIGNED, solana), refused(message))
  })

  test.each([
    ['address', `0x${'00'.repeat(20)}`],
    ['id', crypto.randomUUID()],
    ['name', 'nobody'],
  ])('with an unknown %s', async (_kind, signWith) => {
    const message = 'no wallet account or private key found to sign with'
    await expectFailed(await signTransaction(UNSIGNED, signWith), {
      status: 404,
      code: 5,
      message,
    })
  })

  // The request itself is malformed: no activity comes of it.
  test.each(['TRANSACTION_TYPE_TEMPO', 'TRANSACTION_TYPE_NONE', 'ETHEREUM', ''])(
    'of the unknown type `%s`',
    async (type) => {
      const answer = await signTransaction(UNSIGNED, KNOWN_ADDRESS, type)
      expect(answer.status).toBe(400)
      expect(violationsOf(answer)).toEqual([
        { field: 'type', description: 'unsupported transaction type' },
      ])
    },
  )

  test('of the unknown type in the first version', async () => {
    for (const signer of [{ privateKeyId: crypto.randomUUID() }, { signWith: KNOWN_ADDRESS }]) {
      const answer = await world.admin.submit('sign_transaction', {
        ...signer,
        unsignedTransaction: UNSIGNED,
        type: 'TRANSACTION_TYPE_NONE',
      })
      expect(answer.status).toBe(400)
      expect(violationsOf(answer)).toEqual([
        { field: 'type', description: 'unsupported transaction type' },
      ])
    }
  })

  test.each([
    ['neither', {}],
    ['both', { privateKeyId: crypto.randomUUID(), signWith: KNOWN_ADDRESS }],
  ])('in the first version with %s of its two ways to name a key', async (_what, signers) => {
    const type = 'TRANSACTION_TYPE_ETHEREUM'
    const params = { ...signers, unsignedTransaction: UNSIGNED, type }
    const answer = await world.admin.submit('sign_transaction', params)
    expect(answer.status).toBe(400)
    expect(violationsOf(answer)).toEqual([
      { field: 'privateKeyId', description: 'is required, or `signWith` in its place' },
    ])
  })

  test.each(generations)('so that @turnkey/http, %s, throws the message', async (generation) => {
    const asked = httpClient(generation, world.admin).signTransaction({
      type: 'ACTIVITY_TYPE_SIGN_TRANSACTION_V2',
      organizationId: world.organizationId,
      timestampMs: String(Date.now()),
      parameters: {
        signWith: KNOWN_ADDRESS,
        unsignedTransaction: `${UNSIGNED}00`,
        type: 'TRANSACTION_TYPE_ETHEREUM',
      },
    })
    await expect(asked).rejects.toThrow('Turnkey error 3: failed to parse transaction')
    await expect(asked).rejects.toBeInstanceOf(HTTP[generation].TurnkeyRequestError)
  })
})

describe('a Solana transaction is refused', () => {
  const payer = Keypair.fromSeed(Buffer.alloc(32, 1)).publicKey
  const fromPayer = (from: PublicKey, data?: Buffer) => {
    const to = { fromPubkey: from, toPubkey: payer, lamports: 5 }
    const instruction = SystemProgram.transfer(to)
    instruction.data = data ?? instruction.data
    const fees = { feePayer: from, blockhash: payer.toBase58(), lastValidBlockHeight: 1 }
    const bytes = new Transaction(fees)
      .add(instruction)
      .serialize({ requireAllSignatures: false, verifySignatures: false })
    return bytes.toString('hex')
  }
  const sign = (unsigned: string, signWith = solana) =>
    signTransaction(unsigned, signWith, 'TRANSACTION_TYPE_SOLANA')

  test.each<[string, (unsigned: string) => string, string]>([
    ['no bytes', () => '0x', 'the transaction ends early'],
    ['no hexadecimal', () => '0xzz', 'the transaction is not hexadecimal'],
    ['a missing byte', (unsigned) => unsigned.slice(0, -2), 'the message ends early'],
    ['trailing bytes', (unsigned) => `${unsigned}00`, 'the message has trailing bytes'],
    [
      'a signature too many',
      (unsigned) => `02${'00'.repeat(64)}${unsigned.slice(2)}`,
      'the transaction does not have one signature for each signer',
    ],
    [
      'over 1232 bytes',
      (unsigned) => unsigned + '00'.repeat(1232),
      'the transaction is over 1232 bytes',
    ],
    [
      'an unknown version',
      (unsigned) => `81${unsigned.slice(130)}`,
      'the message version is unknown',
    ],
    [
      'a transfer without amount',
      () => fromPayer(new PublicKey(solana), Buffer.from('02000000', 'hex')),
      'a system instruction ends early',
    ],
    ['an Ethereum transaction', () => UNSIGNED, 'the transaction ends early'],
  ])('with %s', async (_what, change, description) => {
    const answer = await sign(change(fromPayer(new PublicKey(solana))))
    await expectFailed(answer, refused('failed to parse transaction'))
    expect(errorOf(answer).turnkeyErrorCode).toBe('INVALID_TRANSACTION')
    expect(violationsOf(answer)).toEqual([{ field: 'unsignedTransaction', description }])
  })

  test('with a secp256k1 key', async () => {
    const message = 'this kind of transaction needs an ed25519 key'
    const answer = await sign(fromPayer(new PublicKey(solana)), KNOWN_ADDRESS)
    await expectFailed(answer, refused(message))
  })

  test('that the key need not sign', async () => {
    const message = 'the key is not one of the signers of the transaction'
    await expectFailed(await sign(fromPayer(payer)), refused(message))
  })
})

describe('a payload is refused', () => {
  const typed = (changes: object) =>
    JSON.stringify({
      domain: {},
      types: { EIP712Domain: [], Mail: [{ name: 'n', type: 'uint8' }] },
      primaryType: 'Mail',
      message: { n: 1 },
      ...changes,
    })
  const authorization = (changes: object) =>
    JSON.stringify({ address: KNOWN_ADDRESS, chainId: 1, nonce: 0, ...changes })

  test.each([
    ['EIP712', 'hello', 'the json is malformed'],
    ['EIP712', '', 'the json is malformed'],
    ['EIP712', '[]', 'typed data is not an object'],
    ['EIP712', `${typed({})} x`, 'the json is malformed'],
    ['EIP712', typed({ primaryType: 'Nothing' }), 'the primary type is unknown'],
    ['EIP712', typed({ message: { n: 256 } }), '`Mail.n` is not of type uint8'],
    ['EIP712', typed({ message: {} }), '`Mail.n` is missing'],
    [
      'EIP712',
      typed({ types: { Mail: [{ name: 'n', type: 'Other' }] } }),
      '`Mail.n` has an unknown type',
    ],
    ['EIP7702_AUTHORIZATION', 'hello', 'the json is malformed'],
    ['EIP7702_AUTHORIZATION', '{}', '`address` is not an address'],
    ['EIP7702_AUTHORIZATION', authorization({ address: '0x1' }), '`address` is not an address'],
    ['EIP7702_AUTHORIZATION', authorization({ nonce: -1 }), '`nonce` is out of range'],
    [
      'EIP7702_AUTHORIZATION',
      authorization({ chainId: 1.5 }),
      'the json has a number that is not a safe integer',
    ],
  ] as const)('as %s: %s', async (encoding, payload, reason) => {
    const answer = await signEncoded(encoding, payload)
    await expectFailed(answer, refused('invalid payload encoding'))
    expect(violationsOf(answer)).toEqual([{ field: 'payload', description: reason }])
  })

  test('of an Ethereum encoding with an Ed25519 key', async () => {
    for (const [encoding, payload] of [
      ['EIP712', typed({})],
      ['EIP7702_AUTHORIZATION', authorization({})],
    ] as const) {
      const answer = await signEncoded(encoding, payload, solana)
      await expectFailed(answer, refused('invalid payload encoding'))
      const description = 'needs a secp256k1 key'
      expect(violationsOf(answer)).toEqual([{ field: 'payload', description }])
    }
  })

  test('all of them when one of several does not fit', async () => {
    const answer = await world.admin.submit('sign_raw_payloads', {
      signWith: KNOWN_ADDRESS,
      payloads: ['aa'.repeat(32), 'aa'.repeat(31)],
      encoding: 'PAYLOAD_ENCODING_HEXADECIMAL',
      hashFunction: 'HASH_FUNCTION_NO_OP',
    })
    await expectFailed(answer, refused('invalid payload'))
  })
})
