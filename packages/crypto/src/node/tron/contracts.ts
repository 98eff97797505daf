// The contracts of Tron transactions: the number, the name and the message of each type.
import { tronAddressPrefix } from '../address/tron.ts'
import { refuse } from '../verdict.ts'
import {
  bool,
  bytes,
  enumeration,
  fixedBytes,
  int32,
  int64,
  int64Map,
  type Message,
  message,
  repeated,
  required,
  type Shape,
  text,
} from './protobuf.ts'

type OwnerShape = Shape & Readonly<{ owner_address: ReturnType<typeof owner> }>

const addressBytes = 21

/** 21 bytes, the first of which is the prefix of Tron's networks. */
const address = (number: number) => {
  const read = fixedBytes(number, addressBytes)
  return (...[reader, name]: Parameters<typeof read>) => {
    const value = read(reader, name)
    if (value !== undefined && value[0] !== tronAddressPrefix)
      refuse(`${name} does not begin with 41`)
    return value
  }
}

const owner = (number: number) => required(address(number))
const resource = (number: number) => enumeration(number, 3)

/** A transfer of TRX. */
export const transferShape = {
  owner_address: owner(1),
  to_address: required(address(2)),
  amount: int64(3),
}

/** A call of a smart contract. */
export const triggerShape = {
  owner_address: owner(1),
  contract_address: required(address(2)),
  call_value: int64(3),
  data: bytes(4),
  call_token_value: int64(5),
  token_id: int64(6),
}

export type TransferMessage = Message<typeof transferShape>
export type TriggerMessage = Message<typeof triggerShape>

const ownerOnly = { owner_address: owner(1) }

const permission = {
  type: enumeration(1, 3),
  id: int32(2),
  permission_name: text(3),
  threshold: int64(4),
  parent_id: int32(5),
  operations: bytes(6),
  keys: repeated(message(7, { address: address(1), weight: int64(2) })),
}

const abiParameter = { indexed: bool(1), name: text(2), type: text(3) }

const abiEntry = {
  anonymous: bool(1),
  constant: bool(2),
  name: text(3),
  inputs: repeated(message(4, abiParameter)),
  outputs: repeated(message(5, abiParameter)),
  type: enumeration(6, 7),
  payable: bool(7),
  stateMutability: enumeration(8, 5),
}

const smartContract = {
  origin_address: address(1),
  contract_address: address(2),
  abi: message(3, { entrys: repeated(message(1, abiEntry)) }),
  bytecode: bytes(4),
  call_value: int64(5),
  consume_user_resource_percent: int64(6),
  name: text(7),
  origin_energy_limit: int64(8),
  code_hash: bytes(9),
  trx_hash: bytes(10),
  version: int32(11),
}

const assetIssue = {
  owner_address: owner(1),
  name: bytes(2),
  abbr: bytes(3),
  total_supply: int64(4),
  frozen_supply: repeated(message(5, { frozen_amount: int64(1), frozen_days: int64(2) })),
  trx_num: int32(6),
  precision: int32(7),
  num: int32(8),
  start_time: int64(9),
  end_time: int64(10),
  order: int64(11),
  vote_score: int32(16),
  description: bytes(20),
  url: bytes(21),
  free_asset_net_limit: int64(22),
  public_free_asset_net_limit: int64(23),
  public_free_asset_net_usage: int64(24),
  public_latest_free_net_time: int64(25),
  id: text(41),
}

const exchangeChange = {
  owner_address: owner(1),
  exchange_id: int64(2),
  token_id: bytes(3),
  quant: int64(4),
}

const delegation = {
  owner_address: owner(1),
  resource: resource(2),
  balance: int64(3),
  receiver_address: address(4),
}

const ownedContract = { owner_address: owner(1), contract_address: address(2) }

/**
 * Every type that says who owns it (`Transaction.Contract.ContractType` in java-tron's
 * core/Tron.proto, messages in core/contract). The others have no message (20 and 32) or may have
 * no owner (51, shielded transfers).
 */
