// Every Solana transaction that is refused, with its reason.
import { describe, expect, test } from 'vitest'
import { parseSolanaTransaction } from '../src/node/index.ts'
import {
  calling,
  encode,
  encodeMessage,
  type Fields,
  key,
  legacy,
  type Lookup,
  systemData,
  systemProgram,
  token2022Program,
  tokenProgram,
  uint64,
  versioned,
} from './solanaEncode.ts'

const none = Buffer.alloc(0)
const concat = (...parts: Buffer[]) => Buffer.concat(parts)
/** Where the message begins, after two slots. */
const messageAt = 129
const keysAt = messageAt + 3
const withHeader = (...header: Fields['header']) => encode({ ...legacy, header }, 2)
const withInstruction = (program: number, accounts: number[], base = versioned) =>
  encode({ ...base, instructions: [{ program, accounts, data: none }] })
const withLookups = (...lookups: Lookup[]) => encode({ ...versioned, lookups })
const replaced = (at: number, bytes: number[], removed = 1) => {
  const whole = [...encode(legacy)]
  whole.splice(at, removed, ...bytes)
  return Buffer.from(whole)
}
const keys = (count: number) => Array.from({ length: count }, (_, at) => key(at + 1))
const system = (data: Buffer, accounts = [0, 2]) => calling(systemProgram, data, accounts)
const token = (numbers: number[], rest: Buffer, accounts = [2, 3, 0]) =>
  calling(tokenProgram, concat(Buffer.from(numbers), rest), accounts)
const ofPacket = (extra: number, bare = false) => {
  const fields = (size: number) => ({
    ...legacy,
    instructions: [{ program: 4, accounts: [], data: Buffer.alloc(size) }],
  })
  const size = 128 + 1232 - encode(fields(128)).length + extra
  return bare ? encodeMessage(fields(size)) : encode(fields(size))
}

/**
 * A message with one instruction of 62 bytes that is also, from the 66th byte on, a message of its
 * own, which has no instruction: the bytes in between are its keys in one reading.
 */
function readsBothWays(): Buffer {
  const call = [1, 1, 0, 62]
  const first = concat(key(3).subarray(1), Buffer.from(call.slice(0, 1)))
  const second = concat(Buffer.from(call.slice(1)), key(4).subarray(3))
  const header: Fields['header'] = [1, 0, 0]
  const inner = encodeMessage({ ...legacy, header, keys: [first, second], instructions: [] })
  return concat(Buffer.from([...header, 2]), key(1), key(2).subarray(3), inner)
}

const ends = 'the message ends early'
const trailing = 'the message has trailing bytes'
const longForm = 'the message has a length that is not in its shortest form'

