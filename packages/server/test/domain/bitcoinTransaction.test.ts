// What policies and limits are told of Bitcoin transactions.
import * as scure from '@scure/btc-signer'
import { type AddressFormat, publicKeyOf } from '@keystead/crypto/node'
import { decide, preparePolicy } from '@keystead/policy'
import { describe, expect, test } from 'vitest'
import {
  bitcoinForms,
  inputOf,
  paymentOf,
  psbtOf,
  transactionOf,
} from '../../../../tests/support/bitcoin.ts'
import { parseTransaction } from '../../src/domain/transaction/transaction.ts'

const [own, bob, partner] = [1, 2, 3].map((byte) =>
  publicKeyOf('secp256k1', Buffer.alloc(32, byte)),
) as [Buffer, Buffer, Buffer]
const toBob = paymentOf('p2wpkh', bob)
const memo = { script: Buffer.from('6a0568656c6c6f', 'hex'), amount: 0n }
const shared = scure.p2wsh(scure.p2ms(1, [own, partner]))
const signer = (addressFormat: AddressFormat | null = 'bitcoin_mainnet_p2wpkh') => ({
  publicKey: own,
  addressFormat,
})

type Output = { script: Uint8Array; amount: bigint }

/** A transaction that spends 10 000 satoshis of the key, read by the server. */
function spending(outputs: Output[], proof: 'claim' | 'both' = 'both') {
  const inputs = [4_000n, 6_000n].map((amount) => inputOf(paymentOf('p2wpkh', own), amount, proof))
  const bytes = Buffer.from(psbtOf(transactionOf(inputs, outputs)), 'hex')
  const read = parseTransaction('TRANSACTION_TYPE_BITCOIN', bytes)
  if (!read.ok) throw new Error(read.reason)
  return read.transaction
}

const outputsFor = (addressFormat: AddressFormat | null) => {
  const transaction = spending([{ ...toBob, amount: 9_000n }, memo])
  const { bitcoin } = transaction.facts(signer(addressFormat))
  return typeof bitcoin?.tx === 'function' ? bitcoin.tx()?.outputs : bitcoin?.tx?.outputs
}

describe('policies are told of all outputs', () => {
  test.each<[AddressFormat, string | undefined]>([
    ['bitcoin_mainnet_p2pkh', toBob.address],
    ['bitcoin_testnet_p2wpkh', paymentOf('p2wpkh', bob, scure.TEST_NETWORK).address],
    ['bitcoin_signet_p2wpkh', paymentOf('p2wpkh', bob, scure.TEST_NETWORK).address],
    [
      'bitcoin_regtest_p2tr',
      paymentOf('p2wpkh', bob, { ...scure.TEST_NETWORK, bech32: 'bcrt' }).address,
    ],
  ])('for %s', (addressFormat, address) => {
    expect(outputsFor(addressFormat)).toEqual([
      { address, value: 9_000n },
      { address: '', value: 0n },
    ])
  })

  test.each(['compressed', 'ethereum', 'doge_mainnet', null] as const)(
    'for %s without addresses',
    (addressFormat) => {
      const values = [{ value: 9_000n }, { value: 0n }]
      expect(outputsFor(addressFormat)).toEqual(values)
    },
  )
})

function outcomeOf(effect: 'allow' | 'deny', condition: string, by: AddressFormat | null) {
  const prepared = preparePolicy({ id: 'policy', effect, condition, consensus: null })
  if (!prepared.ok) throw new Error(prepared.error.message)
  const context = spending([{ ...toBob, amount: 9_000n }]).facts(signer(by))
  return decide([prepared.policy], { context, approvers: [], users: [] }).outcome
}

describe('where the network is not known', () => {
  const only = `bitcoin.tx.outputs.all(o, o.address == '${toBob.address}')`
  const another = "bitcoin.tx.outputs.any(o, o.address == 'bc1qmallory')"

  test('an allow list allows nothing, and a deny list denies', () => {
    expect(outcomeOf('allow', only, 'bitcoin_mainnet_p2wpkh')).toBe('allow')
    expect(outcomeOf('allow', only, null)).toBe('denyImplicit')
    expect(outcomeOf('deny', another, 'bitcoin_mainnet_p2wpkh')).toBe('denyImplicit')
    expect(outcomeOf('deny', another, null)).toBe('denyExplicit')
  })

  test('amounts are known all the same', () => {
    expect(outcomeOf('allow', 'bitcoin.tx.outputs.all(o, o.value < 9001)', null)).toBe('allow')
  })
})

describe('limits are told of', () => {
  const fee = (amount: bigint) => ({ destination: 'fee', amount })

  test.each(bitcoinForms)('what goes to others and the fee, not of change to %s', (form) => {
    const outputs = [
      { ...toBob, amount: 5_000n },
      { ...paymentOf(form, own), amount: 4_000n },
    ]
    expect(spending(outputs).moves(signer())).toEqual({
      measure: 'satoshis',
      to: [{ destination: toBob.address, amount: 5_000n }, fee(1_000n)],
    })
  })

  test.each<[string, Output[], object[] | null]>([
    [
      'a script that the key shares with another',
      [{ ...shared, amount: 9_000n }],
      [{ destination: shared.address, amount: 9_000n }, fee(1_000n)],
    ],
    ['a memo, which moves nothing', [memo], [fee(10_000n)]],
    [
      'an output for nobody',
      [{ ...memo, amount: 1n }],
      [{ destination: '', amount: 1n }, fee(9_999n)],
    ],
    [
      'no fee',
      [{ ...toBob, amount: 10_000n }],
      [{ destination: toBob.address, amount: 10_000n }, fee(0n)],
    ],
    ['more than there is', [{ ...toBob, amount: 10_001n }], null],
  ])('%s', (_what, outputs, to) => {
    expect(spending(outputs).moves(signer())).toEqual({ measure: 'satoshis', to })
  })

  test('an unknown amount where inputs are not proven', () => {
    const transaction = spending([{ ...toBob, amount: 1n }], 'claim')
    expect(transaction.moves(signer())).toEqual({ measure: 'satoshis', to: null })
  })

  test('an unknown amount for a key that signs nothing', () => {
    const transaction = spending([{ ...toBob, amount: 1n }])
    const taproot = signer('bitcoin_mainnet_p2tr')
    expect(transaction.moves(taproot)).toEqual({ measure: 'satoshis', to: null })
    expect(transaction.signingBy(taproot)).toBeNull()
  })

  test('unknown destinations where the network is not known', () => {
    const transaction = spending([{ ...toBob, amount: 1n }])
    expect(transaction.moves(signer(null)).to).toEqual([
      { destination: '', amount: 1n },
      fee(9_999n),
    ])
  })
})
