// Every damaged Tron transaction is refused with its reason.
import { describe, expect, test } from 'vitest'
import { parseTronTransaction } from '../src/node/index.ts'
import {
  bad,
  entry,
  inContract,
  inTransfer,
  inTrigger,
  proposal,
  raw,
  transferAny,
  vote,
} from './tronBadTransactions.ts'
import {
  contractOf,
  field,
  integer,
  owner,
  rawOf,
  refBlockBytes,
  refBlockHash,
  to,
  transfer,
  trigger,
} from './tronEncode.ts'

test('there are 88 of them', () => {
  expect(bad).toHaveLength(88)
  expect(new Set(bad.map(([, bytes]) => bytes.toString('hex'))).size).toBe(bad.length)
})

test.each(bad)('%s', (_name, bytes, reason) => {
  expect(parseTronTransaction(bytes)).toEqual({ ok: false, reason })
})

describe('what is just within bounds is accepted', () => {
  test.each([
    ['a transfer', rawOf(transfer)],
    ['a call', rawOf(trigger)],
    ['a call without data', inTrigger(owner, to)],
    ['a transfer of nothing', inTransfer(owner, to)],
    ['no expiration and no timestamp', raw(refBlockBytes, refBlockHash, transfer)],
    ['the largest permission', inContract(integer(1, 1), transferAny, integer(5, 2 ** 31 - 1))],
    ['a proposal of zero for zero', proposal(entry(0, 0))],
    ['keys of a proposal in any order', proposal(entry(2, 1), entry(1, 1))],
    [
      'ten thousand messages',
      rawOf(
        contractOf(4, 'VoteWitnessContract', owner, ...Array.from({ length: 10_000 }, () => vote)),
      ),
    ],
    [
      '512 000 bytes',
      rawOf(contractOf(31, 'TriggerSmartContract', owner, to, field(4, Buffer.alloc(511_842, 1)))),
    ],
  ])('%s', (_name, bytes) => {
    expect(parseTronTransaction(bytes).ok).toBe(true)
  })
})
