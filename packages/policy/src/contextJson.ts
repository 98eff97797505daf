// Reads a context from JSON, as people write it for a dry run.
import type { Context } from './context.ts'
import { didYouMean } from './error.ts'
import { type Keyword, keywords, namespaces } from './typing/schema.ts'
import { article, nameOf, type StructType, type Type } from './typing/type.ts'

/** A context, or what is wrong with which value (`path` such as `eth.tx.value`). */
export type ReadContext =
  | Readonly<{ ok: true; context: Context }>
  | Readonly<{ ok: false; error: Readonly<{ path: string; message: string }> }>

class Refusal extends Error {
  readonly path: string

  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
}

/**
 * Reads parsed JSON of the shape `{ "eth": { "tx": { "value": … } }, … }`: the fields of the
 * language by their names, those that the request does not have left out or null. Integers are
 * bigints, safe numbers or decimal text. Never throws.
 */
export function contextFromJson(json: unknown): ReadContext {
  try {
    return { ok: true, context: readContext(json) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ok: false, error: { path: error.path, message: error.message } }
  }
}

function readContext(json: unknown): Context {
  const context: Record<string, unknown> = {}
  const known = Object.keys(keywords)
  for (const [name, value] of entriesOf(json, '')) {
    if (namespaces.has(name) && value !== null) {
      const inner = entriesOf(value, name).map(
        ([member, part]) => [member, readKeyword(`${name}.${member}`, part, known)] as const,
      )
      context[name] = Object.fromEntries(inner)
    } else if (value !== null) context[name] = readKeyword(name, value, known)
  }
  return context
}

function readKeyword(path: string, value: unknown, known: readonly string[]): unknown {
  if (!Object.hasOwn(keywords, path)) {
    throw new Refusal(path, `there is no such keyword${didYouMean(path, known)}`)
  }
  return read(value, keywords[path as Keyword].type, path)
}

// The declared types bound the depth; what lies deeper is dynamic, and kept as it is.
function read(value: unknown, type: Type, path: string): unknown {
  if (value === null || value === undefined) return undefined
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : refuse(type, path)
    case 'string':
      return typeof value === 'string' ? value : refuse(type, path)
    case 'int':
      return readInteger(value) ?? refuse(type, path)
    case 'list':
      if (!Array.isArray(value)) return refuse(type, path)
      return value.map((item, at) => read(item, type.item, `${path}[${at}]`))
    case 'struct':
      return readStruct(value, type, path)
    case 'dynamic':
      return value
  }
}

function readStruct(value: unknown, type: StructType, path: string) {
  const struct = Object.create(null) as Record<string, unknown>
  for (const [name, part] of entriesOf(value, path)) {
    const field = type.fields[name]
    if (field === undefined) {
      const hint = didYouMean(name, Object.keys(type.fields))
      throw new Refusal(`${path}.${name}`, `${nameOf(type)} has no such field${hint}`)
    }
    struct[name] = read(part, field, `${path}.${name}`)
  }
  return struct
}

function readInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  const digitsMax = 100
  const isDecimal = typeof value === 'string' && value.length <= digitsMax && /^-?\d+$/.test(value)
  return isDecimal ? BigInt(value) : undefined
}

function entriesOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(path, 'expected an object')
  }
  return Object.entries(value)
}

function refuse(type: Type, path: string): never {
  const hint = type.kind === 'int' ? ' (a number without fraction, or decimal text)' : ''
  throw new Refusal(path, `expected ${article(nameOf(type))}${hint}`)
}
