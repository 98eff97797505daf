// Solana transactions: read strictly, described in full, and given one signature.
import { base58 } from '@scure/base'
import { refuse, type Verdict, verdictOf } from '../verdict.ts'
import { ByteReader } from '../byteReader.ts'
import { type CompiledInstruction, type Message, readMessage } from './message.ts'
import {
  type InstructionAccount,
  type SolTransfer,
  solTransferOf,
  type TokenTransfer,
  tokenTransferOf,
} from './transfers.ts'

/** Entries of an address lookup table on the chain, by their index in it. */
type AddressTableLookup = Readonly<{
  addressTableKey: string
  writableIndexes: readonly number[]
  readonlyIndexes: readonly number[]
}>

/** `addressTableLookups` are the entries that this instruction uses. */
export type SolanaInstruction = Readonly<{
  programKey: string
  accounts: readonly InstructionAccount[]
  data: Buffer
  addressTableLookups: readonly AddressTableLookup[]
}>

/**
 * A transaction. Keys are in base58. The key of an account that is taken from a lookup table is
 * null: what the table holds is on the chain.
 */
export type SolanaTransaction = Readonly<{
  version: 'legacy' | 0
  /** What each of `requiredSigners` signs: exactly the bytes that were parsed. */
  message: Buffer
  /** In the order of their signatures, the one who pays the fee first. */
  requiredSigners: readonly string[]
  /** All accounts: those of the message, then those looked up, the writable ones first. */
  accountKeys: readonly (string | null)[]
  /** The programs that are called, each once, in the order of their first call. */
  programKeys: readonly string[]
  recentBlockhash: string
  instructions: readonly SolanaInstruction[]
  /** All SOL that instructions of the System Program move; other programs move it too. */
  transfers: readonly SolTransfer[]
  /** The transfers of both token programs. */
  splTransfers: readonly TokenTransfer[]
  addressTableLookups: readonly AddressTableLookup[]
  /**
   * The whole transaction with the signature in the place of this signer. Other signatures stay as
   * they are, zeros where there are none yet.
   *
   * @throws RangeError when the key is none of `requiredSigners`, or the signature is not 64 bytes
   */
  assemble: (publicKey: Uint8Array, signature: Uint8Array) => Buffer
}>

type Envelope = Readonly<{ signatures: Buffer; messageBytes: Buffer; message: Message }>
type Account = InstructionAccount & Readonly<{ lookup: number | null; index: number }>

/** What fits a packet: no node takes more. */
const transactionBytesMax = 1232
const signatureBytes = 64

/**
 * Parses a transaction, legacy or of version 0: the signatures, also those yet to be made, and the
 * message; or the message alone, for which all signatures are zeros.
 *
 * Only the canonical encoding is taken, at most 1232 bytes with the signatures. Refused is what
 * nodes refuse without looking at the chain, what reads as both forms, and an instruction that
 * could move SOL or tokens in a way that `transfers` and `splTransfers` would not show: unknown
 * ones of the System Program, malformed transfers, confidential ones, and batches.
 */
export function parseSolanaTransaction(
  bytes: Uint8Array,
): Verdict<{ transaction: SolanaTransaction }> {
  return verdictOf(() => ({ transaction: describe(openEnvelope(Buffer.from(bytes))) }))
}

function openEnvelope(bytes: Buffer): Envelope {
  // Not parsed first: that is slow for what no node takes.
  if (bytes.length > transactionBytesMax) refuse('the transaction is over 1232 bytes')
  const envelope = readEnvelope(bytes)
  // SPEC: a count below 128 takes one byte, and more signatures do not fit.
  if (1 + envelope.signatures.length + envelope.messageBytes.length > transactionBytesMax) {
    refuse('the transaction is over 1232 bytes')
  }
  return envelope
}

function readEnvelope(bytes: Buffer): Envelope {
  const whole = verdictOf(() => readWhole(bytes))
  const bare = verdictOf(() => readBare(bytes))
  if (whole.ok && bare.ok) refuse('the transaction reads both with and without signatures')
  if (whole.ok) return whole
  if (bare.ok) return bare
  // Only a message of some version has this bit in its first byte.
  const isVersioned = (bytes[0] ?? 0) >= 0x80
  return refuse(isVersioned ? bare.reason : whole.reason)
}