const bad: [string, Buffer, string][] = [
  ['no bytes', none, 'the transaction ends early'],
  ['a zero', Buffer.of(0), ends],
  [
    'no signature',
    encode(legacy, 0),
    'the transaction does not have one signature for each signer',
  ],
  [
    'a signature too few',
    encode(legacy, 1),
    'the transaction does not have one signature for each signer',
  ],
  [
    'a signature too many',
    encode(legacy, 3),
    'the transaction does not have one signature for each signer',
  ],
  ['a signature count in two bytes', replaced(0, [0x82, 0]), 'the message version is unknown'],
  ['more signatures than bytes', replaced(0, [0x7f]), 'the transaction ends early'],
  ['signatures alone', encode(legacy).subarray(0, messageAt), ends],
  ['a trailing byte', concat(encode(legacy), Buffer.of(0)), trailing],
  ['a trailing byte after lookups', concat(encode(versioned), Buffer.of(0)), trailing],
  ['a trailing byte after a message', concat(encodeMessage(versioned), Buffer.of(0)), trailing],
  ['a byte cut off', encode(legacy).subarray(0, -1), ends],
  ['version 1', encode({ ...versioned, version: [0x81] }), 'the message version is unknown'],
  ['version 127', encode({ ...versioned, version: [0xff] }), 'the message version is unknown'],
  ['version 0 without lookups', encode({ ...versioned, lookups: null }), ends],
  ['a legacy one with lookups', encode({ ...versioned, version: [] }), trailing],
  ['no signers', encode({ ...legacy, header: [0, 0, 2] }), 'the message has no signers'],
  [
    'more signers than keys',
    encode({ ...legacy, header: [7, 1, 0] }),
    'the message has fewer account keys than its header says',
  ],
  [
    'more read-only keys than keys',
    withHeader(2, 1, 5),
    'the message has fewer account keys than its header says',
  ],
  ['no writable signer', withHeader(2, 2, 2), 'the message has no writable signer'],
  [
    'more read-only signers than signers',
    withHeader(2, 3, 2),
    'the message has no writable signer',
  ],
  [
    'no keys',
    encode({ ...legacy, keys: [], instructions: [] }),
    'the message has fewer account keys than its header says',
  ],
  [
    'a key twice',
    encode({ ...legacy, keys: legacy.keys.toSpliced(3, 1, key(1)) }),
    'the message has an account key twice',
  ],
  ['a key count in two bytes', replaced(keysAt, [0x86, 0]), longForm],
  ['a key count in three bytes', replaced(keysAt, [0x86, 0x80, 0]), longForm],
  [
    'a key count over 65535',
    replaced(keysAt, [0x86, 0x80, 4]),
    'the message has a length over 65535',
  ],
  [
    'a key count in four bytes',
    replaced(keysAt, [0x86, 0x80, 0x80, 1]),
    'the message has a length over 65535',
  ],
  ['65535 keys', replaced(keysAt, [0xff, 0xff, 3]), ends],
  ['a call of the fee payer', withInstruction(0, []), 'an instruction calls the fee payer'],
  [
    'a call of no key',
    withInstruction(6, [], legacy),
    'an instruction calls a program that is no account key',
  ],
  [
    'a call of a looked up program',
    withInstruction(9, []),
    'an instruction calls a program that is no account key',
  ],
  [
    'an account beyond the keys',
    withInstruction(5, [0, 6], legacy),
    'an instruction has an account that the message does not have',
  ],
  [
    'an account beyond the lookups',
    withInstruction(5, [9, 10]),
    'an instruction has an account that the message does not have',
  ],
  [
    'a lookup of nothing',
    withLookups({ table: key(9), writable: [], readonly: [] }),
    'the message has an address table lookup without indexes',
  ],
  [
    'a lookup of an entry twice',
    withLookups({ table: key(9), writable: [1, 1], readonly: [] }),
    'the message looks up an account twice',
  ],
  [
    'a lookup of an entry to write and to read',
    withLookups({ table: key(9), writable: [1], readonly: [1] }),
    'the message looks up an account twice',
  ],
  [
    'two lookups of an entry',
    withLookups(
      { table: key(9), writable: [1], readonly: [] },
      { table: key(9), writable: [], readonly: [1] },
    ),
    'the message looks up an account twice',
  ],
  [
    '257 accounts',
    encode({
      ...versioned,
      keys: legacy.keys,
      instructions: [],
      lookups: [
        { table: key(9), writable: Array.from({ length: 251 }, (_, at) => at), readonly: [] },
      ],
    }),
    'the message has over 256 accounts',
  ],
  ['1233 bytes', ofPacket(1), 'the transaction is over 1232 bytes'],
  [
    'a message that is 1233 bytes with signatures',
    ofPacket(1, true),
    'the transaction is over 1232 bytes',
  ],
  ['a megabyte', Buffer.alloc(1_048_576), 'the transaction is over 1232 bytes'],
  [
    'what reads both ways',
    readsBothWays(),
    'the transaction reads both with and without signatures',
  ],
  ['a system instruction without number', system(none), 'a system instruction ends early'],
  [
    'half a number of a system instruction',
    system(Buffer.of(2, 0)),
    'a system instruction ends early',
  ],
  ['system instruction 14', system(systemData(14)), 'a system instruction is unknown'],
  [
    'system instruction 2^32 - 1',
    system(systemData(2 ** 32 - 1)),
    'a system instruction is unknown',
  ],
  ['a transfer of no amount', system(systemData(2)), 'a system instruction ends early'],
  [
    'a transfer of 7 bytes',
    system(systemData(2, uint64(1n).subarray(1))),
    'a system instruction ends early',
  ],
  [
    'a transfer of 9 bytes',
    system(systemData(2, uint64(1n), Buffer.of(0))),
    'a system instruction has trailing bytes',
  ],
  [
    'a transfer to no one',
    system(systemData(2, uint64(1n)), [0]),
    'a system instruction has too few accounts',
  ],
  [
    'a transfer with seed to no one',
    system(systemData(11, uint64(1n), uint64(0n), key(9)), [0, 1]),
    'a system instruction has too few accounts',
  ],
  [
    'a seed beyond the end',
    system(systemData(11, uint64(1n), uint64(40n), key(9)), [0, 1, 2]),
    'a system instruction ends early',
  ],
  [
    'a seed of 2^64 - 1 bytes',
    system(systemData(11, uint64(1n), uint64(2n ** 64n - 1n), key(9)), [0, 1, 2]),
    'a system instruction ends early',
  ],
  [
    'an account created without owner',
    system(systemData(0, uint64(1n), uint64(1n))),
    'a system instruction ends early',
  ],
  [
    'an account paid for by no one',
    system(systemData(13, uint64(1n), uint64(1n), key(9)), [0]),
    'a system instruction has too few accounts',
  ],
  [
    'a token transfer of 7 bytes',
    token([3], uint64(1n).subarray(1)),
    'a token instruction ends early',
  ],
  [
    'a token transfer of 9 bytes',
    token([3], concat(uint64(1n), Buffer.of(0))),
    'a token instruction has trailing bytes',
  ],
  [
    'a token transfer without owner',
    token([3], uint64(1n), [2, 3]),
    'a token instruction has too few accounts',
  ],
  [
    'a checked transfer without decimals',
    token([12], uint64(1n), [2, 4, 3, 0]),
    'a token instruction ends early',
  ],
  [
    'a checked transfer without owner',
    token([12], concat(uint64(1n), Buffer.of(6))),
    'a token instruction has too few accounts',
  ],
  [
    'a transfer with fee without fee',
    token([26, 1], concat(uint64(1n), Buffer.of(6)), [2, 4, 3, 0]),
    'a token instruction ends early',
  ],
  ['a token instruction of no bytes', token([], none), 'a token instruction ends early'],
  ['half a number of a fee instruction', token([26], none), 'a token instruction ends early'],
  [
    'a confidential transfer',
    calling(token2022Program, Buffer.of(27, 7), [2, 3, 0]),
    'a token transfer is confidential',
  ],
  [
    'a confidential transfer with fee',
    calling(token2022Program, Buffer.of(27, 13), [2, 3, 0]),
    'a token transfer is confidential',
  ],
  [
    'a batch of token instructions',
    token([255, 3, 9, 3], uint64(1n)),
    'a token instruction is a batch',
  ],
]

