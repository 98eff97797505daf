// Unsigned Ethereum transactions: read strictly, described in full, and put together once signed.
import type { RecoverableSignature } from '../sign.ts'
import { keccak256 } from '../hash.ts'
import { encodeRlp, integerBytes, readRlp, type RlpItem } from './rlp.ts'
import {
  type AccessListEntry,
  integerBelow,
  nonceLimit,
  readAccessList,
  readAddress,
  readAuthorizationList,
  readBlobHashes,
  readBytes,
  readChainId,
  readOptionalAddress,
  type SignedAuthorization,
  uint256Limit,
  uint64Limit,
} from './transactionFields.ts'
import { refuse, type Verdict, verdictOf } from '../verdict.ts'

/** The kind of a transaction, by the proposal that brought it; `legacy` with EIP-155 or without. */
export type EthereumTransactionType = 'legacy' | 'eip2930' | 'eip1559' | 'eip4844' | 'eip7702'

/** An unsigned transaction. What its type does not have is null, or an empty list. */
export type EthereumTransaction = Readonly<{
  type: EthereumTransactionType
  /** Null for a legacy transaction without EIP-155: once signed it is valid on every chain. */
  chainId: bigint | null
  nonce: bigint
  gas: bigint
  gasPrice: bigint | null
  maxPriorityFeePerGas: bigint | null
  maxFeePerGas: bigint | null
  maxFeePerBlobGas: bigint | null
  /** Null creates a contract. */
  to: Buffer | null
  value: bigint
  data: Buffer
  accessList: readonly AccessListEntry[]
  blobHashes: readonly Buffer[]
  authorizationList: readonly SignedAuthorization[]
  /** What to sign: Keccak-256 of exactly the bytes that were parsed. */
  signingHash: Buffer
  /**
   * The signed transaction, as nodes take it.
   *
   * @throws RangeError when r or s is not 32 bytes
   */
  assemble: (signature: RecoverableSignature) => Buffer
}>

type FieldName = Exclude<keyof EthereumTransaction, 'type' | 'signingHash' | 'assemble'>
type Envelope = Readonly<{ type: EthereumTransactionType; prefix: Buffer; items: Layout }>
type Layout = readonly RlpItem[]

const layouts: Readonly<Record<EthereumTransactionType, readonly FieldName[]>> = {
  legacy: ['nonce', 'gasPrice', 'gas', 'to', 'value', 'data'],
  eip2930: ['chainId', 'nonce', 'gasPrice', 'gas', 'to', 'value', 'data', 'accessList'],
  eip1559: feeMarketLayout(),
  eip4844: feeMarketLayout('maxFeePerBlobGas', 'blobHashes'),
  eip7702: feeMarketLayout('authorizationList'),
}

// EIP-2718: the first byte of an envelope; from 0xc0 on it starts the list of a legacy transaction.
const types: Readonly<Partial<Record<number, EthereumTransactionType>>> = {
  1: 'eip2930',
  2: 'eip1559',
  3: 'eip4844',
  4: 'eip7702',
}

const readAmount = integerBelow(uint256Limit)

/**
 * Parses an unsigned transaction: RLP of the six legacy fields, or of nine that end in chain id, 0
 * and 0 (EIP-155), or an envelope of type 1 to 4 (EIP-2930, 1559, 4844 without the sidecar, 7702).
 *
 * Only the canonical encoding is taken, so what the result describes is what its hash signs. Bounds
 * are those of the specifications, with chain ids from 1 to 2^63 - 37 (EIP-2294). Whether a node
 * would take the transaction is left to nodes: fees are not compared with each other or with gas,
 * and an empty authorization list passes.
 *
 * @returns a refusal also for transactions that are signed, or have placeholders for a signature
 */
export function parseEthereumTransaction(
  bytes: Uint8Array,
): Verdict<{ transaction: EthereumTransaction }> {
  return verdictOf(() => ({ transaction: readTransaction(Buffer.from(bytes)) }))
}

