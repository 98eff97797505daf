// Transactions that are not canonical, not unsigned or out of bounds, made by hand.
import { encodeRlp, type RlpItem } from '../src/node/index.ts'
import { hex } from './vectors.ts'

const address = Buffer.alloc(20, 0x35)
const word = Buffer.alloc(32, 0x07)
const blobHash = Buffer.concat([Buffer.of(1), Buffer.alloc(31)])
const none = Buffer.alloc(0)
const byte = (value: number) => Buffer.of(value)
const power = (bits: number) => Buffer.concat([byte(2 ** (bits % 8)), Buffer.alloc(bits / 8)])
const ones = (length: number) => Buffer.alloc(length, 0xff)

/** A transaction type; 0 and 155 are legacy without and with EIP-155. */
export type Base = 0 | 155 | 1 | 2 | 3 | 4

/** The fields of each type, all valid; tests replace one. */
export const bases: Record<Base, RlpItem[]> = {
  0: [none, byte(9), hex('5208'), address, byte(1), none],
  155: [none, byte(9), hex('5208'), address, byte(1), none, byte(1), none, none],
  1: [byte(1), none, byte(9), hex('5208'), address, byte(1), none, []],
  2: [byte(1), none, byte(9), byte(9), hex('5208'), address, byte(1), none, []],
  3: [
    byte(1),
    none,
    byte(9),
    byte(9),
    hex('5208'),
    address,
    byte(1),
    none,
    [],
    byte(1),
    [blobHash],
  ],
  4: [byte(1), none, byte(9), byte(9), hex('5208'), address, byte(1), none, [], []],
}

/** An unsigned transaction of these fields. */
export function encode(base: Base, fields: readonly RlpItem[]): Buffer {
  const prefix = base === 0 || base === 155 ? none : byte(base)
  return Buffer.concat([prefix, encodeRlp(fields)])
}
/** A valid transaction with one field replaced. */
export const withField = (base: Base, at: number, item: RlpItem) =>
  encode(base, bases[base].toSpliced(at, 1, item))
const withMore = (base: Base, ...items: RlpItem[]) => encode(base, [...bases[base], ...items])
/** A valid authorization with one field replaced. */
export const tuple = (at: number, item: RlpItem) =>
  ([byte(1), address, byte(1), byte(1), word, word] as RlpItem[]).toSpliced(at, 1, item)
const nested = (depth: number) =>
  Array.from({ length: depth }).reduce<RlpItem>((item) => [item], [])

