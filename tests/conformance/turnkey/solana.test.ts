// `@turnkey/solana`, unmodified, in both generations: a Solana library verifies what it signs.
import { address, getPublicKeyFromAddress, signatureBytes, verifySignature } from '@solana/kit'
import { createTransferCheckedInstruction, TOKEN_2022_PROGRAM_ID } from '@solana/spl-token'
import {
  AddressLookupTableAccount,
  Keypair,
  PublicKey,
  SystemProgram,
  Transaction,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js'
import * as solanaNewest from '@turnkey/solana-newest'
import * as solanaSeed from '@turnkey/solana-seed'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Generation, generations, ownHttpClient, requirePackage } from './clients.ts'
import { type ClientVersion, officialClient, startWorld, type World } from './world.ts'

type Either = Transaction | VersionedTransaction
interface Signer {
  addSignature(transaction: Either, address: string): Promise<void>
  signTransaction(transaction: Either, address: string): Promise<Either>
  signAllTransactions(transactions: Either[], address: string): Promise<Either[]>
  signMessage(message: Uint8Array, address: string, organizationId: string): Promise<Uint8Array>
}
interface Adapter {
  TurnkeySigner: new (input: { organizationId: string; client: unknown }) => Signer
}

const SERVER_SDK: Record<Generation, ClientVersion> = { seed: '4.1.1', newest: '8.2.1' }
const MODULES = { seed: solanaSeed, newest: solanaNewest } as unknown as Record<Generation, Adapter>

const throughHttp = (generation: Generation, world: World): Signer => {
  const name = `@turnkey/solana-${generation}`
  const client = ownHttpClient(name, world.admin)
  const { TurnkeySigner } = requirePackage<Adapter>(name)
  return new TurnkeySigner({ organizationId: world.organizationId, client })
}

const throughServerSdk = (generation: Generation, world: World): Signer => {
  const client = officialClient(SERVER_SDK[generation], world.admin)
  return new MODULES[generation].TurnkeySigner({ organizationId: world.organizationId, client })
}

const WAYS = [
  ['@turnkey/http', throughHttp],
  ['@turnkey/sdk-server', throughServerSdk],
] as const

const blockhash = Keypair.fromSeed(Buffer.alloc(32, 0xbb)).publicKey.toBase58()
const outside = Keypair.fromSeed(Buffer.alloc(32, 1))
const elsewhere = Keypair.fromSeed(Buffer.alloc(32, 2)).publicKey
const [mint, account] = [new PublicKey(Buffer.alloc(32, 3)), new PublicKey(Buffer.alloc(32, 4))]

/** Two Ed25519 keys of the organization: an account of a wallet, and a private key. */
interface Keys {
  wallet: PublicKey
  single: PublicKey
}

async function makeKeys({ admin }: World): Promise<Keys> {
  const addressFormat = 'ADDRESS_FORMAT_SOLANA'
  const wallet = await admin.submit('create_wallet', {
    walletName: 'solana',
    accounts: [
      {
        curve: 'CURVE_ED25519',
        pathFormat: 'PATH_FORMAT_BIP32',
        path: "m/44'/501'/0'/0'",
        addressFormat,
      },
    ],
  })
  const privateKeyName = 'solana'
  const single = await admin.submit(
    'create_private_keys',
    {
      privateKeys: [{ privateKeyName, curve: 'CURVE_ED25519', addressFormats: [addressFormat] }],
    },
    'CREATE_PRIVATE_KEYS_V2',
  )
  const key = 'activity.result.createPrivateKeysResultV2.privateKeys.0'
  return {
    wallet: new PublicKey(wallet.at('activity.result.createWalletResult.addresses.0')),
    single: new PublicKey(single.at(`${key}.addresses.0.address`)),
  }
}

/** SOL from one, tokens of another: both must sign. */
const transfersOf = (from: PublicKey, owner: PublicKey): TransactionInstruction[] => [
  SystemProgram.transfer({ fromPubkey: from, toPubkey: elsewhere, lamports: 5 }),
  createTransferCheckedInstruction(
    account,
    mint,
    elsewhere,
    owner,
    7n,
    6,
    [],
    TOKEN_2022_PROGRAM_ID,
  ),
]

const legacy = (payer: PublicKey, owner = payer): Transaction =>
  new Transaction({ feePayer: payer, blockhash, lastValidBlockHeight: 1 }).add(
    ...transfersOf(payer, owner),
  )

function versioned(payer: PublicKey, owner = payer): VersionedTransaction {
  const table = new AddressLookupTableAccount({
    key: new PublicKey(Buffer.alloc(32, 5)),
    state: {
      deactivationSlot: 2n ** 64n - 1n,
      lastExtendedSlot: 0,
      lastExtendedSlotStartIndex: 0,
      addresses: [mint, elsewhere],
    },
  })
  const instructions = transfersOf(payer, owner)
  const plan = new TransactionMessage({ payerKey: payer, recentBlockhash: blockhash, instructions })
  return new VersionedTransaction(plan.compileToV0Message([table]))
}

