// Random Tron transactions as tronweb builds them, of every type of contract that it knows.
import fc from 'fast-check'
import { utils } from 'tronweb'
import { type TronTransaction, parseTronTransaction } from '../src/node/index.ts'
import { present } from './vectors.ts'

/** What tronweb makes of JSON, and JSON of what it made. */
export interface TronJson {
  ref_block_bytes: string
  ref_block_hash: string
  expiration: number
  timestamp: number
  data: string
  fee_limit: number
  contract: { type: string; Permission_id: number; parameter: { value: Record<string, unknown> } }[]
}

const hexOf = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes).toString('hex'))

const address = hexOf(20).map((tail) => `41${tail}`)
const bytes = hexOf(1, 40)
const mayBeEmpty = hexOf(0, 40)
const int64 = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
  fc.nat(),
)
const int32 = fc.oneof(fc.constantFrom(0, 1, 2 ** 31 - 1), fc.nat())
const resource = fc.constantFrom('BANDWIDTH', 'ENERGY', 'TRON_POWER')
const name = fc.string({ maxLength: 12, unit: 'grapheme' })

const owned = <T>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }) =>
  fc.record({ owner_address: address, ...fields }) as fc.Arbitrary<Record<string, unknown>>

const parameter = fc.record({ indexed: fc.boolean(), name, type: name })
const entry = fc.record({
  anonymous: fc.boolean(),
  constant: fc.boolean(),
  name,
  inputs: fc.array(parameter, { maxLength: 3 }),
  outputs: fc.array(parameter, { maxLength: 3 }),
  type: fc.constantFrom('Constructor', 'Function', 'Event', 'Fallback', 'Receive', 'Error'),
  payable: fc.boolean(),
  stateMutability: fc.constantFrom('Pure', 'View', 'Nonpayable', 'Payable'),
})

const permission = (type: number) =>
  fc.record({
    type: fc.constant(type),
    id: int32,
    permission_name: name,
    threshold: int64,
    parentId: int32,
    operations: mayBeEmpty,
    keys: fc.array(fc.record({ address, weight: int64 }), { maxLength: 3 }),
  })

const exchangeChange = { exchange_id: int64, token_id: mayBeEmpty, quant: int64 }
const delegation = { receiver_address: address, balance: int64, resource }

/** The parameters of a contract by its type. */
const values: Readonly<Record<string, fc.Arbitrary<Record<string, unknown>>>> = {
  AccountCreateContract: owned({ account_address: address }),
  TransferContract: owned({ to_address: address, amount: int64 }),
  TransferAssetContract: owned({ to_address: address, asset_name: bytes, amount: int64 }),
  VoteWitnessContract: owned({
    votes: fc.array(fc.record({ vote_address: address, vote_count: int64 }), { maxLength: 4 }),
  }),
  WitnessCreateContract: owned({ url: bytes }),
  AssetIssueContract: owned({
    name: bytes,
    abbr: mayBeEmpty,
    total_supply: int64,
    frozen_supply: fc.record({ frozen_amount: int64, frozen_days: int64 }),
    trx_num: int32,
    precision: int32,
    num: int32,
    start_time: int64,
    end_time: int64,
    vote_score: int32,
    description: mayBeEmpty,
    url: mayBeEmpty,
    free_asset_net_limit: int64,
    public_free_asset_net_limit: int64,
    public_free_asset_net_usage: int64,
    public_latest_free_net_time: int64,
  }),
  WitnessUpdateContract: owned({ update_url: bytes }),
  ParticipateAssetIssueContract: owned({ to_address: address, asset_name: bytes, amount: int64 }),
  AccountUpdateContract: owned({ account_name: bytes }),
  FreezeBalanceContract: owned({
    frozen_balance: int64,
    frozen_duration: int64,
    resource,
    receiver_address: fc.option(address, { nil: undefined }),
  }),
  UnfreezeBalanceContract: owned({
    resource,
    receiver_address: fc.option(address, { nil: undefined }),
  }),
  WithdrawBalanceContract: owned({}),
  UpdateAssetContract: owned({
    description: mayBeEmpty,
    url: mayBeEmpty,
    new_limit: int64,
    new_public_limit: int64,
  }),
  ProposalCreateContract: owned({
    parameters: fc.array(fc.record({ key: fc.nat(90), value: int64 }), { maxLength: 4 }),
  }),
  ProposalApproveContract: owned({ proposal_id: int64, is_add_approval: fc.boolean() }),
  ProposalDeleteContract: owned({ proposal_id: int64 }),
  SetAccountIdContract: owned({ account_id: bytes }),
  CreateSmartContract: owned({
    call_token_value: int64,
    token_id: int64,
    abi: fc.record({ entrys: fc.array(entry, { maxLength: 3 }) }),
    bytecode: mayBeEmpty,
    call_value: int64,
    consume_user_resource_percent: fc.nat(100),
    origin_energy_limit: int64,
    name,
  }),
  TriggerSmartContract: owned({
    contract_address: address,
    call_value: int64,
    data: mayBeEmpty,
    call_token_value: int64,
    token_id: int64,
  }),
  UpdateSettingContract: owned({
    contract_address: address,
    consume_user_resource_percent: fc.nat(100),
  }),
  ExchangeCreateContract: owned({
    first_token_id: mayBeEmpty,
    first_token_balance: int64,
    second_token_id: mayBeEmpty,
    second_token_balance: int64,
  }),
  ExchangeInjectContract: owned(exchangeChange),
  ExchangeWithdrawContract: owned(exchangeChange),
  ExchangeTransactionContract: owned({ ...exchangeChange, expected: int64 }),
  UpdateEnergyLimitContract: owned({ contract_address: address, origin_energy_limit: int64 }),
  AccountPermissionUpdateContract: owned({
    owner: permission(0),
    witness: fc.option(permission(1), { nil: undefined }),
    actives: fc.array(permission(2), { maxLength: 3 }),
  }),
  ClearABIContract: owned({ contract_address: address }),
  UpdateBrokerageContract: owned({ brokerage: fc.nat(100) }),
  FreezeBalanceV2Contract: owned({ frozen_balance: int64, resource }),
  UnfreezeBalanceV2Contract: owned({ unfreeze_balance: int64, resource }),
  WithdrawExpireUnfreezeContract: owned({}),
  DelegateResourceContract: owned({ ...delegation, lock: fc.boolean(), lock_period: int64 }),
  UnDelegateResourceContract: owned(delegation),
  CancelAllUnfreezeV2Contract: owned({}),
}

