// Tron transactions, as policies see them and as they are signed.
import {
  parseTronTransaction,
  type TronContract,
  type TronContractType,
  type TronTransaction,
} from '@keystead/crypto/node'
import { lazy } from '@keystead/policy'
import { ecdsaSigning, type Move, type ParsedTransaction } from './chain.ts'

/** Contracts that leave all TRX with its owner, but for the fees of the network. */
const KEEPING: ReadonlySet<TronContractType> = new Set([
  'TransferAssetContract',
  'VoteWitnessContract',
  'FreezeBalanceContract',
  'FreezeBalanceV2Contract',
  'UnfreezeBalanceContract',
  'UnfreezeBalanceV2Contract',
  'CancelAllUnfreezeV2Contract',
  'WithdrawExpireUnfreezeContract',
  'WithdrawBalanceContract',
  'DelegateResourceContract',
  'UnDelegateResourceContract',
])

export function parseTron(bytes: Buffer): ParsedTransaction {
  const parsed = parseTronTransaction(bytes)
  if (!parsed.ok) return parsed
  const { transaction } = parsed
  return {
    ok: true,
    transaction: {
      curve: 'secp256k1',
      facts: () => ({ tron: { tx: lazy(() => describe(transaction)) } }),
      moves: () => ({ measure: 'sun', to: movesOf(transaction.contract) }),
      signingBy: (signer) => ecdsaSigning(signer, transaction.signingHash, transaction.assemble),
    },
  }
}

function movesOf({ type, transfer, call }: TronContract): readonly Move[] | null {
  if (transfer) return [{ destination: transfer.toAddress, amount: transfer.amount }]
  if (call) return [{ destination: call.contractAddress, amount: call.callValue }]
  return KEEPING.has(type) ? [] : null
}

function describe(transaction: TronTransaction) {
  return {
    ref_block_bytes: transaction.refBlockBytes.toString('hex'),
    ref_block_hash: transaction.refBlockHash.toString('hex'),
    expiration: transaction.expiration,
    timestamp: transaction.timestamp,
    data: transaction.data.toString('hex'),
    fee_limit: transaction.feeLimit,
    contract: [describeContract(transaction.contract)],
  }
}

function describeContract({ type, permissionId, ownerAddress, transfer, call }: TronContract) {
  return {
    type,
    permission_id: permissionId,
    owner_address: ownerAddress,
    to_address: transfer?.toAddress,
    amount: transfer?.amount,
    contract_address: call?.contractAddress,
    call_value: call?.callValue,
    data: call?.data.toString('hex'),
    call_token_value: call?.callTokenValue,
    token_id: call?.tokenId,
  }
}