function readWhole(bytes: Buffer): Envelope {
  const reader = new ByteReader(bytes, 'the transaction')
  const count = reader.compactU16()
  const signatures = reader.take(count * signatureBytes)
  const messageBytes = reader.rest()
  const message = readMessage(messageBytes)
  if (message.signerCount !== count) {
    refuse('the transaction does not have one signature for each signer')
  }
  return { signatures, messageBytes, message }
}

function readBare(messageBytes: Buffer): Envelope {
  const message = readMessage(messageBytes)
  const signatures = Buffer.alloc(message.signerCount * signatureBytes)
  return { signatures, messageBytes, message }
}

function describe(envelope: Envelope): SolanaTransaction {
  const { message, messageBytes } = envelope
  const { version, signerCount, keys, recentBlockhash } = message
  const accounts = accountsOf(message)
  const lookups = message.lookups.map(({ table, ...indexes }) => ({
    addressTableKey: base58.encode(table),
    ...indexes,
  }))
  const instructions = message.instructions.map((one) =>
    describeInstruction(one, accounts, lookups),
  )
  return {
    version,
    message: messageBytes,
    requiredSigners: keys.slice(0, signerCount).map((key) => base58.encode(key)),
    accountKeys: accounts.map(({ accountKey }) => accountKey),
    programKeys: [...new Set(instructions.map(({ programKey }) => programKey))],
    recentBlockhash: base58.encode(recentBlockhash),
    instructions,
    transfers: instructions.map(solTransferOf).filter((transfer) => transfer !== null),
    splTransfers: instructions.map(tokenTransferOf).filter((transfer) => transfer !== null),
    addressTableLookups: lookups,
    assemble: (publicKey, signature) => assemble(envelope, publicKey, signature),
  }
}

function accountsOf(message: Message): Account[] {
  const { signerCount, readonlySignerCount, readonlyOtherCount, keys, lookups } = message
  const known = keys.map((key, index): Account => {
    const signer = index < signerCount
    const writable = signer
      ? index < signerCount - readonlySignerCount
      : index < keys.length - readonlyOtherCount
    return { accountKey: base58.encode(key), signer, writable, lookup: null, index }
  })
  const loaded = (writable: boolean) =>
    lookups.flatMap(({ writableIndexes, readonlyIndexes }, lookup) =>
      (writable ? writableIndexes : readonlyIndexes).map(
        (index): Account => ({ accountKey: null, signer: false, writable, lookup, index }),
      ),
    )
  return [...known, ...loaded(true), ...loaded(false)]
}

function describeInstruction(
  { programIndex, accountIndexes, data }: CompiledInstruction,
  all: readonly Account[],
  lookups: readonly AddressTableLookup[],
): SolanaInstruction {
  const used = accountIndexes.map((index) => accountAt(all, index))
  return {
    programKey: accountAt(all, programIndex).accountKey ?? refuse('a program is looked up'),
    accounts: used.map(({ accountKey, signer, writable }) => ({ accountKey, signer, writable })),
    data,
    addressTableLookups: lookups.flatMap((lookup, at) => {
      const indexes = new Set(used.filter((one) => one.lookup === at).map(({ index }) => index))
      return indexes.size === 0 ? [] : restrict(lookup, indexes)
    }),
  }
}

function restrict(
  { addressTableKey, writableIndexes, readonlyIndexes }: AddressTableLookup,
  indexes: ReadonlySet<number>,
): AddressTableLookup {
  return {
    addressTableKey,
    writableIndexes: writableIndexes.filter((index) => indexes.has(index)),
    readonlyIndexes: readonlyIndexes.filter((index) => indexes.has(index)),
  }
}

function accountAt(accounts: readonly Account[], index: number): Account {
  return accounts[index] ?? refuse('an instruction has an account that the message does not have')
}

function assemble(
  { signatures, messageBytes, message }: Envelope,
  publicKey: Uint8Array,
  signature: Uint8Array,
): Buffer {
  if (signature.length !== signatureBytes) throw new RangeError('a signature is 64 bytes')
  const signers = message.keys.slice(0, message.signerCount)
  const place = signers.findIndex((key) => key.equals(publicKey))
  if (place < 0) throw new RangeError('the key is not one of the signers')
  const filled = Buffer.from(signatures)
  filled.set(signature, place * signatureBytes)
  return Buffer.concat([Buffer.of(message.signerCount), filled, messageBytes])
}
