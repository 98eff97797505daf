// Unsigned Tron transactions: read strictly, described, and put together once signed.
import { refuse, type Verdict, verdictOf } from '../verdict.ts'
import { sha256 } from '../hash.ts'
import type { RecoverableSignature } from '../sign.ts'
import { encodeTronAddress } from '../address/tron.ts'
import {
  contractTypes,
  type TronContractType,
  type TransferMessage,
  transferShape,
  type TriggerMessage,
  triggerShape,
} from './contracts.ts'
import {
  bytes,
  fixedBytes,
  int32,
  int64,
  type Message,
  message,
  readMessage,
  repeated,
  required,
  text,
} from './protobuf.ts'

/** The contract of a transaction. Addresses are in Base58Check; numbers are in SUN. */
export type TronContract = Readonly<{
  type: TronContractType
  permissionId: bigint
  ownerAddress: string
  /** Of a TransferContract, else null. */
  transfer: Readonly<{ toAddress: string; amount: bigint }> | null
  /** Of a TriggerSmartContract, else null. */
  call: Readonly<{
    contractAddress: string
    callValue: bigint
    data: Buffer
    /** Of the TRC-10 token `tokenId`, in its smallest unit. */
    callTokenValue: bigint
    tokenId: bigint
  }> | null
}>

/** An unsigned transaction. What it leaves out is 0 or empty. */
export type TronTransaction = Readonly<{
  /** 2 bytes. */
  refBlockBytes: Buffer
  /** 8 bytes. */
  refBlockHash: Buffer
  /** Milliseconds since 1970. */
  expiration: bigint
  /** Milliseconds since 1970. */
  timestamp: bigint
  /** The memo. */
  data: Buffer
  /** In SUN. */
  feeLimit: bigint
  contract: TronContract
  /** What to sign: SHA-256 of exactly the bytes that were parsed, also the id of the transaction. */
  signingHash: Buffer
  /**
   * The signed transaction, as nodes take it: `r ‖ s ‖ v` with v 27 or 28.
   *
   * @throws RangeError when r or s is not 32 bytes
   */
  assemble: (signature: RecoverableSignature) => Buffer
}>

// java-tron's bound for a transaction.
const sizeBytesMax = 512_000

const typeUrlPrefix = 'type.googleapis.com/protocol.'

const contractShape = {
  type: int32(1),
  parameter: required(message(2, { type_url: text(1), value: bytes(2) })),
  permission_id: int32(5),
}

// Fields that nodes have no use for (ref_block_num, auths, scripts) are not in it.
const rawShape = {
  ref_block_bytes: required(fixedBytes(1, 2)),
  ref_block_hash: required(fixedBytes(4, 8)),
  expiration: int64(8),
  data: bytes(10),
  contract: repeated(message(11, contractShape)),
  timestamp: int64(14),
  fee_limit: int64(18),
}

/**
 * Parses an unsigned transaction, the message `Transaction.raw` of java-tron's core/Tron.proto:
 * what clients call raw_data_hex.
 *
 * Only the canonical encoding is taken, so what the result describes is what its hash signs. It has
 * exactly one contract, of a type that says who owns it, and nothing that the result could not
 * show, but for the parameters of contracts other than transfers of TRX and calls. Whether a node
 * would take the transaction is left to nodes.
 *
 * @returns a refusal also for over 512 000 bytes, and for whole transactions, signed or not
 */
export function parseTronTransaction(
  rawData: Uint8Array,
): Verdict<{ transaction: TronTransaction }> {
  return verdictOf(() => ({ transaction: readTransaction(Buffer.from(rawData)) }))
}

function readTransaction(rawData: Buffer): TronTransaction {
  if (rawData.length > sizeBytesMax) refuse('the transaction is over 512000 bytes')
  // A whole transaction begins with the same field, which is then raw_data.
  if (rawData[0] === 0x0a && rawData[1] !== 2) {
    refuse('raw_data.ref_block_bytes is not 2 bytes: is this a whole transaction?')
  }
  const raw = readMessage(rawData, rawShape, 'raw_data')
  const [contract, ...more] = raw.contract
  if (contract === undefined || more.length > 0) refuse('raw_data.contract is not one contract')
  return {
    refBlockBytes: raw.ref_block_bytes,
    refBlockHash: raw.ref_block_hash,
    expiration: raw.expiration,
    timestamp: raw.timestamp,
    data: raw.data,
    feeLimit: raw.fee_limit,
    contract: readContract(contract),
    signingHash: sha256(rawData),
    assemble: (signature) => assemble(rawData, signature),
  }
}

function readContract({ type, parameter, permission_id }: Message<typeof contractShape>) {
  const known = contractTypes.get(type)
  if (!known) refuse(`raw_data.contract.type ${type} is not supported`)
  if (parameter.type_url !== `${typeUrlPrefix}${known.name}`) {
    refuse('raw_data.contract.parameter.type_url is not that of the type')
  }
  const value = readMessage(parameter.value, known.shape, known.name)
  return {
    type: known.name,
    permissionId: permission_id,
    ownerAddress: encodeTronAddress(value.owner_address),
    transfer: known.shape === transferShape ? transferOf(value as TransferMessage) : null,
    call: known.shape === triggerShape ? callOf(value as TriggerMessage) : null,
  }
}

const transferOf = (value: TransferMessage) => ({
  toAddress: encodeTronAddress(value.to_address),
  amount: value.amount,
})

const callOf = (value: TriggerMessage) => ({
  contractAddress: encodeTronAddress(value.contract_address),
  callValue: value.call_value,
  data: value.data,
  callTokenValue: value.call_token_value,
  tokenId: value.token_id,
})

function assemble(rawData: Buffer, { r, s, recovery }: RecoverableSignature): Buffer {
  if (r.length !== 32 || s.length !== 32) throw new RangeError('r and s are 32 bytes each')
  const signature = Buffer.concat([r, s, Buffer.of(27 + recovery)])
  return Buffer.concat([encodeBytes(1, rawData), encodeBytes(2, signature)])
}

function encodeBytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(field * 8 + 2), encodeVarint(content.length), content])
}

function encodeVarint(value: number): Buffer {
  const digits: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.of(...digits, rest)
    digits.push((rest & 0x7f) | 0x80)
  }
}