const KINDS = [
  ['legacy', legacy],
  ['version 0 with a lookup table', versioned],
] as const

async function isSigned(message: Uint8Array, signature: Uint8Array, key: PublicKey) {
  const publicKey = await getPublicKeyFromAddress(address(key.toBase58()))
  return verifySignature(publicKey, signatureBytes(signature), message)
}

/** Of each signer, in order: its signature is right, missing, or wrong. */
function slotsOf(transaction: Either): Promise<string[]> {
  const bytes = transaction.serialize({ requireAllSignatures: false, verifySignatures: false })
  const { message, signatures } = VersionedTransaction.deserialize(bytes)
  const slots = signatures.map(async (signature, at) => {
    if (signature.every((byte) => byte === 0)) return 'missing'
    const key = message.staticAccountKeys[at]
    return key && (await isSigned(message.serialize(), signature, key)) ? 'right' : 'wrong'
  })
  return Promise.all(slots)
}

const messageOf = (transaction: Either) =>
  'message' in transaction
    ? Buffer.from(transaction.message.serialize())
    : transaction.serializeMessage()

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let world: World
  let keys: Keys
  beforeAll(async () => {
    world = await startWorld({ engine })
    keys = await makeKeys(world)
  })
  afterAll(() => world.server.dispose())

  describe.each(generations)('@turnkey/solana, %s', (generation) => {
    describe.each(WAYS)('with %s', (_name, way) => {
      let signer: Signer
      beforeAll(() => {
        signer = way(generation, world)
      })

      test.each(KINDS)('signs a transaction: %s', async (_kind, make) => {
        for (const key of [keys.wallet, keys.single]) {
          const unsigned = make(key)
          const signed = await signer.signTransaction(unsigned, key.toBase58())
          expect(await slotsOf(signed)).toEqual(['right'])
          expect(messageOf(signed)).toEqual(messageOf(unsigned))
        }
      })

      test.each(KINDS)('keeps the signature of a fee payer elsewhere: %s', async (_kind, make) => {
        const transaction = make(outside.publicKey, keys.wallet)
        if (transaction instanceof Transaction) transaction.partialSign(outside)
        else transaction.sign([outside])
        expect(await slotsOf(transaction)).toEqual(['right', 'missing'])
        const signed = await signer.signTransaction(transaction, keys.wallet.toBase58())
        expect(await slotsOf(signed)).toEqual(['right', 'right'])
      })

      test.each(KINDS)('lets two keys sign one after the other: %s', async (_kind, make) => {
        const transaction = make(keys.wallet, keys.single)
        const half = await signer.signTransaction(transaction, keys.single.toBase58())
        expect(await slotsOf(half)).toEqual(['missing', 'right'])
        const whole = await signer.signTransaction(half, keys.wallet.toBase58())
        expect(await slotsOf(whole)).toEqual(['right', 'right'])
      })

      test.each(KINDS)('adds a signature: %s', async (_kind, make) => {
        const transaction = make(keys.wallet)
        await signer.addSignature(transaction, keys.wallet.toBase58())
        expect(await slotsOf(transaction)).toEqual(['right'])
      })

      test('adds a signature to each of several', async () => {
        const transactions = KINDS.map(([, make]) => make(keys.wallet, keys.single))
        const signed = await signer.signAllTransactions(transactions, keys.single.toBase58())
        expect(await Promise.all(signed.map(slotsOf))).toEqual([
          ['missing', 'right'],
          ['missing', 'right'],
        ])
      })

      test('signs a message', async () => {
        const message = Buffer.from('Grüße 🌍')
        const { organizationId } = world
        const from = keys.wallet.toBase58()
        const signature = await signer.signMessage(message, from, organizationId)
        expect(await isSigned(message, signature, keys.wallet)).toBe(true)
      })
    })
  })

  test.each(KINDS)('a message alone becomes the transaction: %s', async (_kind, make) => {
    const transaction = make(outside.publicKey, keys.wallet)
    const made = await world.admin.submit(
      'sign_transaction',
      {
        signWith: keys.wallet.toBase58(),
        unsignedTransaction: messageOf(transaction).toString('hex'),
        type: 'TRANSACTION_TYPE_SOLANA',
      },
      'SIGN_TRANSACTION_V2',
    )
    const hex: string = made.at('activity.result.signTransactionResult.signedTransaction')
    const signed = VersionedTransaction.deserialize(Buffer.from(hex, 'hex'))
    expect(await slotsOf(signed)).toEqual(['missing', 'right'])
    expect(messageOf(signed)).toEqual(messageOf(transaction))
  })
})