test('there are enough of them', () => {
  expect(bad.length).toBe(66)
  expect(new Set(bad.map(([, bytes]) => bytes.toString('hex'))).size).toBe(bad.length)
})

test.each(bad)('%s', (_name, bytes, reason) => {
  expect(parseSolanaTransaction(bytes)).toEqual({ ok: false, reason })
})

describe('what is just within bounds is accepted', () => {
  test.each([
    ['legacy', encode(legacy)],
    ['version 0', encode(versioned)],
    ['a legacy message', encodeMessage(legacy)],
    ['a message of version 0', encodeMessage(versioned)],
    ['version 0 without lookups', encode({ ...versioned, lookups: [] })],
    ['no instruction', encode({ ...legacy, instructions: [] })],
    ['1232 bytes', ofPacket(0)],
    ['a message that is 1232 bytes with signatures', ofPacket(0, true)],
    ['the last of the lookups', withInstruction(4, [9])],
    [
      'the same entry of two tables',
      withLookups(
        { table: key(8), writable: [1], readonly: [] },
        { table: key(9), writable: [1], readonly: [] },
      ),
    ],
    [
      '256 accounts',
      encode({
        ...versioned,
        instructions: [],
        lookups: [
          { table: key(9), writable: Array.from({ length: 250 }, (_, at) => at), readonly: [] },
        ],
      }),
    ],
    ['twelve signers', encode({ ...legacy, header: [12, 0, 0], keys: keys(12), instructions: [] })],
  ])('%s', (_name, bytes) => {
    expect(parseSolanaTransaction(bytes).ok).toBe(true)
  })
})
