// The transaction that a PSBT is about: given whole in version 0, in its maps in version 2 (BIP-370).
import { ByteReader } from '../byteReader.ts'
import { refuse } from '../verdict.ts'
import { type PsbtMap, type PsbtMaps, readPsbtMaps, valueOf } from './psbtMaps.ts'
import { checkedOutput, readUnsignedTransaction, type UnsignedTx } from './transaction.ts'

const field = {
  global: { unsignedTx: 0x00, txVersion: 0x02, fallback: 0x03, inputs: 0x04, outputs: 0x05 },
  input: { txid: 0x0e, index: 0x0f, sequence: 0x10, time: 0x11, height: 0x12 },
  output: { amount: 0x03, script: 0x04 },
} as const

const unsignedTx = 'global.unsigned_tx'
const sequenceFinal = 0xffffffff

/** Lock times from here on are seconds since 1970, those below are heights of blocks. */
const timesFrom = 500_000_000

/**
 * Reads a PSBT of either version.
 *
 * @returns its maps, and the transaction without any signatures
 */
export function readPsbt(bytes: Buffer): { maps: PsbtMaps; tx: UnsignedTx } {
  let whole: UnsignedTx | undefined
  const maps = readPsbtMaps(bytes, (version, global) => {
    if (version === 2) return countsOf(global)
    whole = readUnsignedTransaction(required(global, field.global.unsignedTx), unsignedTx)
    return { inputs: whole.inputs.length, outputs: whole.outputs.length }
  })
  return { maps, tx: whole ?? transactionOf(maps) }
}

function countsOf(global: PsbtMap) {
  const count = (type: number, what: string) => {
    const reader = new ByteReader(required(global, type), what)
    const value = reader.compactSize()
    reader.end()
    return value
  }
  return {
    inputs: count(field.global.inputs, 'global.input_count'),
    outputs: count(field.global.outputs, 'global.output_count'),
  }
}

function transactionOf({ global, inputs, outputs }: PsbtMaps): UnsignedTx {
  return {
    version: required(global, field.global.txVersion).readUInt32LE(),
    inputs: inputs.map((map) => ({
      txid: required(map, field.input.txid),
      index: required(map, field.input.index).readUInt32LE(),
      sequence: uint32Of(map, field.input.sequence) ?? sequenceFinal,
    })),
    outputs: outputs.map((map, at) =>
      checkedOutput(
        {
          amount: required(map, field.output.amount).readBigUInt64LE(),
          script: required(map, field.output.script),
        },
        `outputs[${at}]`,
      ),
    ),
    lockTime: lockTimeOf(inputs, uint32Of(global, field.global.fallback) ?? 0),
  }
}

/** SPEC: BIP-370, Determining Lock Time. Of both kinds, heights are preferred. */
function lockTimeOf(inputs: readonly PsbtMap[], fallback: number): number {
  const wanted = inputs.map((map, at) => {
    const time = uint32Of(map, field.input.time)
    const height = uint32Of(map, field.input.height)
    if (time !== undefined && time < timesFrom) {
      refuse(`inputs[${at}].required_time_locktime is a height`)
    }
    if (height !== undefined && (height === 0 || height >= timesFrom)) {
      refuse(`inputs[${at}].required_height_locktime is no height`)
    }
    return { time, height }
  })
  const locked = wanted.filter(({ time, height }) => time !== undefined || height !== undefined)
  if (locked.length === 0) return fallback
  const heights = locked.flatMap(({ height }) => height ?? [])
  if (heights.length === locked.length) return Math.max(...heights)
  const times = locked.flatMap(({ time }) => time ?? [])
  if (times.length === locked.length) return Math.max(...times)
  return refuse('the inputs require lock times that exclude each other')
}

function uint32Of(map: PsbtMap, type: number): number | undefined {
  return valueOf(map, type)?.readUInt32LE()
}

/** A field that every PSBT of its version was checked to have. */
function required(map: PsbtMap, type: number): Buffer {
  return valueOf(map, type) ?? refuse('the PSBT lacks a field')
}
