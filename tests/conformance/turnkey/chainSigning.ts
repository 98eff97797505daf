// Transactions as the library of each chain builds them, signed elsewhere, and its verdict on that.
import { createHash } from 'node:crypto'
import {
  AccountAddress,
  ChainId,
  Ed25519PublicKey as AptosKey,
  Ed25519Signature as AptosSignature,
  EntryFunction,
  generateSigningMessageForTransaction,
  RawTransaction,
  SimpleTransaction,
  TransactionPayloadEntryFunction,
  U64,
} from '@aptos-labs/ts-sdk'
import { encodeSecp256k1Pubkey } from '@cosmjs/amino'
import { Secp256k1, Secp256k1Signature } from '@cosmjs/crypto'
import {
  encodePubkey,
  makeAuthInfoBytes,
  makeSignBytes,
  makeSignDoc,
  Registry,
} from '@cosmjs/proto-signing'
import { messageWithIntent, toSerializedSignature } from '@mysten/sui/cryptography'
import { Ed25519PublicKey as SuiKey } from '@mysten/sui/keypairs/ed25519'
import { Transaction as SuiTransaction } from '@mysten/sui/transactions'
import { verifyTransactionSignature } from '@mysten/sui/verify'
import { blake2b } from '@noble/hashes/blake2.js'
import {
  Account,
  Asset,
  BASE_FEE,
  Keypair,
  Networks,
  Operation,
  TransactionBuilder,
} from '@stellar/stellar-base'
import { type Cell, internal, SendMode } from '@ton/core'
import { signVerify } from '@ton/crypto'
import { WalletContractV3R2, WalletContractV4, WalletContractV5R1 } from '@ton/ton'
import { encode, encodeForSigning, type Payment, verifySignature } from 'xrpl'

