// Writes Tron transactions field by field, canonically or not, independently of any library.
import { base58 } from '@scure/base'
import type { TronContract, TronTransaction } from '../src/node/index.ts'
import { hex } from './vectors.ts'

/** A varint in its shortest form. */
function varint(value: bigint): Buffer {
  const digits: number[] = []
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.of(...digits, Number(rest))
    digits.push(Number(rest & 0x7fn) | 0x80)
  }
}

const tag = (number: number, wireType: number) => varint(BigInt(number * 8 + wireType))

/** A number, written even when it is zero. */
export const integer = (number: number, value: bigint | number): Buffer =>
  Buffer.concat([tag(number, 0), varint(BigInt.asUintN(64, BigInt(value)))])

/** Bytes or a message, written even when empty. */
export const field = (number: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([tag(number, 2), varint(BigInt(content.length)), content])
}

/** An address of 21 bytes that ends in `last`. */
export const addressOf = (last: number): Buffer =>
  Buffer.concat([Buffer.of(0x41), Buffer.alloc(19, 7), Buffer.of(last)])

export const refBlockBytes = field(1, hex('4ef5'))
export const refBlockHash = field(4, hex('3d9b5c4a7e1f2a60'))
export const expiration = integer(8, 1_746_736_569_954n)
export const timestamp = integer(14, 1_746_736_509_954n)

/** The parts of a contract, by what tests replace. */
export const anyOf = (name: string, ...value: readonly Uint8Array[]): Buffer =>
  field(2, field(1, Buffer.from(`type.googleapis.com/protocol.${name}`)), field(2, ...value))

/** A contract of type `number`, called `name`. */
export const contractOf = (number: number, name: string, ...value: readonly Uint8Array[]): Buffer =>
  field(11, integer(1, number), anyOf(name, ...value))

/** raw_data around a contract. */
export const rawOf = (...contract: readonly Uint8Array[]): Buffer =>
  Buffer.concat([refBlockBytes, refBlockHash, expiration, ...contract, timestamp])

export const owner = field(1, addressOf(1))
export const to = field(2, addressOf(2))

/** A transfer of 5 SUN. */
export const transfer = contractOf(1, 'TransferContract', owner, to, integer(3, 5))

/** A call of a contract with 4 bytes of data. */
export const trigger = contractOf(31, 'TriggerSmartContract', owner, to, field(4, hex('a9059cbb')))

const absentWhenZero = (number: number, value: bigint) =>
  value === 0n ? Buffer.alloc(0) : integer(number, value)
const absentWhenEmpty = (number: number, value: Buffer) =>
  value.length === 0 ? value : field(number, value)
const addressField = (number: number, address: string) =>
  field(number, base58.decode(address).subarray(0, 21))

function valueOf({ ownerAddress, transfer: moved, call }: TronContract): Buffer[] | undefined {
  const first = addressField(1, ownerAddress)
  if (moved) return [first, addressField(2, moved.toAddress), absentWhenZero(3, moved.amount)]
  if (!call) return undefined
  return [
    first,
    addressField(2, call.contractAddress),
    absentWhenZero(3, call.callValue),
    absentWhenEmpty(4, call.data),
    absentWhenZero(5, call.callTokenValue),
    absentWhenZero(6, call.tokenId),
  ]
}

/**
 * The bytes that `parseTronTransaction` described.
 *
 * @returns undefined for contracts other than transfers and calls, which are not described in full
 */
export function encodeRawData(transaction: TronTransaction): Buffer | undefined {
  const { contract } = transaction
  const value = valueOf(contract)
  if (!value) return undefined
  return Buffer.concat([
    field(1, transaction.refBlockBytes),
    field(4, transaction.refBlockHash),
    absentWhenZero(8, transaction.expiration),
    absentWhenEmpty(10, transaction.data),
    field(
      11,
      integer(1, contract.transfer ? 1 : 31),
      anyOf(contract.type, ...value),
      absentWhenZero(5, contract.permissionId),
    ),
    absentWhenZero(14, transaction.timestamp),
    absentWhenZero(18, transaction.feeLimit),
  ])
}
