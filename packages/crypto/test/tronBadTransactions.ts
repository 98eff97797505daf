// Tron transactions that are not canonical, not unsigned or out of bounds, made by hand.
import {
  addressOf,
  anyOf,
  contractOf,
  expiration,
  field,
  integer,
  owner,
  rawOf,
  refBlockBytes,
  refBlockHash,
  timestamp,
  to,
  transfer,
  trigger,
} from './tronEncode.ts'
import { hex } from './vectors.ts'

export const raw = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
export const inContract = (...parts: readonly Uint8Array[]) => rawOf(field(11, ...parts))
export const inTransfer = (...value: readonly Uint8Array[]) =>
  rawOf(contractOf(1, 'TransferContract', ...value))
export const inTrigger = (...value: readonly Uint8Array[]) =>
  rawOf(contractOf(31, 'TriggerSmartContract', ...value))
export const transferAny = anyOf('TransferContract', owner, to)
const negative = hex('ffffffffffffffffff01')
export const proposal = (...entries: readonly Uint8Array[]) =>
  rawOf(contractOf(16, 'ProposalCreateContract', owner, ...entries))
export const entry = (key: number, value: number) => field(2, integer(1, key), integer(2, value))
export const vote = field(2, field(1, addressOf(3)), integer(2, 1))

const noPlace = (message: string, number: number) =>
  `${message} has field ${number} where it has no place`
const wrongUrl = 'raw_data.contract.parameter.type_url is not that of the type'
const notOne = 'raw_data.contract is not one contract'

