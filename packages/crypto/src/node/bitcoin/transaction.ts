// Bitcoin transactions as nodes serialize them (BIP-144).
import { ByteReader } from '../byteReader.ts'
import { sha256 } from '../hash.ts'
import { refuse } from '../verdict.ts'

/** What an input spends, and how it relates to time. */
export type TxInput = Readonly<{
  /** 32 bytes, in the order in which they are hashed: not as people write them. */
  txid: Buffer
  index: number
  sequence: number
}>

/** An amount in satoshis, and who can spend it. */
export type TxOutput = Readonly<{ amount: bigint; script: Buffer }>

/** A transaction without its signatures. */
export type UnsignedTx = Readonly<{
  version: number
  inputs: readonly TxInput[]
  outputs: readonly TxOutput[]
  lockTime: number
}>

const amountMax = 2_100_000_000_000_000n

const compactSizes = { long: 0xfd, uint16Max: 0xffff } as const

/**
 * Reads a transaction that may be signed.
 *
 * @param what - what the bytes are, for the reason of a refusal
 */
export function readTransaction(bytes: Buffer, what: string): UnsignedTx & { txid: Buffer } {
  const reader = new ByteReader(bytes, what)
  const version = reader.uint32()
  const isWitness = bytes[4] === 0 && bytes[5] === 1
  if (isWitness) reader.take(2)
  const inputs = listOf(reader, readSignedInput)
  const outputs = listOf(reader, (from) => readOutput(from, what))
  if (isWitness) for (const _ of inputs) listOf(reader, (from) => from.sized())
  const tx = { version, inputs, outputs, lockTime: reader.uint32() }
  reader.end()
  return { ...tx, txid: sha256(sha256(writeSigned(tx))) }
}

/** Reads the unsigned transaction of a PSBT, whose inputs have empty scripts and no witnesses. */
export function readUnsignedTransaction(bytes: Buffer, what: string): UnsignedTx {
  const reader = new ByteReader(bytes, what)
  const version = reader.uint32()
  const inputs = listOf(reader, (from) => {
    const { script, ...input } = readSignedInput(from)
    if (script.length > 0) refuse(`${what} has an input with a script`)
    return input
  })
  const outputs = listOf(reader, (from) => readOutput(from, what))
  const lockTime = reader.uint32()
  reader.end()
  return { version, inputs, outputs, lockTime }
}

/** Reads a serialized output alone. */
export function readTxOutput(bytes: Buffer, what: string): TxOutput {
  const reader = new ByteReader(bytes, what)
  const output = readOutput(reader, what)
  reader.end()
  return output
}

/** The output of the given fields, if the amount is one that can exist. */
export function checkedOutput(output: TxOutput, what: string): TxOutput {
  if (output.amount > amountMax) refuse(`${what} has an amount over 21 million bitcoins`)
  return output
}

/** How an input names what it spends: 36 bytes. */
export function writeOutpoint({ txid, index }: TxInput): Buffer {
  return Buffer.concat([txid, uint32(index)])
}

/** Amount, length and script. */
export function writeOutput({ amount, script }: TxOutput): Buffer {
  return Buffer.concat([uint64(amount), writeSized(script)])
}

/** The transaction with a script for each input. */
export function writeTransaction(tx: UnsignedTx, scriptOf: (at: number) => Buffer): Buffer {
  return Buffer.concat([
    uint32(tx.version),
    writeCompactSize(tx.inputs.length),
    ...tx.inputs.flatMap((input, at) => [
      writeOutpoint(input),
      writeSized(scriptOf(at)),
      uint32(input.sequence),
    ]),
    writeCompactSize(tx.outputs.length),
    ...tx.outputs.map(writeOutput),
    uint32(tx.lockTime),
  ])
}

/** Bitcoin's length prefix, in its shortest form. */
export function writeCompactSize(value: number): Buffer {
  if (value < compactSizes.long) return Buffer.of(value)
  const isTwoBytes = value <= compactSizes.uint16Max
  const bytes = Buffer.alloc(isTwoBytes ? 3 : 5)
  bytes[0] = isTwoBytes ? compactSizes.long : compactSizes.long + 1
  bytes.writeUIntLE(value, 1, bytes.length - 1)
  return bytes
}

/** Bytes after their length. */
export function writeSized(bytes: Buffer): Buffer {
  return Buffer.concat([writeCompactSize(bytes.length), bytes])
}

/** 4 bytes, little-endian. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** 8 bytes, little-endian. */
export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

type SignedInput = TxInput & Readonly<{ script: Buffer }>

function writeSigned(tx: UnsignedTx & { inputs: readonly SignedInput[] }): Buffer {
  return writeTransaction(tx, (at) => tx.inputs[at]?.script ?? Buffer.alloc(0))
}

function readSignedInput(reader: ByteReader): SignedInput {
  const txid = reader.take(32)
  const index = reader.uint32()
  const script = reader.sized()
  return { txid, index, script, sequence: reader.uint32() }
}

function readOutput(reader: ByteReader, what: string): TxOutput {
  const amount = reader.uint64()
  return checkedOutput({ amount, script: reader.sized() }, what)
}

// Not made in advance: the count is not to be believed before the items are there.
function listOf<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const items: T[] = []
  for (let left = reader.compactSize(); left > 0; left--) items.push(read(reader))
  return items
}
