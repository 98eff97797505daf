// What signatures of a Bitcoin transaction sign, when they cover all of its inputs and outputs.
import { sha256 } from '../hash.ts'
import { taggedHash } from './schnorr.ts'
import {
  type TxOutput,
  uint32,
  uint64,
  type UnsignedTx,
  writeCompactSize,
  writeOutpoint,
  writeOutput,
  writeSized,
  writeTransaction,
} from './transaction.ts'

/** Covers everything. Taproot has a shorter spelling of the same, 0. */
export const sighashAll = 1

/** BIP-341: as {@link sighashAll}, and the signature has no byte that says so. */
export const sighashDefault = 0

const noScript = Buffer.alloc(0)
const versionBytes = 4
const outpointBytes = 36
/** Outpoint, an empty script and the sequence. */
const inputBytes = 41

/** Digests for the inputs of one transaction; what they have in common is hashed once. */
export class SignatureHashes {
  readonly #tx: UnsignedTx
  readonly #spent: readonly TxOutput[]
  #parts: ReturnType<typeof hashParts> | undefined

  /** @param spent - what every input spends; only taproot needs it */
  constructor(tx: UnsignedTx, spent: readonly TxOutput[]) {
    this.#tx = tx
    this.#spent = spent
  }

  /** What an input without witness signs: Bitcoin's first form. */
  legacy(at: number, script: Buffer): Buffer {
    const { whole, scriptsAt } = this.#shared()
    // The transaction without scripts, but for this one in the place of an empty one.
    const place = scriptsAt + at * inputBytes
    return doubled(
      Buffer.concat([
        whole.subarray(0, place),
        writeSized(script),
        whole.subarray(place + 1),
        uint32(sighashAll),
      ]),
    )
  }

  /** What an input with a witness of version 0 signs (BIP-143). */
  segwitV0(at: number, { script, amount }: TxOutput): Buffer {
    const { version, lockTime } = this.#tx
    const input = this.#input(at)
    const { outpoints, sequences, outputs } = this.#shared()
    return doubled(
      Buffer.concat([
        uint32(version),
        sha256(outpoints),
        sha256(sequences),
        writeOutpoint(input),
        writeSized(script),
        uint64(amount),
        uint32(input.sequence),
        sha256(outputs),
        uint32(lockTime),
        uint32(sighashAll),
      ]),
    )
  }

  /** What the key path of a taproot input signs (BIP-341), without annex. */
  taproot(at: number, type: 0 | 1): Buffer {
    const { version, lockTime } = this.#tx
    const { outpoints, amounts, scripts, sequences, outputs } = this.#shared()
    return taggedHash(
      'TapSighash',
      // An epoch of 0, then the message.
      Buffer.of(0, type),
      uint32(version),
      uint32(lockTime),
      outpoints,
      amounts,
      scripts,
      sequences,
      outputs,
      Buffer.of(0),
      uint32(at),
    )
  }

  #shared() {
    this.#parts ??= hashParts(this.#tx, this.#spent)
    return this.#parts
  }

  #input(at: number) {
    const input = this.#tx.inputs[at]
    if (input === undefined) throw new RangeError('no such input')
    return input
  }
}

function hashParts(tx: UnsignedTx, spent: readonly TxOutput[]) {
  const { inputs, outputs } = tx
  const hashAll = (parts: readonly Buffer[]) => sha256(Buffer.concat(parts))
  return {
    whole: writeTransaction(tx, () => noScript),
    scriptsAt: versionBytes + writeCompactSize(inputs.length).length + outpointBytes,
    outpoints: hashAll(inputs.map(writeOutpoint)),
    amounts: hashAll(spent.map(({ amount }) => uint64(amount))),
    scripts: hashAll(spent.map(({ script }) => writeSized(script))),
    sequences: hashAll(inputs.map(({ sequence }) => uint32(sequence))),
    outputs: hashAll(outputs.map(writeOutput)),
  }
}

function doubled(bytes: Buffer): Buffer {
  return sha256(sha256(bytes))
}
