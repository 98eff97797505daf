// PSBTs against BIP-174, BIP-370 and BIP-371: what is read, what is refused, and what signers write.
import { expect, test } from 'vitest'
import { writePsbtMaps } from '../src/node/bitcoin/psbtMaps.ts'
import { readPsbt } from '../src/node/bitcoin/psbtTransaction.ts'
import { parsePsbt } from '../src/node/index.ts'
import { signPsbt } from './psbtSigner.ts'
import { hex, loadVectors } from './vectors.ts'

type Row = Readonly<{
  kind: 'valid' | 'invalid' | 'refused by signers'
  case: string
  psbt: string
  lockTime?: number
}>

const files = ['bip174', 'bip370', 'bip371'] as const
const rows = files.flatMap((file) =>
  loadVectors<Row[]>(`${file}.json`).map((row) => ({ file, ...row })),
)
const signers =
  loadVectors<{ psbt: string; privateKeys: string[]; signed: string }[]>('bip174-signers.json')
const countOf = (file: string, kind: string) =>
  rows.filter((row) => row.file === file && row.kind === kind).length

test('the vectors are all here', () => {
  const counts = files.map((file) => [countOf(file, 'valid'), countOf(file, 'invalid')])
  expect(counts).toEqual([
    [10, 20],
    [23, 25],
    [6, 11],
  ])
  expect(countOf('bip174', 'refused by signers')).toBe(4)
  expect([signers.length, locked.length]).toEqual([2, 9])
})

const valid = rows.filter(({ kind }) => kind === 'valid')
const others = rows.filter(({ kind }) => kind !== 'valid')
const locked = valid.filter(({ lockTime }) => lockTime !== undefined)

test.each(valid)('$file: $case: is read, and written as it came', ({ psbt }) => {
  expect(parsePsbt(hex(psbt))).toMatchObject({ ok: true })
  expect(writePsbtMaps(readPsbt(hex(psbt)).maps).toString('hex')).toBe(psbt)
})

test.each(locked)('$file: $case: has the lock time $lockTime', ({ psbt, lockTime }) => {
  expect(readPsbt(hex(psbt)).tx.lockTime).toBe(lockTime)
})

const reasonOf = (psbt: string) => {
  const verdict = parsePsbt(hex(psbt))
  return verdict.ok ? null : verdict.reason
}

test.each(others)('$file: $case: is refused', ({ psbt }) => {
  expect(reasonOf(psbt)).toMatch(/^[a-zA-Z]/)
})

test('the reasons say what is wrong', () => {
  const reasons = others.map(({ psbt }) => reasonOf(psbt) ?? '')
  expect([...new Set(reasons)].sort()).toMatchInlineSnapshot(`
    [
      "global.fallback_locktime is not of PSBT version 0",
      "global.input_count is missing",
      "global.input_count is not of PSBT version 0",
      "global.output_count is missing",
      "global.output_count is not of PSBT version 0",
      "global.tx_modifiable is not of PSBT version 0",
      "global.tx_version is missing",
      "global.tx_version is not of PSBT version 0",
      "global.unsigned_tx ends early",
      "global.unsigned_tx has a malformed key",
      "global.unsigned_tx has an input with a script",
      "global.unsigned_tx has trailing bytes",
      "global.unsigned_tx is missing",
      "global.unsigned_tx is not of PSBT version 2",
      "inputs[0].bip32_derivation has a malformed key",
      "inputs[0].final_scriptsig has a malformed key",
      "inputs[0].non_witness_utxo has a malformed key",
      "inputs[0].output_index is missing",
      "inputs[0].output_index is not of PSBT version 0",
      "inputs[0].partial_sig has a malformed key",
      "inputs[0].previous_txid is missing",
      "inputs[0].previous_txid is not of PSBT version 0",
      "inputs[0].redeem_script has a malformed key",
      "inputs[0].redeem_script is not that of the output",
      "inputs[0].required_height_locktime is no height",
      "inputs[0].required_height_locktime is not of PSBT version 0",
      "inputs[0].required_time_locktime is a height",
      "inputs[0].required_time_locktime is not of PSBT version 0",
      "inputs[0].sequence is not of PSBT version 0",
      "inputs[0].sighash_type has a malformed key",
      "inputs[0].tap_bip32_derivation has a malformed key",
      "inputs[0].tap_internal_key has a wrong length",
      "inputs[0].tap_key_sig has a wrong length",
      "inputs[0].tap_leaf_script has a malformed key",
      "inputs[0].tap_script_sig has a malformed key",
      "inputs[0].tap_script_sig has a wrong length",
      "inputs[0].witness_script has a malformed key",
      "inputs[0].witness_utxo has a malformed key",
      "inputs[0].witness_utxo is of an output without witness, which needs non_witness_utxo",
      "inputs[1].final_scriptwitness has a malformed key",
      "inputs[1].redeem_script is not that of the output",
      "inputs[1].witness_script is not that of the output",
      "it does not begin as a PSBT does",
      "outputs[0].amount is missing",
      "outputs[0].amount is not of PSBT version 0",
      "outputs[0].bip32_derivation has a malformed key",
      "outputs[0].redeem_script has a malformed key",
      "outputs[0].script is missing",
      "outputs[0].script is not of PSBT version 0",
      "outputs[1].tap_bip32_derivation has a malformed key",
      "outputs[1].tap_internal_key has a wrong length",
      "outputs[1].witness_script has a malformed key",
      "the PSBT ends early",
      "the PSBT has the key \`00\` twice in one map",
      "the inputs require lock times that exclude each other",
    ]
  `)
})

test.each(signers)('both keys of a signer sign as BIP-174 has it', ({ psbt, ...row }) => {
  const signed = row.privateKeys.reduce((one, key) => signPsbt(one, hex(key), false), psbt)
  expect(signed).toBe(row.signed)
})