const types = {
  AccountCreateContract: contract(0, {
    owner_address: owner(1),
    account_address: address(2),
    type: enumeration(3, 3),
  }),
  TransferContract: contract(1, transferShape),
  TransferAssetContract: contract(2, {
    asset_name: bytes(1),
    owner_address: owner(2),
    to_address: address(3),
    amount: int64(4),
  }),
  VoteAssetContract: contract(3, {
    owner_address: owner(1),
    vote_address: repeated(address(2)),
    support: bool(3),
    count: int32(5),
  }),
  VoteWitnessContract: contract(4, {
    owner_address: owner(1),
    votes: repeated(message(2, { vote_address: address(1), vote_count: int64(2) })),
    support: bool(3),
  }),
  WitnessCreateContract: contract(5, { owner_address: owner(1), url: bytes(2) }),
  AssetIssueContract: contract(6, assetIssue),
  WitnessUpdateContract: contract(8, { owner_address: owner(1), update_url: bytes(12) }),
  ParticipateAssetIssueContract: contract(9, {
    owner_address: owner(1),
    to_address: address(2),
    asset_name: bytes(3),
    amount: int64(4),
  }),
  AccountUpdateContract: contract(10, { account_name: bytes(1), owner_address: owner(2) }),
  FreezeBalanceContract: contract(11, {
    owner_address: owner(1),
    frozen_balance: int64(2),
    frozen_duration: int64(3),
    resource: resource(10),
    receiver_address: address(15),
  }),
  UnfreezeBalanceContract: contract(12, {
    owner_address: owner(1),
    resource: resource(10),
    receiver_address: address(15),
  }),
  WithdrawBalanceContract: contract(13, ownerOnly),
  UnfreezeAssetContract: contract(14, ownerOnly),
  UpdateAssetContract: contract(15, {
    owner_address: owner(1),
    description: bytes(2),
    url: bytes(3),
    new_limit: int64(4),
    new_public_limit: int64(5),
  }),
  ProposalCreateContract: contract(16, { owner_address: owner(1), parameters: int64Map(2) }),
  ProposalApproveContract: contract(17, {
    owner_address: owner(1),
    proposal_id: int64(2),
    is_add_approval: bool(3),
  }),
  ProposalDeleteContract: contract(18, { owner_address: owner(1), proposal_id: int64(2) }),
  SetAccountIdContract: contract(19, { account_id: bytes(1), owner_address: owner(2) }),
  CreateSmartContract: contract(30, {
    owner_address: owner(1),
    new_contract: message(2, smartContract),
    call_token_value: int64(3),
    token_id: int64(4),
  }),
  TriggerSmartContract: contract(31, triggerShape),
  UpdateSettingContract: contract(33, {
    ...ownedContract,
    consume_user_resource_percent: int64(3),
  }),
  ExchangeCreateContract: contract(41, {
    owner_address: owner(1),
    first_token_id: bytes(2),
    first_token_balance: int64(3),
    second_token_id: bytes(4),
    second_token_balance: int64(5),
  }),
  ExchangeInjectContract: contract(42, exchangeChange),
  ExchangeWithdrawContract: contract(43, exchangeChange),
  ExchangeTransactionContract: contract(44, { ...exchangeChange, expected: int64(5) }),
  UpdateEnergyLimitContract: contract(45, { ...ownedContract, origin_energy_limit: int64(3) }),
  AccountPermissionUpdateContract: contract(46, {
    owner_address: owner(1),
    owner: message(2, permission),
    witness: message(3, permission),
    actives: repeated(message(4, permission)),
  }),
  ClearABIContract: contract(48, ownedContract),
  UpdateBrokerageContract: contract(49, { owner_address: owner(1), brokerage: int32(2) }),
  MarketSellAssetContract: contract(52, {
    owner_address: owner(1),
    sell_token_id: bytes(2),
    sell_token_quantity: int64(3),
    buy_token_id: bytes(4),
    buy_token_quantity: int64(5),
  }),
  MarketCancelOrderContract: contract(53, { owner_address: owner(1), order_id: bytes(2) }),
  FreezeBalanceV2Contract: contract(54, {
    owner_address: owner(1),
    frozen_balance: int64(2),
    resource: resource(3),
  }),
  UnfreezeBalanceV2Contract: contract(55, {
    owner_address: owner(1),
    unfreeze_balance: int64(2),
    resource: resource(3),
  }),
  WithdrawExpireUnfreezeContract: contract(56, ownerOnly),
  DelegateResourceContract: contract(57, { ...delegation, lock: bool(5), lock_period: int64(6) }),
  UnDelegateResourceContract: contract(58, delegation),
  CancelAllUnfreezeV2Contract: contract(59, ownerOnly),
} as const

/** The name of a type of contract that can be read. */
export type TronContractType = keyof typeof types

/** A type of contract: its name, and the message that a contract of it carries. */
export type ContractType = Readonly<{ name: TronContractType; shape: OwnerShape }>

/** The types by the number they have on the wire. */
export const contractTypes: ReadonlyMap<bigint, ContractType> = new Map(
  Object.entries(types).map(([name, { number, shape }]) => [
    number,
    { name: name as TronContractType, shape },
  ]),
)

function contract(number: number, shape: OwnerShape) {
  return { number: BigInt(number), shape }
}
