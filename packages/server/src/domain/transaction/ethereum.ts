// Ethereum transactions, as policies see them and as they are signed.
import {
  encodeAddress,
  type EthereumTransaction,
  type EthereumTransactionType,
  parseEthereumTransaction,
  withEthereumChecksum,
} from '@keystead/crypto/node'
import { lazy } from '@keystead/policy'
import { ecdsaSigning, type ParsedTransaction } from './chain.ts'

const TYPES: Record<EthereumTransactionType, string> = {
  legacy: 'LEGACY',
  eip2930: 'TYPE_1',
  eip1559: 'TYPE_2',
  eip4844: 'TYPE_3',
  eip7702: 'TYPE_4',
}

export function parseEthereum(bytes: Buffer): ParsedTransaction {
  const parsed = parseEthereumTransaction(bytes)
  if (!parsed.ok) return parsed
  const { transaction } = parsed
  const { value, signingHash } = transaction
  const to = [{ destination: receiver(transaction), amount: value }]
  const moves = { measure: 'wei', to } as const
  return {
    ok: true,
    transaction: {
      curve: 'secp256k1',
      facts: ({ publicKey }) => ({ eth: { tx: lazy(() => describe(transaction, publicKey)) } }),
      moves: () => moves,
      signingBy: (signer) => ecdsaSigning(signer, signingHash, transaction.assemble),
    },
  }
}

/** Empty when a contract is created. */
function receiver({ to }: EthereumTransaction): string {
  return to === null ? '' : withEthereumChecksum(to.toString('hex'))
}

function describe(transaction: EthereumTransaction, publicKey: Buffer) {
  const { type, value, gas, nonce, maxFeePerGas } = transaction
  return {
    from: encodeAddress('ethereum', 'secp256k1', publicKey),
    to: receiver(transaction),
    data: `0x${transaction.data.toString('hex')}`,
    type: TYPES[type],
    value,
    gas,
    nonce,
    gas_price: transaction.gasPrice ?? maxFeePerGas ?? undefined,
    chain_id: transaction.chainId ?? undefined,
    max_fee_per_gas: maxFeePerGas ?? undefined,
    max_priority_fee_per_gas: transaction.maxPriorityFeePerGas ?? undefined,
    max_fee_per_blob_gas: transaction.maxFeePerBlobGas ?? undefined,
  }
}
