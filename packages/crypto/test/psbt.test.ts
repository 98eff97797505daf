// What is signed of a PSBT, what is refused, and when its fee is certain; libraries build and verify.
import * as scure from '@scure/btc-signer'
import { describe, expect, test } from 'vitest'
import {
  type BitcoinForm,
  bitcoinForms,
  finalized,
  inputOf,
  paymentOf,
  psbtOf,
  transactionOf,
} from '../../../tests/support/bitcoin.ts'
import { withPair, writePsbtMaps } from '../src/node/bitcoin/psbtMaps.ts'
import { readPsbt } from '../src/node/bitcoin/psbtTransaction.ts'
import { payToScriptHash } from '../src/node/bitcoin/script.ts'
import { writeOutput } from '../src/node/bitcoin/transaction.ts'
import { parsePsbt, publicKeyOf } from '../src/node/index.ts'
import { signPsbt, transactionIn } from './psbtSigner.ts'
import { hex, present } from './vectors.ts'

const keys = [0x11, 0x22, 0x33].map((byte) => Buffer.alloc(32, byte))
const [alice, bob, carol] = keys.map((key) => publicKeyOf('secp256k1', key)) as [
  Buffer,
  Buffer,
  Buffer,
]
const toBob = { ...paymentOf('p2wpkh', bob), amount: 900n }
const spendBy = (form: BitcoinForm, key = alice) => paymentOf(form, key)

type Proof = 'transaction' | 'claim' | 'both'
const spend = (...inputs: [ReturnType<typeof paymentOf>, Proof][]) =>
  transactionOf(
    inputs.map(([payment, proof]) => inputOf(payment, 1_000n, proof)),
    [toBob],
  )

function signingOf(psbt: string, isTaproot = false, publicKey = alice) {
  return transactionIn(psbt).signingBy({ publicKey, isTaproot })
}

function feeOf(psbt: string, isTaproot = false) {
  const signing = signingOf(psbt, isTaproot)
  return signing?.ok ? signing.fee : undefined
}

const psbtBytes = (tx: scure.Transaction, version = 0) => hex(psbtOf(tx, version))
const reasonOf = (psbt: string) => {
  const verdict = parsePsbt(hex(psbt))
  return verdict.ok ? null : verdict.reason
}

describe.each([0, 2])('PSBT version %i', (version) => {
  test.each(bitcoinForms)('an input of form %s is signed so that libraries finalize it', (form) => {
    const tx = spend([spendBy(form), form === 'p2tr' ? 'both' : 'transaction'])
    const psbt = psbtOf(tx, version)
    const signed = signPsbt(psbt, present(keys[0]), form === 'p2tr')
    // bitcoinjs-lib reads version 0 only.
    const asFirst = scure.Transaction.fromPSBT(hex(signed), { allowUnknownOutputs: true })
    expect(finalized(psbtOf(asFirst))).toBe(tx.id)
  })

  test('only the signature is added', () => {
    const tx = spend([spendBy('p2wpkh'), 'both'], [spendBy('p2wpkh', bob), 'both'])
    const { maps } = readPsbt(hex(psbtOf(tx, version)))
    const unknown = { type: 0xf0, keyData: Buffer.of(7), value: Buffer.of(8) }
    const [first = [], second = []] = maps.inputs
    const before = {
      ...maps,
      inputs: [
        [unknown, ...first],
        [...second, unknown],
      ],
    }
    const signed = signPsbt(writePsbtMaps(before).toString('hex'), present(keys[0]), false)
    const after = readPsbt(hex(signed)).maps
    const [own = []] = after.inputs
    expect(own.filter(({ type }) => type === 2).map(({ keyData }) => keyData)).toEqual([alice])
    const others = own.filter(({ type }) => type !== 2)
    expect({ ...after, inputs: [others, after.inputs[1]] }).toEqual({
      ...before,
      global: after.global,
    })
  })
})

