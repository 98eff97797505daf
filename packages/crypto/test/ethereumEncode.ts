// Writes an unsigned transaction from its description, to show that the description is complete.
import { encodeRlp, type EthereumTransaction, type RlpItem } from '../src/node/index.ts'

const prefixes = { legacy: [], eip2930: [1], eip1559: [2], eip4844: [3], eip7702: [4] } as const

/** The bytes that {@link parseEthereumTransaction} described. */
export function encodeUnsigned(transaction: EthereumTransaction): Buffer {
  const body = encodeRlp(fieldsOf(transaction))
  return Buffer.concat([Buffer.from(prefixes[transaction.type]), body])
}

function fieldsOf(transaction: EthereumTransaction): RlpItem[] {
  const { chainId, nonce, gasPrice, gas, to, value, data } = transaction
  const call = [integer(gas), to ?? Buffer.alloc(0), integer(value), data]
  if (transaction.type === 'legacy') {
    const protection = chainId === null ? [] : [integer(chainId), integer(0n), integer(0n)]
    return [integer(nonce), integer(gasPrice), ...call, ...protection]
  }
  const start = [integer(chainId), integer(nonce)]
  const accessList = transaction.accessList.map((entry) => [entry.address, entry.storageKeys])
  if (transaction.type === 'eip2930') return [...start, integer(gasPrice), ...call, accessList]
  const fees = [integer(transaction.maxPriorityFeePerGas), integer(transaction.maxFeePerGas)]
  const fields = [...start, ...fees, ...call, accessList]
  if (transaction.type === 'eip4844') {
    return [...fields, integer(transaction.maxFeePerBlobGas), transaction.blobHashes]
  }
  if (transaction.type === 'eip1559') return fields
  const authorizations = transaction.authorizationList.map((entry) => [
    integer(entry.chainId),
    entry.address,
    integer(entry.nonce),
    integer(BigInt(entry.yParity)),
    integer(entry.r),
    integer(entry.s),
  ])
  return [...fields, authorizations]
}

function integer(value: bigint | null): Buffer {
  if (value === null) throw new Error('the description lacks a field')
  const digits = value === 0n ? '' : value.toString(16)
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
}
