// JSON read so that nothing is lost on the way: what is signed must be what was written.
import { decodeHex } from '../encoding.ts'
import { refuse } from '../verdict.ts'

/** A JSON value whose numbers are safe integers; objects keep any member name as plain data. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object: member names to values. */
export type JsonObject = ReadonlyMap<string, Json>

// Typed data in use is a few kilobytes; the limits keep the time to hash it below a second.
const lengthMax = 524_288
const depthMax = 64
const valuesMax = 50_000

const literals: readonly (readonly [string, Json])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
]

/**
 * Reads JSON (RFC 8259), refusing what parsers take differently: members given twice, numbers that
 * are not safe integers or are written with a fraction or exponent, lone surrogates. Refuses also
 * over 512 Ki characters, 50 000 values, or values nested more than 64 deep.
 */
export function readStrictJson(text: string): Json {
  if (text.length > lengthMax) refuse('the json is over 512 KiB')
  const reader = new JsonReader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

/** The object, or a refusal naming `name`. */
export function readObject(value: Json | undefined, name: string): JsonObject {
  return value instanceof Map ? value : refuse(`${name} is not an object`)
}

/** The array, or a refusal naming `name`. */
export function readArray(value: Json | undefined, name: string): readonly Json[] {
  return value instanceof Array ? value : refuse(`${name} is not an array`)
}

/** Refuses members of `object` that are not in `names`. */
export function refuseOtherMembers(
  object: JsonObject,
  names: readonly string[],
  name: string,
): void {
  for (const member of object.keys()) {
    if (!names.includes(member)) refuse(`${name} has a member that is not part of it`)
  }
}

/** The integer a number, a decimal string or a `0x` string spells; undefined for anything else. */
export function integerOf(value: Json | undefined): bigint | undefined {
  if (typeof value === 'number') return BigInt(value)
  if (typeof value !== 'string' || value.length > 80) return undefined
  return /^(?:0|-?[1-9]\d*|0x[0-9a-fA-F]+)$/.test(value) ? BigInt(value) : undefined
}

/** The bytes a `0x` string of either case spells; undefined for anything else. */
export function bytesOf(value: Json | undefined): Buffer | undefined {
  if (typeof value !== 'string' || !value.startsWith('0x')) return undefined
  return decodeHex(value.slice(2))
}

class JsonReader {
  readonly #text: string
  #at = 0
  #values = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): Json {
    this.#values += 1
    if (this.#values > valuesMax) refuse('the json has too many values')
    if (depth > depthMax) refuse('the json is nested too deeply')
    this.#skipSpace()
    if (this.#take('{')) return this.#object(depth)
    if (this.#take('[')) return this.#array(depth)
    if (this.#text[this.#at] === '"') return this.#string()
    for (const [word, meaning] of literals) if (this.#take(word)) return meaning
    return this.#number()
  }

  end(): void {
    this.#skipSpace()
    if (this.#at !== this.#text.length) malformed()
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Json>()
    this.#skipSpace()
    if (this.#take('}')) return members
    do {
      this.#skipSpace()
      const name = this.#string()
      if (members.has(name)) refuse('the json has a member twice')
      this.#skipSpace()
      if (!this.#take(':')) malformed()
      members.set(name, this.value(depth + 1))
      this.#skipSpace()
    } while (this.#take(','))
    return this.#take('}') ? members : malformed()
  }

  #array(depth: number): Json[] {
    const items: Json[] = []
    this.#skipSpace()
    if (this.#take(']')) return items
    do {
      items.push(this.value(depth + 1))
      this.#skipSpace()
    } while (this.#take(','))
    return this.#take(']') ? items : malformed()
  }

  #string(): string {
    const start = this.#at
    if (!this.#take('"')) malformed()
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1
    }
    if (!this.#take('"')) malformed()
    const value = unescapeJson(this.#text.slice(start, this.#at))
    return value.isWellFormed() ? value : refuse('the json has text that is not unicode')
  }

  #number(): number {
    const token = /-?\d[-+.\deE]*/y
    token.lastIndex = this.#at
    const digits = token.exec(this.#text)?.[0] ?? malformed()
    this.#at += digits.length
    const value = /^(?:0|-?[1-9]\d*)$/.test(digits) ? Number(digits) : Number.NaN
    return Number.isSafeInteger(value)
      ? value
      : refuse('the json has a number that is not a safe integer')
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'end')) this.#at += 1
  }
}

function unescapeJson(token: string): string {
  try {
    return JSON.parse(token) as string
  } catch {
    return malformed()
  }
}

function malformed(): never {
  return refuse('the json is malformed')
}