/** The types of contracts that tronweb builds. */
export const builtTypes = Object.keys(values)

/** A transaction with a contract of this type: its raw_data as tronweb writes it. */
export const rawDataOf = (type: string): fc.Arbitrary<Buffer> =>
  fc
    .record({
      ref_block_bytes: hexOf(2),
      ref_block_hash: hexOf(8),
      expiration: int64,
      timestamp: int64,
      data: mayBeEmpty,
      fee_limit: int64,
      value: present(values[type]),
      permissionId: int32,
    })
    .map(({ value, permissionId, ...raw }) => {
      const contract = { type, parameter: { value }, Permission_id: permissionId }
      return build({ ...raw, contract: [contract] })
    })

/** The bytes of raw_data that tronweb writes for this JSON. */
export function build(rawData: object): Buffer {
  const message: unknown = utils.transaction.txJsonToPb({ raw_data: rawData, visible: false })
  return Buffer.from(utils.transaction.txPbToRawDataHex(message), 'hex')
}

/** What tronweb reads. */
export function decode(type: string, rawData: Buffer): TronJson {
  return utils.deserializeTx.deserializeTransaction(type, rawData.toString('hex')) as TronJson
}

interface ProtobufMessage {
  serializeBinary: () => Uint8Array
}
interface ProtobufClass<T> {
  deserializeBinary: (bytes: Uint8Array) => T
}
interface AnyMessage {
  getValue_asU8: () => Uint8Array
  setValue: (bytes: Uint8Array) => void
}
interface RawMessage extends ProtobufMessage {
  getContractList: () => { getParameter: () => AnyMessage }[]
}

/** Reads raw_data and its contract with tronweb's classes, and writes both again. */
export function reencode(type: string, rawData: Buffer): Buffer {
  const { TronWebProto: classes } = globalThis as unknown as {
    TronWebProto: Record<string, ProtobufClass<ProtobufMessage>> & {
      Transaction: { raw: ProtobufClass<RawMessage> }
    }
  }
  const raw = classes.Transaction.raw.deserializeBinary(rawData)
  const parameter = present(raw.getContractList()[0]).getParameter()
  const inner = present(classes[type]).deserializeBinary(parameter.getValue_asU8())
  parameter.setValue(inner.serializeBinary())
  return Buffer.from(raw.serializeBinary())
}

/** What the parser under test reads, of bytes that it must take. */
export function parsed(rawData: Buffer): TronTransaction {
  const verdict = parseTronTransaction(rawData)
  if (!verdict.ok) throw new Error(`${verdict.reason}: ${rawData.toString('hex')}`)
  return verdict.transaction
}