test('a signature ends the changes that version 2 allows, and leaves other notes', () => {
  const { maps } = readPsbt(hex(psbtOf(spend([spendBy('p2wpkh'), 'both']), 2)))
  const flags = (value: number) => ({ type: 6, keyData: Buffer.alloc(0), value: Buffer.of(value) })
  const global = withPair(maps.global, flags(0x07))
  const signed = signPsbt(
    writePsbtMaps({ ...maps, global }).toString('hex'),
    present(keys[0]),
    false,
  )
  expect(readPsbt(hex(signed)).maps.global).toEqual(withPair(global, flags(0x04)))
})

test('a signature takes the place of the same key’s earlier one', () => {
  const once = signPsbt(psbtOf(spend([spendBy('p2pkh'), 'transaction'])), present(keys[0]), false)
  expect(signPsbt(once, present(keys[0]), false)).toBe(once)
})

describe('scripts of several keys', () => {
  const multisig = scure.p2ms(2, [alice, bob, carol])
  const wrapped = [scure.p2sh(multisig), scure.p2wsh(multisig), scure.p2sh(scure.p2wsh(multisig))]

  test.each(wrapped)('$type: each key signs, and two finalize', (payment) => {
    const tx = transactionOf(
      [inputOf(payment as ReturnType<typeof paymentOf>, 1_000n, 'transaction')],
      [toBob],
    )
    const once = signPsbt(psbtOf(tx), present(keys[2]), false)
    const twice = signPsbt(once, present(keys[0]), false)
    expect(finalized(twice)).toBe(tx.id)
  })

  test('a script that splits what is signed is signed by nobody', () => {
    const script = Buffer.concat([Buffer.of(33), alice, Buffer.of(0xab, 0xac)])
    const payment = scure.p2wsh({ type: 'unknown', script } as never)
    const tx = transactionOf([inputOf(payment as never, 1_000n, 'both')], [toBob])
    expect(signingOf(psbtOf(tx))).toBeNull()
  })
})

describe('nothing is signed', () => {
  test.each<[string, string, boolean]>([
    ['of others', psbtOf(spend([spendBy('p2wpkh', bob), 'both'])), false],
    ['of the taproot address by the plain key', psbtOf(spend([spendBy('p2tr'), 'both'])), false],
    ['of another address by the tweaked key', psbtOf(spend([spendBy('p2wpkh'), 'both'])), true],
    ['of a taproot address of others', psbtOf(spend([spendBy('p2tr', bob), 'both'])), true],
  ])('%s', (_what, psbt, isTaproot) => {
    expect(signingOf(psbt, isTaproot)).toBeNull()
  })

  test('of an input that is final', () => {
    const tx = spend([spendBy('p2wpkh'), 'both'])
    tx.sign(present(keys[0]))
    tx.finalize()
    expect(signingOf(psbtOf(tx))).toBeNull()
  })

  test('of a taproot program within P2SH, where it has no meaning', () => {
    const redeemScript = Buffer.from(spendBy('p2tr').script)
    const { maps } = readPsbt(psbtBytes(spend([spendBy('p2wpkh'), 'claim'])))
    const nested = writeOutput({ amount: 1_000n, script: payToScriptHash(redeemScript) })
    const keyData = Buffer.alloc(0)
    const inputs = maps.inputs.map((map) =>
      withPair(withPair(map, { type: 1, keyData, value: nested }), {
        type: 4,
        keyData,
        value: redeemScript,
      }),
    )
    expect(signingOf(writePsbtMaps({ ...maps, inputs }).toString('hex'), true)).toBeNull()
  })

  test('of a P2SH output whose redeem script is missing', () => {
    const { redeemScript: _, ...input } = inputOf(spendBy('p2sh'), 1_000n, 'both') as {
      redeemScript?: Uint8Array
    }
    expect(signingOf(psbtOf(transactionOf([input as never], [toBob])))).toBeNull()
  })

  test.each([
    ['p2wpkh', 0x82],
    ['p2wpkh', 0],
    ['p2tr', 0x83],
    ['p2tr', 2],
  ] as const)('of %s with sighash type %i', (form, sighashType) => {
    const tx = spend([spendBy('p2wpkh', bob), 'both'], [spendBy(form), 'both'])
    tx.updateInput(1, { sighashType })
    expect(signingOf(psbtOf(tx), form === 'p2tr')).toEqual({
      ok: false,
      reason: `inputs[1].sighash_type 0x${sighashType.toString(16)} is not supported`,
    })
  })

  test('of a taproot input when another one does not say what it spends', () => {
    const { txid, index } = inputOf(spendBy('p2wpkh', bob), 1_000n, 'both')
    const tx = spend([spendBy('p2tr'), 'claim'])
    tx.addInput({ txid, index })
    expect(signingOf(psbtOf(tx), true)).toEqual({
      ok: false,
      reason: 'inputs[1] does not say what it spends, which taproot signatures cover',
    })
  })
})

