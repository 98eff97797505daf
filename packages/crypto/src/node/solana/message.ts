// The message of a Solana transaction, legacy or version 0: what its signers sign, read strictly.
import { refuse } from '../verdict.ts'
import { ByteReader } from '../byteReader.ts'

/** Entries that a message takes from an address lookup table on the chain. */
type TableLookup = Readonly<{
  table: Buffer
  writableIndexes: readonly number[]
  readonlyIndexes: readonly number[]
}>

/** An instruction, its accounts by their index among all accounts of the message. */
export type CompiledInstruction = Readonly<{
  programIndex: number
  accountIndexes: readonly number[]
  data: Buffer
}>

/** The first `signerCount` of `keys` must sign. Keys of looked up accounts are not in a message. */
export type Message = Readonly<{
  version: 'legacy' | 0
  signerCount: number
  readonlySignerCount: number
  readonlyOtherCount: number
  keys: readonly Buffer[]
  recentBlockhash: Buffer
  instructions: readonly CompiledInstruction[]
  lookups: readonly TableLookup[]
}>

const keyBytes = 32
const versionFlag = 0x80
/** Instructions name accounts with one byte. */
const accountsMax = 256

/**
 * Refuses what a node would refuse without looking at the chain, and what does not encode to the
 * same bytes again.
 */
export function readMessage(bytes: Buffer): Message {
  const reader = new ByteReader(bytes, 'the message')
  const first = reader.byte()
  if (first > versionFlag) refuse('the message version is unknown')
  const version = first === versionFlag ? 0 : 'legacy'
  const signerCount = version === 'legacy' ? first : reader.byte()
  const message = {
    version,
    signerCount,
    readonlySignerCount: reader.byte(),
    readonlyOtherCount: reader.byte(),
    keys: listOf(reader, () => reader.take(keyBytes)),
    recentBlockhash: reader.take(keyBytes),
    instructions: listOf(reader, () => readInstruction(reader)),
    lookups: version === 'legacy' ? [] : listOf(reader, () => readLookup(reader)),
  } as const
  reader.end()
  checkHeader(message)
  checkLookups(message)
  checkInstructions(message)
  return message
}

function readInstruction(reader: ByteReader): CompiledInstruction {
  return {
    programIndex: reader.byte(),
    accountIndexes: [...reader.take(reader.compactU16())],
    data: reader.take(reader.compactU16()),
  }
}

function readLookup(reader: ByteReader): TableLookup {
  return {
    table: reader.take(keyBytes),
    writableIndexes: [...reader.take(reader.compactU16())],
    readonlyIndexes: [...reader.take(reader.compactU16())],
  }
}

function listOf<T>(reader: ByteReader, read: () => T): T[] {
  return Array.from({ length: reader.compactU16() }, read)
}

function checkHeader({ signerCount, readonlySignerCount, readonlyOtherCount, keys }: Message) {
  if (signerCount === 0) refuse('the message has no signers')
  if (signerCount + readonlyOtherCount > keys.length) {
    refuse('the message has fewer account keys than its header says')
  }
  // The first signer pays the fee.
  if (readonlySignerCount >= signerCount) refuse('the message has no writable signer')
  if (hasDuplicates(keys.map((key) => key.toString('hex')))) {
    refuse('the message has an account key twice')
  }
}

function checkLookups({ keys, lookups }: Message): void {
  const loaded = lookups.flatMap(({ table, writableIndexes, readonlyIndexes }) => {
    const indexes = [...writableIndexes, ...readonlyIndexes]
    if (indexes.length === 0) refuse('the message has an address table lookup without indexes')
    return indexes.map((index) => `${table.toString('hex')} ${index}`)
  })
  if (hasDuplicates(loaded)) refuse('the message looks up an account twice')
  if (keys.length + loaded.length > accountsMax) refuse('the message has over 256 accounts')
}

function checkInstructions({ keys, lookups, instructions }: Message): void {
  const loaded = lookups.flatMap((lookup) => [...lookup.writableIndexes, ...lookup.readonlyIndexes])
  for (const { programIndex, accountIndexes } of instructions) {
    if (programIndex === 0) refuse('an instruction calls the fee payer')
    if (programIndex >= keys.length) refuse('an instruction calls a program that is no account key')
    if (accountIndexes.some((index) => index >= keys.length + loaded.length)) {
      refuse('an instruction has an account that the message does not have')
    }
  }
}

function hasDuplicates(names: readonly string[]): boolean {
  return new Set(names).size !== names.length
}
