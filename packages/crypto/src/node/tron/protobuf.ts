// Protocol Buffers: messages of a known shape, read in the one spelling that encoders write.
import { refuse } from '../ethereum/verdict.ts'

/** Reads one field, which may be absent. `name` is what refusals call it. */
type Field<T> = (reader: MessageReader, name: string) => T

/** The fields of a message by name, in ascending order of their numbers. */
export type Shape = Readonly<Record<string, Field<unknown>>>

/** The values of a message. */
export type Message<S extends Shape> = { readonly [Name in keyof S]: ReturnType<S[Name]> }

type WireType = 0 | 2

const int32Limit = 2n ** 31n
const int64Limit = 2n ** 63n

// The ABI of a contract is the largest message there is, with some hundreds inside it.
const messagesMax = 10_000

/**
 * Reads a whole message of a proto3 definition. Its canonical encoding only: fields in ascending
 * order, numbers in their shortest form, no field that holds its default, none that `shape` does
 * not have, and nothing negative. At most 10 000 messages inside it.
 */
export function readMessage<S extends Shape>(content: Buffer, shape: S, name: string): Message<S> {
  return readFields(new MessageReader(content, name, { messages: 0 }), shape)
}

/** A number below 2^63; 0 when absent. */
export const int64 = (number: number) => integerBelow(number, int64Limit)

/** A number below 2^31; 0 when absent. */
export const int32 = (number: number) => integerBelow(number, int32Limit)

/** 1 for true; 0 when absent. */
export const bool = (number: number) => integerBelow(number, 2n)

/** One of the values 0 to `count` - 1; 0 when absent. */
export const enumeration = (number: number, count: number) => integerBelow(number, BigInt(count))

/** Bytes; none when absent. */
export function bytes(number: number): Field<Buffer> {
  return (reader, name) => {
    const value = reader.bytes(number)
    if (value?.length === 0) refuse(`${name} is there and empty`)
    return value ?? Buffer.alloc(0)
  }
}

/** UTF-8; empty when absent. */
export function text(number: number): Field<string> {
  return (reader, name) => {
    const value = bytes(number)(reader, name)
    const decoded = value.toString('utf8')
    if (!Buffer.from(decoded, 'utf8').equals(value)) refuse(`${name} is not UTF-8`)
    return decoded
  }
}

/** Exactly `length` bytes. */
export function fixedBytes(number: number, length: number): Field<Buffer | undefined> {
  return (reader, name) => {
    const value = reader.bytes(number)
    if (value !== undefined && value.length !== length) refuse(`${name} is not ${length} bytes`)
    return value
  }
}

/** A message inside the message. */
export function message<S extends Shape>(number: number, shape: S): Field<Message<S> | undefined> {
  return (reader, name) => {
    const inner = reader.message(number, name)
    return inner && readFields(inner, shape)
  }
}

/** A field that must be there. */
export function required<T>(field: Field<T | undefined>): Field<T> {
  return (reader, name) => field(reader, name) ?? refuse(`${name} is missing`)
}

/** A field that may be there any number of times. */
export function repeated<T>(field: Field<T | undefined>): Field<readonly T[]> {
  return (reader, name) => {
    const items: T[] = []
    for (let item = field(reader, name); item !== undefined; item = field(reader, name)) {
      items.push(item)
    }
    return items
  }
}

/** A map of int64 to int64, whose entries always hold both; in any order of keys, each once. */
export function int64Map(number: number): Field<ReadonlyMap<bigint, bigint>> {
  const entries = repeated(message(number, { key: written(1), value: written(2) }))
  return (reader, name) => {
    const read = entries(reader, name)
    const map = new Map(read.map(({ key, value }) => [key, value]))
    if (map.size !== read.length) refuse(`${name} has a key twice`)
    return map
  }
}

function integerBelow(number: number, limit: bigint): Field<bigint> {
  return (reader, name) => {
    const value = reader.integer(number)
    if (value === 0n) refuse(`${name} is there and zero`)
    return value === undefined ? 0n : checked(value, limit, name)
  }
}

function written(number: number): Field<bigint> {
  return (reader, name) =>
    checked(reader.integer(number) ?? refuse(`${name} is missing`), int64Limit, name)
}

function checked(value: bigint, limit: bigint, name: string): bigint {
  // A negative number is written as the 64 bits of its two's complement.
  if (value >= int64Limit) refuse(`${name} is negative`)
  if (value >= limit) refuse(`${name} is too large`)
  return value
}

function readFields<S extends Shape>(reader: MessageReader, shape: S): Message<S> {
  const values = Object.entries(shape).map(([field, read]) => [
    field,
    read(reader, `${reader.name}.${field}`),
  ])
  reader.end()
  return Object.fromEntries(values) as Message<S>
}

class MessageReader {
  readonly name: string
  readonly #bytes: Buffer
  readonly #seen: { messages: number }
  #at = 0
  #tag: number | undefined

  constructor(content: Buffer, name: string, seen: { messages: number }) {
    this.name = name
    this.#bytes = content
    this.#seen = seen
  }

  /** @returns undefined when the next field is another one */
  integer(number: number): bigint | undefined {
    return this.#takeTag(number, 0) ? this.#varint() : undefined
  }

  /** @returns undefined when the next field is another one */
  bytes(number: number): Buffer | undefined {
    if (!this.#takeTag(number, 2)) return undefined
    const length = this.#varint()
    if (length > this.#bytes.length - this.#at) refuse(`${this.name} ends early`)
    const start = this.#at
    this.#at += Number(length)
    return this.#bytes.subarray(start, this.#at)
  }

  /** @returns undefined when the next field is another one */
  message(number: number, name: string): MessageReader | undefined {
    const content = this.bytes(number)
    if (content === undefined) return undefined
    this.#seen.messages += 1
    if (this.#seen.messages > messagesMax) refuse('there are too many messages')
    return new MessageReader(content, name, this.#seen)
  }

  /** Refuses when something is left. */
  end(): void {
    const tag = this.#nextTag()
    if (tag === undefined) return
    refuse(`${this.name} has field ${Math.floor(tag / 8)} where it has no place`)
  }

  #takeTag(number: number, wireType: WireType): boolean {
    if (this.#nextTag() !== number * 8 + wireType) return false
    this.#tag = undefined
    return true
  }

  #nextTag(): number | undefined {
    if (this.#tag === undefined && this.#at < this.#bytes.length) {
      this.#tag = Number(this.#varint())
    }
    return this.#tag
  }

  #varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at] ?? refuse(`${this.name} ends early`)
      this.#at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte >= 0x80) continue
      if (byte === 0 && shift > 0n) refuse(`${this.name} has a number not in its shortest form`)
      if (value >= 2n ** 64n) break
      return value
    }
    return refuse(`${this.name} has a number of more than 64 bits`)
  }
}