/** A key that signs somewhere else. */
export interface RemoteKey {
  address: string
  /** Compressed. */
  publicKey: Buffer
  /** Signs a digest of 32 bytes, or with Ed25519 the bytes themselves. @returns r ‖ s, 64 bytes */
  sign: (bytes: Uint8Array) => Promise<Buffer>
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

async function signsCosmos({ address, publicKey, sign }: RemoteKey): Promise<boolean> {
  const key = encodePubkey(encodeSecp256k1Pubkey(publicKey))
  const authInfo = makeAuthInfoBytes(
    [{ pubkey: key, sequence: 7 }],
    [{ denom: 'uatom', amount: '5000' }],
    200_000,
    undefined,
    undefined,
  )
  const to = { toAddress: address, amount: [{ denom: 'uatom', amount: '1' }] }
  const body = new Registry().encodeTxBody({
    messages: [{ typeUrl: '/cosmos.bank.v1beta1.MsgSend', value: { fromAddress: address, ...to } }],
    memo: 'a memo',
  })
  const digest = sha256(makeSignBytes(makeSignDoc(body, authInfo, 'cosmoshub-4', 42)))
  const signature = Secp256k1Signature.fromFixedLength(await sign(digest))
  return Secp256k1.verifySignature(signature, digest, publicKey)
}

async function signsSui({ address, publicKey, sign }: RemoteKey): Promise<boolean> {
  const transaction = new SuiTransaction()
  const [coin] = transaction.splitCoins(transaction.gas, [1_000_000])
  transaction.transferObjects([coin], `0x${'2'.repeat(64)}`)
  transaction.setSender(address)
  transaction.setGasPrice(1000)
  transaction.setGasBudget(5_000_000)
  transaction.setGasPayment([
    {
      objectId: `0x${'3'.repeat(64)}`,
      version: 1,
      digest: '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi',
    },
  ])
  const bytes = await transaction.build()
  const digest = blake2b(messageWithIntent('TransactionData', bytes), { dkLen: 32 })
  const signature = toSerializedSignature({
    signature: await sign(digest),
    signatureScheme: 'ED25519',
    publicKey: new SuiKey(publicKey),
  })
  const signer = await verifyTransactionSignature(bytes, signature, { address })
  return signer.toSuiAddress() === address
}

async function signsAptos({ address, publicKey, sign }: RemoteKey): Promise<boolean> {
  const transfer = EntryFunction.build(
    '0x1::aptos_account',
    'transfer',
    [],
    [AccountAddress.from(`0x${'5'.repeat(64)}`), new U64(717)],
  )
  const raw = new RawTransaction(
    AccountAddress.from(address),
    3n,
    new TransactionPayloadEntryFunction(transfer),
    2000n,
    100n,
    1_900_000_000n,
    new ChainId(1),
  )
  const message = generateSigningMessageForTransaction(new SimpleTransaction(raw))
  const signature = new AptosSignature(await sign(message))
  return new AptosKey(publicKey).verifySignature({ message, signature })
}

async function signsStellar({ address, sign }: RemoteKey): Promise<boolean> {
  const transaction = new TransactionBuilder(new Account(address, '1'), {
    fee: BASE_FEE,
    networkPassphrase: Networks.PUBLIC,
  })
    .addOperation(
      Operation.payment({
        destination: 'GC3MMSXBWHL6CPOAVERSJITX7BH76YU252WGLUOM5CJX3E7UCYZBTPJQ',
        asset: Asset.native(),
        amount: '350.1234567',
      }),
    )
    .setTimeout(0)
    .build()
  const signature = await sign(transaction.hash())
  // Refuses a signature that is not the account's.
  transaction.addSignature(address, signature.toString('base64'))
  return Keypair.fromPublicKey(address).verify(transaction.hash(), signature)
}

type TonWallet = Pick<WalletContractV4, 'address' | 'createTransfer'>

const signsTon =
  (walletOf: (state: { workchain: number; publicKey: Buffer }) => object) =>
  async ({ address, publicKey, sign }: RemoteKey): Promise<boolean> => {
    // The wallets share what is used of them here, but for names in their types.
    const wallet = walletOf({ workchain: 0, publicKey }) as TonWallet
    const signed: [Buffer, Buffer][] = []
    const signer = async (message: Cell) => {
      const signature = await sign(message.hash())
      signed.push([message.hash(), signature])
      return signature
    }
    const messages = [internal({ to: wallet.address, value: '1.5', body: 'a comment' })]
    const sendMode = SendMode.PAY_GAS_SEPARATELY
    await wallet.createTransfer({ seqno: 1, messages, sendMode, signer })
    if (wallet.address.toString({ bounceable: false }) !== address) return false
    return (
      signed.length === 1 && signed.every(([hash, proof]) => signVerify(hash, proof, publicKey))
    )
  }

async function signsXrp({ address, publicKey, sign }: RemoteKey): Promise<boolean> {
  const payment: Payment = {
    TransactionType: 'Payment',
    Account: address,
    Destination: 'rPT1Sjq2YGrBMTttX4GZHjKu9dyfzbpAYe',
    Amount: '22000000',
    Fee: '12',
    Sequence: 1,
    Flags: 0,
    SigningPubKey: publicKey.toString('hex').toUpperCase(),
  }
  const digest = createHash('sha512')
    .update(Buffer.from(encodeForSigning(payment), 'hex'))
    .digest()
    .subarray(0, 32)
  const signature = Secp256k1Signature.fromFixedLength(await sign(digest)).toDer()
  const TxnSignature = Buffer.from(signature).toString('hex').toUpperCase()
  return verifySignature(encode({ ...payment, TxnSignature }))
}

/** What each chain's library says of a transaction that the key signed. */
export const chainSigning = {
  cosmos: signsCosmos,
  sei: signsCosmos,
  sui: signsSui,
  aptos: signsAptos,
  xlm: signsStellar,
  ton_v3r2: signsTon((state) => WalletContractV3R2.create(state)),
  ton_v4r2: signsTon((state) => WalletContractV4.create(state)),
  ton_v5r1: signsTon((state) => WalletContractV5R1.create(state)),
  xrp: signsXrp,
} as const