function readTransaction(bytes: Buffer): EthereumTransaction {
  const envelope = openEnvelope(bytes)
  const isReplayProtected = envelope.type === 'legacy' && envelope.items.length === 9
  const layout = layouts[envelope.type]
  const names = isReplayProtected ? [...layout, 'chainId' as const] : layout
  const needed = <T>(name: FieldName, read: (item: RlpItem, name: string) => T): T =>
    read(envelope.items[names.indexOf(name)] ?? refuse(`${name} is missing`), name)
  const optional = <T>(name: FieldName, read: (item: RlpItem, name: string) => T): T | null =>
    names.includes(name) ? needed(name, read) : null
  // EIP-4844 and EIP-7702: neither can create a contract.
  const isCall = envelope.type === 'eip4844' || envelope.type === 'eip7702'
  const chainId = optional('chainId', readChainId)
  return {
    type: envelope.type,
    chainId,
    nonce: needed('nonce', integerBelow(nonceLimit)),
    gas: needed('gas', integerBelow(uint64Limit)),
    gasPrice: optional('gasPrice', readAmount),
    maxPriorityFeePerGas: optional('maxPriorityFeePerGas', readAmount),
    maxFeePerGas: optional('maxFeePerGas', readAmount),
    maxFeePerBlobGas: optional('maxFeePerBlobGas', readAmount),
    to: needed('to', isCall ? readAddress : readOptionalAddress),
    value: needed('value', readAmount),
    data: needed('data', readBytes),
    accessList: optional('accessList', readAccessList) ?? [],
    blobHashes: optional('blobHashes', readBlobHashes) ?? [],
    authorizationList: optional('authorizationList', readAuthorizationList) ?? [],
    signingHash: keccak256(bytes),
    assemble: (signature) => assemble(envelope, chainId, signature),
  }
}

function openEnvelope(bytes: Buffer): Envelope {
  const first = bytes[0]
  if (first === undefined) refuse('the transaction is empty')
  const type = first >= 0xc0 ? 'legacy' : types[first]
  if (type === undefined) refuse('the transaction type is unknown')
  const prefix = bytes.subarray(0, type === 'legacy' ? 0 : 1)
  const items = readRlp(bytes.subarray(prefix.length))
  if (Buffer.isBuffer(items)) refuse('the transaction is not a list')
  if (type === 'eip4844' && items[0] !== undefined && !Buffer.isBuffer(items[0])) {
    refuse('the blob sidecar is not part of what is signed')
  }
  checkFieldCount(type, items)
  return { type, prefix, items }
}

function checkFieldCount(type: EthereumTransactionType, items: Layout): void {
  const unsigned = layouts[type].length
  if (type === 'legacy' && items.length === unsigned + 3) {
    // SPEC: EIP-155: chain id, 0, 0 stand where v, r and s of a signed transaction are.
    if (items.slice(unsigned + 1).some((item) => item.length > 0 || !Buffer.isBuffer(item))) {
      refuse('the transaction is signed already')
    }
    return
  }
  if (items.length === unsigned + 3) refuse('the transaction has fields for a signature')
  if (items.length !== unsigned) refuse(`the transaction does not have ${unsigned} fields`)
}

function assemble(
  { type, prefix, items }: Envelope,
  chainId: bigint | null,
  { r, s, recovery }: RecoverableSignature,
): Buffer {
  if (r.length !== 32 || s.length !== 32) throw new RangeError('r and s are 32 bytes each')
  const parity = BigInt(recovery)
  const v = type === 'legacy' ? legacyV(chainId, parity) : parity
  const signature = [v, toInteger(r), toInteger(s)].map(integerBytes)
  const fields = items.slice(0, layouts[type].length)
  return Buffer.concat([prefix, encodeRlp([...fields, ...signature])])
}

function legacyV(chainId: bigint | null, parity: bigint): bigint {
  return chainId === null ? 27n + parity : chainId * 2n + 35n + parity
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function feeMarketLayout(...more: FieldName[]): FieldName[] {
  const fees = ['maxPriorityFeePerGas', 'maxFeePerGas'] as const
  return ['chainId', 'nonce', ...fees, 'gas', 'to', 'value', 'data', 'accessList', ...more]
}