test('an input of somebody else may have any sighash type', () => {
  const tx = spend([spendBy('p2wpkh'), 'both'], [spendBy('p2wpkh', bob), 'both'])
  tx.updateInput(1, { sighashType: 0x83 })
  expect(signingOf(psbtOf(tx))).toMatchObject({ ok: true })
})

test('a taproot signature of sighash type ALL says so in a byte', () => {
  const tx = spend([spendBy('p2tr'), 'both'])
  const plain = scure.Transaction.fromPSBT(hex(signPsbt(psbtOf(tx), present(keys[0]), true)))
  expect(plain.getInput(0).tapKeySig?.length).toBe(64)
  tx.updateInput(0, { sighashType: 1 })
  const explicit = signPsbt(psbtOf(tx), present(keys[0]), true)
  expect(scure.Transaction.fromPSBT(hex(explicit)).getInput(0).tapKeySig?.at(64)).toBe(1)
  expect(finalized(explicit)).toBe(tx.id)
})

describe('the fee', () => {
  const two = (first: [BitcoinForm, Proof], second: [BitcoinForm, Proof]) =>
    psbtOf(spend([spendBy(first[0]), first[1]], [spendBy(second[0], bob), second[1]]))

  test.each<[string, string, boolean, bigint | null]>([
    [
      'of one witness input, which its signature covers',
      psbtOf(spend([spendBy('p2wpkh'), 'claim'])),
      false,
      100n,
    ],
    ['of one nested witness input', psbtOf(spend([spendBy('p2sh'), 'claim'])), false, 100n],
    [
      'of a proven input without witness',
      psbtOf(spend([spendBy('p2pkh'), 'transaction'])),
      false,
      100n,
    ],
    ['of proven inputs', two(['p2wpkh', 'both'], ['p2pkh', 'transaction']), false, 1_100n],
    [
      'of taproot, whose signature covers all',
      two(['p2tr', 'claim'], ['p2wpkh', 'claim']),
      true,
      1_100n,
    ],
    ['of another claimed input', two(['p2wpkh', 'both'], ['p2wpkh', 'claim']), false, null],
    ['of another claimed taproot input', two(['p2wpkh', 'both'], ['p2tr', 'claim']), false, null],
    ['of a claimed input among two', two(['p2wpkh', 'claim'], ['p2wpkh', 'both']), false, null],
  ])('%s', (...row) => {
    const [, psbt, isTaproot, fee] = row
    expect(feeOf(psbt, isTaproot)).toBe(fee)
  })

  test('is not certain where outputs are more than inputs', () => {
    const tx = transactionOf([inputOf(spendBy('p2wpkh'), 899n, 'both')], [toBob])
    expect(feeOf(psbtOf(tx))).toBeNull()
  })
})