/** What it is, its bytes, and the reason it is refused for. */
export const bad: [string, Buffer, string][] = [
  ['no bytes', none, 'the transaction is empty'],
  ['a type byte only', byte(2), 'rlp ends early'],
  ['type 0', Buffer.concat([byte(0), encode(155, bases[155])]), 'the transaction type is unknown'],
  ['type 5', Buffer.concat([byte(5), encode(155, bases[155])]), 'the transaction type is unknown'],
  ['type 0x76', hex('76c0'), 'the transaction type is unknown'],
  ['a type as an RLP byte string', hex('8102'), 'the transaction type is unknown'],
  [
    'an envelope inside a byte string',
    encodeRlp(encode(2, bases[2])),
    'the transaction type is unknown',
  ],
  ['a byte string after the type', hex('0280'), 'the transaction is not a list'],
  ['an empty list', hex('c0'), 'the transaction does not have 6 fields'],
  ['an empty typed list', hex('02c0'), 'the transaction does not have 9 fields'],
  [
    'a trailing byte',
    Buffer.concat([encode(2, bases[2]), none, byte(0)]),
    'rlp has trailing bytes',
  ],
  [
    'a trailing byte, legacy',
    Buffer.concat([encode(0, bases[0]), byte(0x80)]),
    'rlp has trailing bytes',
  ],
  ['a byte cut off', encode(2, bases[2]).subarray(0, -1), 'rlp ends early'],
  ['a byte cut off, legacy', encode(155, bases[155]).subarray(0, -1), 'rlp ends early'],
  [
    'a wrapped single byte',
    hex('c7810180808080' + '80'),
    'rlp gives a length to a single byte below 0x80',
  ],
  ['a wrapped zero', hex('c781008080808080'), 'rlp gives a length to a single byte below 0x80'],
  ['a short list in long form', hex('f806808080808080'), 'rlp length is not in its shortest form'],
  [
    'a short string in long form',
    hex('c9b80201ff8080808080'),
    'rlp length is not in its shortest form',
  ],
  ['a list length with leading zeros', hex('f90006808080808080'), 'rlp length has leading zeros'],
  ['a list length of eight bytes', hex('ffffffffffffffffff80'), 'rlp ends early'],
  ['five fields', encode(0, bases[0].slice(1)), 'the transaction does not have 6 fields'],
  ['seven fields', withMore(0, none), 'the transaction does not have 6 fields'],
  ['eight fields', withMore(0, byte(1), none), 'the transaction does not have 6 fields'],
  ['ten fields', withMore(155, none), 'the transaction does not have 6 fields'],
  ['nine fields, chain id 0', withField(155, 6, none), 'chainId is zero'],
  ['nine fields, r filled', withField(155, 7, word), 'the transaction is signed already'],
  ['nine fields, s filled', withField(155, 8, word), 'the transaction is signed already'],
  ['nine fields, r a list', withField(155, 7, []), 'the transaction is signed already'],
  ['nine fields, r a zero byte', withField(155, 7, byte(0)), 'the transaction is signed already'],
  [
    'legacy signed before EIP-155',
    withMore(0, byte(27), word, word),
    'the transaction is signed already',
  ],
  [
    'legacy signed with EIP-155',
    withMore(0, byte(37), word, word),
    'the transaction is signed already',
  ],
  ...([1, 2, 3, 4] as const).flatMap((type): [string, Buffer, string][] => [
    [
      `type ${type} signed`,
      withMore(type, none, word, word),
      'the transaction has fields for a signature',
    ],
    [
      `type ${type} with placeholders`,
      withMore(type, none, none, none),
      'the transaction has fields for a signature',
    ],
    [
      `type ${type}, one field more`,
      withMore(type, none),
      `the transaction does not have ${bases[type].length} fields`,
    ],
    [
      `type ${type}, one field less`,
      encode(type, bases[type].slice(0, -1)),
      `the transaction does not have ${bases[type].length} fields`,
    ],
    [`type ${type}, chain id 0`, withField(type, 0, none), 'chainId is zero'],
    [
      `type ${type}, chain id too large`,
      withField(type, 0, hex('7fffffffffffffdc')),
      'chainId is too large',
    ],
    [`type ${type}, nonce 2^64 - 1`, withField(type, 1, ones(8)), 'nonce is too large'],
    [`type ${type}, data a list`, withField(type, type === 1 ? 6 : 7, []), 'data is a list'],
    [
      `type ${type}, access list a string`,
      withField(type, type === 1 ? 7 : 8, none),
      'accessList is not a list',
    ],
  ]),
  ['nonce with a leading zero', withField(0, 0, hex('0001')), 'nonce has leading zeros'],
  ['nonce as a zero byte', withField(0, 0, byte(0)), 'nonce has leading zeros'],
  ['nonce as a list', withField(0, 0, []), 'nonce is a list'],
  ['gas price with a leading zero', withField(0, 1, hex('0009')), 'gasPrice has leading zeros'],
  ['gas price 2^256', withField(0, 1, power(256)), 'gasPrice is too large'],
  ['gas 2^64', withField(0, 2, power(64)), 'gas is too large'],
  ['gas with a leading zero', withField(2, 4, hex('005208')), 'gas has leading zeros'],
  ['value 2^256', withField(0, 4, power(256)), 'value is too large'],
  ['a value of a thousand bytes', withField(2, 6, ones(1000)), 'value is too large'],
  ['value with a leading zero', withField(2, 6, hex('0001')), 'value has leading zeros'],
  ['max fee 2^256', withField(2, 3, power(256)), 'maxFeePerGas is too large'],
  [
    'priority fee with a leading zero',
    withField(2, 2, hex('0009')),
    'maxPriorityFeePerGas has leading zeros',
  ],
  ['chain id with a leading zero', withField(2, 0, hex('0001')), 'chainId has leading zeros'],
  ['to of 19 bytes', withField(0, 3, address.subarray(1)), 'to is not 20 bytes'],
  ['to of 21 bytes', withField(2, 5, Buffer.alloc(21, 1)), 'to is not 20 bytes'],
  ['to as a list', withField(2, 5, [address]), 'to is a list'],
  ['4844 without to', withField(3, 5, none), 'to is not 20 bytes'],
  ['7702 without to', withField(4, 5, none), 'to is not 20 bytes'],
  ['access list entry a string', withField(2, 8, [address]), 'accessList entry is not a list'],
  [
    'access list entry of one',
    withField(2, 8, [[address]]),
    'accessList entry does not have 2 fields',
  ],
  [
    'access list entry of three',
    withField(2, 8, [[address, [], []]]),
    'accessList entry does not have 2 fields',
  ],
  [
    'access list address of 19 bytes',
    withField(1, 7, [[address.subarray(1), []]]),
    'accessList address is not 20 bytes',
  ],
  [
    'access list address empty',
    withField(1, 7, [[none, []]]),
    'accessList address is not 20 bytes',
  ],
  [
    'storage keys a string',
    withField(1, 7, [[address, word]]),
    'accessList storage keys is not a list',
  ],
  [
    'storage key of 31 bytes',
    withField(1, 7, [[address, [word.subarray(1)]]]),
    'accessList storage key is not 32 bytes',
  ],
  [
    'storage key of 33 bytes',
    withField(1, 7, [[address, [ones(33)]]]),
    'accessList storage key is not 32 bytes',
  ],
  ['no blob hash', withField(3, 10, []), 'blobHashes is empty'],
  ['blob hashes a string', withField(3, 10, blobHash), 'blobHashes is not a list'],
  [
    'blob hash of version 0',
    withField(3, 10, [blobHash, Buffer.alloc(32)]),
    'blobHashes entry has an unknown version',
  ],
  [
    'blob hash of version 2',
    withField(3, 10, [Buffer.alloc(32, 2)]),
    'blobHashes entry has an unknown version',
  ],
  [
    'blob hash of 31 bytes',
    withField(3, 10, [blobHash.subarray(0, 31)]),
    'blobHashes entry is not 32 bytes',
  ],
  ['blob fee 2^256', withField(3, 9, power(256)), 'maxFeePerBlobGas is too large'],
  [
    'a blob sidecar',
    encode(3, [bases[3], [ones(9)], [ones(48)], [ones(48)]]),
    'the blob sidecar is not part of what is signed',
  ],
  [
    'a blob sidecar of EIP-7594',
    encode(3, [bases[3], byte(1), [], [], []]),
    'the blob sidecar is not part of what is signed',
  ],
  [
    'authorization of five',
    withField(4, 9, [tuple(0, none).slice(1)]),
    'authorizationList entry does not have 6 fields',
  ],
  [
    'authorization unsigned',
    withField(4, 9, [tuple(0, none).slice(0, 3)]),
    'authorizationList entry does not have 6 fields',
  ],
  [
    'authorization chain id 2^256',
    withField(4, 9, [tuple(0, power(256))]),
    'authorizationList chainId is too large',
  ],
  [
    'authorization without address',
    withField(4, 9, [tuple(1, none)]),
    'authorizationList address is not 20 bytes',
  ],
  [
    'authorization nonce 2^64',
    withField(4, 9, [tuple(2, power(64))]),
    'authorizationList nonce is too large',
  ],
  [
    'authorization parity 2',
    withField(4, 9, [tuple(3, byte(2))]),
    'authorizationList yParity is too large',
  ],
  [
    'authorization r 2^256',
    withField(4, 9, [tuple(4, power(256))]),
    'authorizationList r is too large',
  ],
  [
    'authorization s with a leading zero',
    withField(4, 9, [tuple(5, hex('0007'))]),
    'authorizationList s has leading zeros',
  ],
  [
    'a thousand nested lists',
    Buffer.concat([byte(2), encodeRlp(nested(1000))]),
    'rlp lists are nested too deeply',
  ],
  ['100 000 list bytes', Buffer.alloc(100_000, 0xc1), 'rlp ends early'],
  ['over 1 MiB', withField(2, 7, ones(1_048_576)), 'rlp is over 1 MiB'],
]