/** What it is, its bytes, and the reason it is refused for. */
export const bad: [string, Buffer, string][] = [
  ['no bytes', raw(), 'raw_data.ref_block_bytes is missing'],
  ['over 512 000 bytes', Buffer.alloc(512_001), 'the transaction is over 512000 bytes'],
  ['no contract', rawOf(), notOne],
  ['two contracts', rawOf(transfer, transfer), notOne],
  ['a transfer and a call', rawOf(transfer, trigger), notOne],
  ['no block bytes', raw(refBlockHash, transfer), 'raw_data.ref_block_bytes is missing'],
  ['no block hash', raw(refBlockBytes, transfer), 'raw_data.ref_block_hash is missing'],
  [
    'block bytes of 3',
    raw(field(1, hex('4ef500')), refBlockHash, transfer),
    'raw_data.ref_block_bytes is not 2 bytes: is this a whole transaction?',
  ],
  [
    'a block hash of 32',
    raw(refBlockBytes, field(4, Buffer.alloc(32)), transfer),
    'raw_data.ref_block_hash is not 8 bytes',
  ],
  [
    'a block number',
    raw(refBlockBytes, integer(3, 5), transfer),
    'raw_data.ref_block_hash is missing',
  ],
  [
    'auths',
    raw(refBlockBytes, refBlockHash, expiration, field(9, field(2, hex('61'))), transfer),
    noPlace('raw_data', 9),
  ],
  ['scripts', rawOf(transfer, field(12, hex('00'))), noPlace('raw_data', 12)],
  ['an unknown field', raw(rawOf(transfer), integer(19, 1)), noPlace('raw_data', 19)],
  ['field 0', raw(rawOf(transfer), hex('0001')), noPlace('raw_data', 0)],
  ['the timestamp twice', raw(rawOf(transfer), timestamp), noPlace('raw_data', 14)],
  [
    'the timestamp before the contract',
    raw(refBlockBytes, refBlockHash, timestamp, transfer),
    noPlace('raw_data', 11),
  ],
  [
    'the expiration in 64 fixed bits',
    raw(refBlockBytes, refBlockHash, hex('41'), Buffer.alloc(8, 1), transfer),
    noPlace('raw_data', 8),
  ],
  ['the fee limit as bytes', raw(rawOf(transfer), field(18, hex('05'))), noPlace('raw_data', 18)],
  ['a group', raw(rawOf(transfer), hex('93019401')), noPlace('raw_data', 18)],
  [
    'a fee limit of zero',
    raw(rawOf(transfer), integer(18, 0)),
    'raw_data.fee_limit is there and zero',
  ],
  ['a negative fee limit', raw(rawOf(transfer), integer(18, -1)), 'raw_data.fee_limit is negative'],
  [
    'an empty memo',
    raw(refBlockBytes, refBlockHash, expiration, field(10), transfer),
    'raw_data.data is there and empty',
  ],
  [
    'a long fee limit',
    raw(rawOf(transfer), hex('90018500')),
    'raw_data has a number not in its shortest form',
  ],
  [
    'a long tag',
    raw(rawOf(transfer), hex('90810005')),
    'raw_data has a number not in its shortest form',
  ],
  [
    'a long length',
    raw(hex('0a8200'), hex('4ef5'), refBlockHash, transfer),
    'raw_data.ref_block_bytes is not 2 bytes: is this a whole transaction?',
  ],
  [
    'a long length of the hash',
    raw(refBlockBytes, hex('228800'), Buffer.alloc(8), transfer),
    'raw_data has a number not in its shortest form',
  ],
  [
    'a number of 65 bits',
    raw(rawOf(transfer), hex('9001'), hex('ffffffffffffffffff02')),
    'raw_data has a number of more than 64 bits',
  ],
  [
    'a number of eleven bytes',
    raw(rawOf(transfer), hex('9001'), Buffer.alloc(10, 0xff), hex('01')),
    'raw_data has a number of more than 64 bits',
  ],
  [
    'a length beyond the end',
    raw(refBlockBytes, hex('22'), hex('ffffffffffffffff7f')),
    'raw_data ends early',
  ],
  ['a tag without a value', raw(rawOf(transfer), hex('9001')), 'raw_data ends early'],
  ['a tag cut off', raw(rawOf(transfer), hex('90')), 'raw_data ends early'],
  ['a zero byte more', raw(rawOf(transfer), hex('00')), noPlace('raw_data', 0)],

  ['an empty contract', inContract(), 'raw_data.contract.parameter is missing'],
  [
    'a contract without its parameter',
    inContract(integer(1, 1)),
    'raw_data.contract.parameter is missing',
  ],
  ['a type in place of its name', inContract(transferAny), wrongUrl],
  [
    'type 1 with the message of 31',
    rawOf(contractOf(1, 'TriggerSmartContract', owner, to)),
    wrongUrl,
  ],
  [
    'another prefix',
    inContract(
      integer(1, 1),
      field(2, field(1, Buffer.from('protocol.TransferContract')), field(2, owner, to)),
    ),
    wrongUrl,
  ],
  ['no type_url', inContract(integer(1, 1), field(2, field(2, owner, to))), wrongUrl],
  [
    'a type_url that is not UTF-8',
    inContract(integer(1, 1), field(2, field(1, hex('ff')), field(2, owner, to))),
    'raw_data.contract.parameter.type_url is not UTF-8',
  ],
  [
    'no value',
    inContract(
      integer(1, 1),
      field(2, field(1, Buffer.from('type.googleapis.com/protocol.TransferContract'))),
    ),
    'TransferContract.owner_address is missing',
  ],
  [
    'a third field of the parameter',
    inContract(integer(1, 1), Buffer.concat([field(2, transferAny.subarray(2), integer(3, 1))])),
    noPlace('raw_data.contract.parameter', 3),
  ],
  [
    'a provider',
    inContract(integer(1, 1), transferAny, field(3, hex('00'))),
    noPlace('raw_data.contract', 3),
  ],
  [
    'a contract name',
    inContract(integer(1, 1), transferAny, field(4, hex('61'))),
    noPlace('raw_data.contract', 4),
  ],
  [
    'a permission of zero',
    inContract(integer(1, 1), transferAny, integer(5, 0)),
    'raw_data.contract.permission_id is there and zero',
  ],
  [
    'a negative permission',
    inContract(integer(1, 1), transferAny, integer(5, -1)),
    'raw_data.contract.permission_id is negative',
  ],
  [
    'a permission of 2^31',
    inContract(integer(1, 1), transferAny, integer(5, 2 ** 31)),
    'raw_data.contract.permission_id is too large',
  ],
  ...[7, 20, 32, 47, 50, 51, 60, 2 ** 31 - 1].map((type): [string, Buffer, string] => [
    `type ${type}`,
    rawOf(contractOf(type, 'ShieldedTransferContract', owner)),
    `raw_data.contract.type ${type} is not supported`,
  ]),

  [
    'a transfer without owner',
    inTransfer(to, integer(3, 5)),
    'TransferContract.owner_address is missing',
  ],
  [
    'a transfer to no one',
    inTransfer(owner, integer(3, 5)),
    'TransferContract.to_address is missing',
  ],
  [
    'an owner of 20 bytes',
    inTransfer(field(1, addressOf(1).subarray(1)), to),
    'TransferContract.owner_address is not 21 bytes',
  ],
  [
    'an owner of 22 bytes',
    inTransfer(field(1, addressOf(1), hex('00')), to),
    'TransferContract.owner_address is not 21 bytes',
  ],
  ['an empty owner', inTransfer(field(1), to), 'TransferContract.owner_address is not 21 bytes'],
  [
    'an owner of another network',
    inTransfer(field(1, hex('a0'), addressOf(1).subarray(1)), to),
    'TransferContract.owner_address does not begin with 41',
  ],
  [
    'a receiver of another network',
    inTransfer(owner, field(2, hex('00'), addressOf(1).subarray(1))),
    'TransferContract.to_address does not begin with 41',
  ],
  [
    'a negative amount',
    inTransfer(owner, to, integer(3, -1)),
    'TransferContract.amount is negative',
  ],
  [
    'the least amount',
    inTransfer(owner, to, hex('18'), hex('80808080808080808001')),
    'TransferContract.amount is negative',
  ],
  [
    'an amount of zero',
    inTransfer(owner, to, integer(3, 0)),
    'TransferContract.amount is there and zero',
  ],
  [
    'the amount twice',
    inTransfer(owner, to, integer(3, 5), integer(3, 6)),
    noPlace('TransferContract', 3),
  ],
  ['the receiver twice', inTransfer(owner, to, to, integer(3, 5)), noPlace('TransferContract', 2)],
  [
    'the receiver before the owner',
    inTransfer(to, owner),
    'TransferContract.owner_address is missing',
  ],
  [
    'a fourth field',
    inTransfer(owner, to, integer(3, 5), integer(4, 1)),
    noPlace('TransferContract', 4),
  ],

  [
    'a call of nothing',
    inTrigger(owner, field(4, hex('a9059cbb'))),
    'TriggerSmartContract.contract_address is missing',
  ],
  [
    'a call with empty data',
    inTrigger(owner, to, field(4)),
    'TriggerSmartContract.data is there and empty',
  ],
  [
    'a negative call value',
    inTrigger(owner, to, hex('18'), negative),
    'TriggerSmartContract.call_value is negative',
  ],
  [
    'a negative token value',
    inTrigger(owner, to, integer(5, -2)),
    'TriggerSmartContract.call_token_value is negative',
  ],
  [
    'a token id of zero',
    inTrigger(owner, to, integer(6, 0)),
    'TriggerSmartContract.token_id is there and zero',
  ],
  [
    'the token before its value',
    inTrigger(owner, to, integer(6, 1), integer(5, 1)),
    noPlace('TriggerSmartContract', 5),
  ],

  [
    'an account without owner',
    inContract(anyOf('AccountCreateContract', to)),
    'AccountCreateContract.owner_address is missing',
  ],
  [
    'a proposal without a value',
    proposal(field(2, integer(1, 1))),
    'ProposalCreateContract.parameters.value is missing',
  ],
  [
    'a proposal without a key',
    proposal(field(2, integer(2, 1))),
    'ProposalCreateContract.parameters.key is missing',
  ],
  [
    'a proposal with a key twice',
    proposal(entry(1, 1), entry(1, 2)),
    'ProposalCreateContract.parameters has a key twice',
  ],
  [
    'a negative value proposed',
    proposal(entry(1, -1)),
    'ProposalCreateContract.parameters.value is negative',
  ],
  [
    'an unknown resource',
    rawOf(contractOf(54, 'FreezeBalanceV2Contract', owner, integer(3, 3))),
    'FreezeBalanceV2Contract.resource is too large',
  ],
  [
    'a lock of two',
    rawOf(contractOf(57, 'DelegateResourceContract', owner, integer(5, 2))),
    'DelegateResourceContract.lock is too large',
  ],
  [
    'a brokerage of 2^31',
    rawOf(contractOf(49, 'UpdateBrokerageContract', owner, integer(2, 2 ** 31))),
    'UpdateBrokerageContract.brokerage is too large',
  ],
  [
    'a receiver of 3 bytes',
    rawOf(contractOf(57, 'DelegateResourceContract', owner, field(4, hex('414141')))),
    'DelegateResourceContract.receiver_address is not 21 bytes',
  ],
  [
    'a third field of a vote',
    rawOf(contractOf(4, 'VoteWitnessContract', owner, vote, field(2, integer(3, 1)))),
    noPlace('VoteWitnessContract.votes', 3),
  ],
  [
    'a vote after the support',
    rawOf(contractOf(4, 'VoteWitnessContract', owner, integer(3, 1), vote)),
    noPlace('VoteWitnessContract', 2),
  ],
  [
    'a permission whose name is not UTF-8',
    rawOf(contractOf(46, 'AccountPermissionUpdateContract', owner, field(2, field(3, hex('80'))))),
    'AccountPermissionUpdateContract.owner.permission_name is not UTF-8',
  ],
  [
    'an ABI that ends early',
    rawOf(contractOf(30, 'CreateSmartContract', owner, field(2, field(3, field(1, hex('1a05')))))),
    'CreateSmartContract.new_contract.abi.entrys ends early',
  ],
  [
    'too many messages',
    rawOf(
      contractOf(4, 'VoteWitnessContract', owner, ...Array.from({ length: 10_001 }, () => vote)),
    ),
    'there are too many messages',
  ],
]
