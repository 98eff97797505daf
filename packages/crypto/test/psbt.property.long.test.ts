// Random and damaged PSBTs: signed as two libraries want it, or refused; never an exception.
import * as scure from '@scure/btc-signer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type BitcoinForm,
  bitcoinForms,
  finalized,
  inputOf,
  paymentOf,
  psbtOf,
  transactionOf,
} from '../../../tests/support/bitcoin.ts'
import { rounds } from '../../../tests/support/rounds.ts'
import { parsePsbt, publicKeyOf } from '../src/node/index.ts'
import { signPsbt } from './psbtSigner.ts'
import { hex, present } from './vectors.ts'

const numRuns = rounds('random PSBTs')
const keys = [Buffer.alloc(32, 0x51), Buffer.alloc(32, 0x52)] as const
const publicKeys = keys.map((key) => publicKeyOf('secp256k1', key)) as [Buffer, Buffer]

/** Made once: taproot takes its time. */
const payments = bitcoinForms.map((form) => publicKeys.map((key) => paymentOf(form, key)))
const paymentBy = (form: BitcoinForm, owner: number) =>
  present(payments[bitcoinForms.indexOf(form)]?.[owner])

const input = fc.record({
  form: fc.constantFrom(...bitcoinForms),
  owner: fc.constantFrom(0, 1),
  amount: fc.bigInt(10n ** 6n, 10n ** 12n),
})
const output = fc.record({
  script: fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((data) => Uint8Array.of(0x6a, data.length, ...data)),
    fc.constantFrom(...bitcoinForms).map((form) => paymentBy(form, 0).script),
  ),
  amount: fc.bigInt(0n, 10n ** 5n),
})
const plans = fc.record({
  inputs: fc.array(input, { minLength: 1, maxLength: 5 }),
  outputs: fc.array(output, { minLength: 1, maxLength: 4 }),
  version: fc.constantFrom(0, 2),
})
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never

function buildOf({ inputs, outputs }: Plan, proof: 'claim' | 'both'): scure.Transaction {
  return transactionOf(
    inputs.map(({ form, owner, amount }) =>
      inputOf(paymentBy(form, owner), amount, form === 'p2pkh' ? 'transaction' : proof),
    ),
    outputs,
  )
}

/** The PSBT with every signature that is to be made: both keys, plain and tweaked. */
function signWhole(psbt: string, { inputs }: Plan): string {
  let signed = psbt
  for (const [owner, key] of keys.entries()) {
    for (const isTaproot of [false, true]) {
      const isOwn = (one: Plan['inputs'][number]) =>
        one.owner === owner && (one.form === 'p2tr') === isTaproot
      if (inputs.some(isOwn)) signed = signPsbt(signed, key, isTaproot)
    }
  }
  return signed
}

test('random PSBTs, once signed, are finalized by both libraries', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(plans, (plan) => {
      const tx = buildOf(plan, 'both')
      const signed = signWhole(psbtOf(tx, plan.version), plan)
      const read = scure.Transaction.fromPSBT(hex(signed), {
        allowUnknownOutputs: true,
        allowLegacyWitnessUtxo: true,
      })
      expect(finalized(psbtOf(read))).toBe(tx.id)
      for (const { form } of plan.inputs) seen.add(`${form} ${plan.version}`)
    }),
    { numRuns: Math.ceil(numRuns / 10) },
  )
  expect(seen.size).toBe(10)
})

const seen = { refused: 0, read: 0, signed: 0 }

function expectVerdict(bytes: Buffer): void {
  const verdict = parsePsbt(bytes)
  expect(verdict.ok ? '' : verdict.reason).toMatch(/^[a-zA-Z0-9_.:,`^[\] -]*$/)
  if (!verdict.ok) {
    seen.refused += 1
    return
  }
  seen.read += 1
  for (const isTaproot of [false, true]) {
    const signing = verdict.transaction.signingBy({ publicKey: publicKeys[0], isTaproot })
    if (!signing?.ok) continue
    seen.signed += 1
    const signature = { r: Buffer.alloc(32, 1), s: Buffer.alloc(32, 1) }
    const signed = signing.assemble(signing.digests.map(() => signature))
    // What was added changes nothing about what is signed, nor about what policies see.
    const again = parsePsbt(signed)
    expect(again).toMatchObject({ ok: true, transaction: { outputs: verdict.transaction.outputs } })
    if (!again.ok) continue
    const second = again.transaction.signingBy({ publicKey: publicKeys[0], isTaproot })
    expect(second).toMatchObject({ ok: true, digests: signing.digests, fee: signing.fee })
  }
}

test('damaged PSBTs are refused, or read and signed without contradiction', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 2,
  })
  fc.assert(
    fc.property(
      plans,
      damage,
      fc.constantFrom('set', 'set', 'cut', 'insert'),
      (plan, places, how) => {
        let bytes = hex(psbtOf(buildOf(plan, 'claim'), plan.version))
        for (const [place, value] of places) {
          const at = place % bytes.length
          const keep = how === 'cut' ? 0 : 1
          if (how === 'set') bytes[at] = value
          else {
            const added = how === 'insert' ? Buffer.of(value) : Buffer.alloc(0)
            bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + 1 - keep)])
          }
        }
        expectVerdict(bytes)
      },
    ),
    { numRuns },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      expectVerdict(Buffer.concat([Buffer.from('psbt\xff', 'latin1'), tail]))
    }),
    { numRuns },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(numRuns / 20)
})