describe('refused is a PSBT', () => {
  const plain = psbtOf(spend([spendBy('p2wpkh'), 'claim']))

  test('that spends an output twice', () => {
    const input = inputOf(spendBy('p2wpkh'), 1_000n, 'claim')
    const tx = transactionOf([input, { ...input, index: 1 }], [toBob])
    const [first, second] = [0, 1].map((index) => `0${index}000000` + '00' + 'ffffffff')
    const psbt = psbtOf(tx)
    const twice = psbt.replace(present(second), present(first))
    expect(twice).not.toBe(psbt)
    expect(reasonOf(twice)).toBe('two inputs spend the same output')
  })

  test('whose input is of another transaction', () => {
    const input = inputOf(spendBy('p2wpkh'), 1_000n, 'transaction')
    const { maps } = readPsbt(hex(plain))
    const other = {
      type: 0,
      keyData: Buffer.alloc(0),
      value: Buffer.from(present(input.nonWitnessUtxo)),
    }
    const inputs = maps.inputs.map((map) => withPair(map, other))
    expect(reasonOf(writePsbtMaps({ ...maps, inputs }).toString('hex'))).toBe(
      'inputs[0].non_witness_utxo is not the transaction that the input spends',
    )
  })

  test('that has two different outputs for an input', () => {
    const { maps } = readPsbt(psbtBytes(spend([spendBy('p2wpkh'), 'both'])))
    const inputs = maps.inputs.map((map) => {
      const value = Buffer.from(present(map.find(({ type }) => type === 1)).value)
      value[0] = 0
      return withPair(map, { type: 1, keyData: Buffer.alloc(0), value })
    })
    expect(reasonOf(writePsbtMaps({ ...maps, inputs }).toString('hex'))).toBe(
      'inputs[0].witness_utxo is not the output of non_witness_utxo',
    )
  })

  test('that names an output which the transaction does not have', () => {
    const input = inputOf(spendBy('p2pkh'), 1_000n, 'transaction')
    const { maps } = readPsbt(psbtBytes(transactionOf([input], [toBob]), 2))
    const index = { type: 0x0f, keyData: Buffer.alloc(0), value: Buffer.of(2, 0, 0, 0) }
    const inputs = maps.inputs.map((map) => withPair(map, index))
    expect(reasonOf(writePsbtMaps({ ...maps, inputs }).toString('hex'))).toBe(
      'inputs[0].non_witness_utxo does not have the output that the input spends',
    )
  })

  test('of 501 inputs', () => {
    const inputs = Array.from({ length: 501 }, (_, index) => ({
      txid: Buffer.alloc(32, 1).toString('hex'),
      index,
    }))
    const tx = transactionOf(inputs as never, [toBob])
    expect(reasonOf(psbtOf(tx))).toBe('the transaction has over 500 inputs')
    expect(reasonOf(psbtOf(transactionOf(inputs.slice(1) as never, [toBob])))).toBeNull()
  })

  test('of more than 100000 bytes', () => {
    const of = (length: number) => {
      const output = { script: new Uint8Array(length).fill(0x51), amount: 1n }
      const input = inputOf(spendBy('p2wpkh'), 1_000n, 'claim')
      return reasonOf(psbtOf(transactionOf([input], [output])))
    }
    // Beside the script: 4 + 1 + 41 + 1 + 8 + 5 + 4 bytes.
    expect(of(99_936)).toBeNull()
    expect(of(99_937)).toBe('the transaction is over 100000 bytes')
  })

  test.each([
    ['another version', '01fb0401000000', 'PSBT version 1 is not supported'],
    [
      'a length that is not the shortest',
      'fd01000000',
      'the PSBT has a length that is not in its shortest form',
    ],
    ['a length of eight bytes', 'ff0000000000000001', 'the PSBT has a length of 2^32 or more'],
    ['a malformed version', '01fb03000000', 'global.version has a wrong length'],
  ])('with %s', (_what, pair, reason) => {
    expect(reasonOf(plain.replace('70736274ff', `70736274ff${pair}`))).toBe(reason)
  })

  test('with more than all bitcoins', () => {
    const amount = Buffer.alloc(8)
    amount.writeBigUInt64LE(2_100_000_000_000_001n)
    const own = Buffer.alloc(8)
    own.writeBigUInt64LE(900n)
    expect(reasonOf(plain.replace(own.toString('hex'), amount.toString('hex')))).toBe(
      'global.unsigned_tx has an amount over 21 million bitcoins',
    )
  })
})
