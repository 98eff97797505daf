// Writes Solana messages as told, right or wrong.
import { base58 } from '@scure/base'

type Instruction = { program: number; accounts: number[]; data: Buffer }
export type Lookup = { table: Buffer; writable: number[]; readonly: number[] }
export type Fields = {
  /** The bytes before the header, if any. */
  version: number[]
  /** Signers, read-only ones among them, read-only ones among the others. */
  header: [number, number, number]
  keys: Buffer[]
  instructions: Instruction[]
  /** Null where the version has none. */
  lookups: Lookup[] | null
}

export const key = (byte: number) => Buffer.alloc(32, byte)
export const text = (byte: number) => base58.encode(key(byte))
export const systemProgram = Buffer.alloc(32)
export const tokenProgram = Buffer.from(
  base58.decode('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'),
)
export const token2022Program = Buffer.from(
  base58.decode('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb'),
)
export const blockhash = key(0xbb)

/** Signer 1 and read-only signer 2; others 3 and 4; read-only 5 and the System Program (at 5). */
export const legacy: Fields = {
  version: [],
  header: [2, 1, 2],
  keys: [key(1), key(2), key(3), key(4), key(5), systemProgram],
  instructions: [{ program: 5, accounts: [0, 2], data: systemData(2, uint64(7n)) }],
  lookups: null,
}

/** Likewise, with entries of two tables: accounts 6 to 8 are writable, 9 is not. */
export const versioned: Fields = {
  ...legacy,
  version: [0x80],
  lookups: [
    { table: key(0xa0), writable: [3, 9], readonly: [] },
    { table: key(0xa1), writable: [200], readonly: [3] },
  ],
}

export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

export function systemData(instruction: number, ...rest: Buffer[]): Buffer {
  const number = Buffer.alloc(4)
  number.writeUInt32LE(instruction)
  return Buffer.concat([number, ...rest])
}

/** A length in front of a list; two bytes from 128 on. */
function compact(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7]
}

const indexes = (list: number[]) => Buffer.from([...compact(list.length), ...list])

export function encodeMessage({ version, header, keys, instructions, lookups }: Fields): Buffer {
  return Buffer.concat([
    Buffer.from([...version, ...header, ...compact(keys.length)]),
    ...keys,
    blockhash,
    Buffer.from(compact(instructions.length)),
    ...instructions.flatMap(({ program, accounts, data }) => [
      Buffer.of(program),
      indexes(accounts),
      Buffer.from(compact(data.length)),
      data,
    ]),
    ...(lookups === null ? [] : [Buffer.from(compact(lookups.length))]),
    ...(lookups ?? []).flatMap(({ table, writable, readonly }) => [
      table,
      indexes(writable),
      indexes(readonly),
    ]),
  ])
}

/** The message with a slot of zeros for each signer, or as many as told. */
export function encode(fields: Fields, slots = fields.header[0]): Buffer {
  return Buffer.concat([
    Buffer.from(compact(slots)),
    Buffer.alloc(64 * slots),
    encodeMessage(fields),
  ])
}

/** A valid transaction with one instruction of this program, at 5, in the place of its own. */
export function calling(program: Buffer, data: Buffer, accounts: number[]): Buffer {
  const keys = legacy.keys.toSpliced(5, 1, program)
  return encode({ ...versioned, keys, instructions: [{ program: 5, accounts, data }] })
}
