// PSBTs against BIP-174, BIP-370 and BIP-371: what is read, what is refused, and what signers write.
import { describe, expect, test } from 'vitest'
import { writePsbtMaps } from '../src/node/bitcoin/psbtMaps.ts'
import { readPsbt } from '../src/node/bitcoin/psbtTransaction.ts'
import { parsePsbt, publicKeyOf, signSecp256k1 } from '../src/node/index.ts'
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
  expect(signers.length).toBe(2)
})

const reasons: string[] = []

describe.each(rows)('$file: $case', ({ kind, psbt, lockTime }) => {
  if (kind === 'valid') {
    test('is read, and written as it came', () => {
      expect(parsePsbt(hex(psbt))).toMatchObject({ ok: true })
      const { maps, tx } = readPsbt(hex(psbt))
      expect(writePsbtMaps(maps).toString('hex')).toBe(psbt)
      if (lockTime !== undefined) expect(tx.lockTime).toBe(lockTime)
    })
    return
  }
  test('is refused with a reason', () => {
    const verdict = parsePsbt(hex(psbt))
    expect(verdict).toEqual({ ok: false, reason: expect.stringMatching(/^[a-zA-Z]/) })
    reasons.push(verdict.ok ? '' : verdict.reason)
  })
})

test('the reasons say what is wrong', () => {
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

test.each(signers)('both keys of a signer sign as BIP-174 has it', (row) => {
  const signed = row.privateKeys.reduce((psbt, key) => {
    const publicKey = publicKeyOf('secp256k1', hex(key))
    const verdict = parsePsbt(psbt)
    if (!verdict.ok) throw new Error(verdict.reason)
    const signing = verdict.transaction.signingBy({ publicKey, isTaproot: false })
    if (!signing?.ok) throw new Error(signing?.reason ?? 'no input')
    expect(signing.digests.length).toBe(1)
    return signing.assemble(signing.digests.map((digest) => signSecp256k1(hex(key), digest)))
  }, hex(row.psbt))
  expect(signed.toString('hex')).toBe(row.signed)
})
