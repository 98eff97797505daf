// What a request adds to a limit: by measure and scope, and when nobody can say.
import { describe, expect, test } from 'vitest'
import { amountsOf } from './charging.ts'
import type { Limit, LimitMeasure, LimitScope, Moves } from './limit.ts'
import type { Subject } from './subject.ts'

const submitter = { organizationId: 'organization', userId: 'user' }
const publicKey = Buffer.from('02ab', 'hex')
const inWallet = { publicKey, source: { walletId: 'wallet', path: 'm', address: 'address' } }
const alone = { publicKey, source: { privateKeyId: 'key' } }
const ofMoves = (measure: Moves['measure'], to: Moves['to']): Subject => ({
  signer: inWallet,
  moves: { measure, to },
})
const move = (destination: string, amount: bigint) => ({ destination, amount })

const amounts = (measure: LimitMeasure, per: LimitScope, ...subjects: Subject[]) => {
  const window = { kind: 'calendar', unit: 'day' } as const
  const limit: Limit = { measure, per, window, max: '1' }
  const found = amountsOf(limit, { submitter, signatures: subjects.length * 2, subjects })
  return found && Object.fromEntries(found)
}

describe('a request adds', () => {
  const paying = ofMoves('lamports', [move('a', 3n), move('b', 4n), move('a', 5n)])

  test('what a transaction moves, each destination apart or all together', () => {
    expect(amounts('lamports', 'destination', paying)).toEqual({ a: 8n, b: 4n })
    expect(amounts('lamports', 'organization', paying)).toEqual({ '': 12n })
    expect(amounts('lamports', 'user', paying)).toEqual({ user: 12n })
    expect(amounts('lamports', 'wallet', paying)).toEqual({ wallet: 12n })
    expect(amounts('lamports', 'account', paying)).toEqual({ '02ab': 12n })
    const alsoPaying = ofMoves('lamports', [move('b', 1n)])
    expect(amounts('lamports', 'destination', paying, alsoPaying)).toEqual({ a: 8n, b: 5n })
  })

  test('its signatures once, however many things it is about', () => {
    expect(amounts('signatures', 'user', paying, paying)).toEqual({ user: 4n })
    expect(amounts('signatures', 'destination', paying)).toEqual({ a: 2n, b: 2n })
    expect(amounts('signatures', 'wallet', { signer: alone })).toEqual({ key: 2n })
    expect(amounts('signatures', 'account', { signer: alone })).toEqual({ '02ab': 2n })
  })

  test('nothing when it is a transaction that moves nothing', () => {
    expect(amounts('sun', 'organization', ofMoves('sun', []))).toEqual({})
  })
})

describe('nobody can say what a request adds', () => {
  test.each<[string, LimitMeasure, LimitScope, Subject]>([
    ['that is no transaction', 'wei', 'organization', { signer: inWallet }],
    ['of another chain', 'wei', 'organization', ofMoves('sun', [move('a', 1n)])],
    ['that does not say how much', 'sun', 'organization', ofMoves('sun', null)],
    ['that does not say to whom', 'signatures', 'destination', ofMoves('sun', null)],
    ['to nobody', 'sun', 'destination', ofMoves('sun', [])],
    ['to somebody unknown', 'wei', 'destination', ofMoves('wei', [move('a', 1n), move('', 1n)])],
    ['of less than nothing', 'wei', 'user', ofMoves('wei', [move('a', 5n), move('b', -1n)])],
    ['by a wallet that is not there', 'signatures', 'wallet', {}],
    ['by an account that is not there', 'signatures', 'account', {}],
  ])('%s', (...named) => {
    const [, measure, per, subject] = named
    expect(amounts(measure, per, subject)).toBeUndefined()
    const fine = ofMoves('wei', [move('a', 1n)])
    expect(amounts(measure, per, fine, subject)).toBeUndefined()
  })
})
