// An input of a PSBT: what it spends, and what its signatures would be about.
import { sha256 } from '../hash.ts'
import { refuse } from '../verdict.ts'
import { type PsbtMap, valueOf } from './psbtMaps.ts'
import { payToKeyHash, payToScriptHash, readOutputScript, witnessProgram } from './script.ts'
import { readTransaction, readTxOutput, type TxInput, type TxOutput } from './transaction.ts'

const field = {
  nonWitnessUtxo: 0x00,
  witnessUtxo: 0x01,
  sighashType: 0x03,
  redeemScript: 0x04,
  witnessScript: 0x05,
  finalScriptSig: 0x07,
  finalScriptWitness: 0x08,
} as const

/** What its signatures are about: the script that is run, or for taproot the output's key (x). */
type Spending =
  | Readonly<{ kind: 'legacy' | 'segwitV0'; script: Buffer }>
  | Readonly<{ kind: 'taproot'; outputKey: Buffer }>

/** One input. */
export type PsbtInput = Readonly<{
  /** The output that it spends, unless the PSBT does not tell. */
  spent: TxOutput | null
  /** Whether the transaction whose id is signed says so, and not the PSBT alone. */
  isProven: boolean
  /** Null when it needs no signature any more, or it is not told what it needs. */
  spending: Spending | null
  sighashType: number | undefined
}>

/**
 * Reads an input, and refuses what contradicts itself: another transaction than the input names,
 * two different outputs, scripts that are not those of the output.
 *
 * @param what - its name in reasons
 */
export function readPsbtInput(input: TxInput, map: PsbtMap, what: string): PsbtInput {
  const proven = provenOutput(input, map, what)
  const told = valueOf(map, field.witnessUtxo)
  const claimed = told === undefined ? undefined : readTxOutput(told, `${what}.witness_utxo`)
  if (proven && claimed && !isSame(proven, claimed)) {
    refuse(`${what}.witness_utxo is not the output of non_witness_utxo`)
  }
  const spent = proven ?? claimed ?? null
  const isFinal = [field.finalScriptSig, field.finalScriptWitness].some(
    (type) => valueOf(map, type) !== undefined,
  )
  const spending = spent === null ? null : spendingOf(spent, map, what)
  if (spending?.kind === 'legacy' && proven === undefined) {
    // Its signature does not cover the amount.
    refuse(`${what}.witness_utxo is of an output without witness, which needs non_witness_utxo`)
  }
  return {
    spent,
    isProven: proven !== undefined,
    spending: isFinal ? null : spending,
    sighashType: valueOf(map, field.sighashType)?.readUInt32LE(),
  }
}

function provenOutput(input: TxInput, map: PsbtMap, what: string): TxOutput | undefined {
  const bytes = valueOf(map, field.nonWitnessUtxo)
  if (bytes === undefined) return undefined
  const name = `${what}.non_witness_utxo`
  const { txid, outputs } = readTransaction(bytes, name)
  if (!txid.equals(input.txid)) refuse(`${name} is not the transaction that the input spends`)
  return outputs[input.index] ?? refuse(`${name} does not have the output that the input spends`)
}

function spendingOf({ script }: TxOutput, map: PsbtMap, what: string): Spending | null {
  const redeemScript = valueOf(map, field.redeemScript)
  const isScriptHash = readOutputScript(script).kind === 'scriptHash'
  if (redeemScript !== undefined && !payToScriptHash(redeemScript).equals(script)) {
    refuse(`${what}.redeem_script is not that of the output`)
  }
  // What a script of P2SH holds, only the redeem script tells.
  const run = isScriptHash ? redeemScript : script
  return run === undefined ? null : runBy(run, map, { what, isNested: isScriptHash })
}

/** @param place.isNested - within P2SH, where taproot has no meaning (BIP-341) */
function runBy(
  run: Buffer,
  map: PsbtMap,
  place: { what: string; isNested: boolean },
): Spending | null {
  const witnessScript = valueOf(map, field.witnessScript)
  if (witnessScript !== undefined && !witnessProgram(0, sha256(witnessScript)).equals(run)) {
    refuse(`${place.what}.witness_script is not that of the output`)
  }
  const output = readOutputScript(run)
  if (output.kind !== 'witness') return { kind: 'legacy', script: run }
  const { version, program } = output
  if (version === 0 && program.length === 20) {
    return { kind: 'segwitV0', script: payToKeyHash(program) }
  }
  if (version === 0 && witnessScript) return { kind: 'segwitV0', script: witnessScript }
  const isTaproot = version === 1 && program.length === 32 && !place.isNested
  return isTaproot ? { kind: 'taproot', outputKey: program } : null
}

function isSame(a: TxOutput, b: TxOutput): boolean {
  return a.amount === b.amount && a.script.equals(b.script)
}
