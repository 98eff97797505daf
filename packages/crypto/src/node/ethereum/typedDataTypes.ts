// The types of EIP-712 typed data: read from JSON, checked, and spelled for hashing.
import { type Json, readArray, readObject, refuseOtherMembers } from './strictJson.ts'
import { refuse } from '../verdict.ts'

/** A field's type: `base` is atomic or a struct, `lengths` its arrays inside out, null for `[]`. */
export type FieldType = Readonly<{
  text: string
  base: string
  lengths: readonly (number | null)[]
}>

/** A field of a struct type. */
export type StructField = Readonly<{ name: string; type: FieldType }>

/** Struct types by name. */
export type StructTypes = ReadonlyMap<string, readonly StructField[]>

/** The name of the type that describes a domain. */
export const domainTypeName = 'EIP712Domain'

// SECURITY: the spelling of a type is hashed for every type that reaches it; this bounds the work.
const structsMax = 100
const fieldsMax = 1_000
const nameLengthMax = 128

const identifier = /^[A-Za-z_]\w*$/
const fieldName = /^[A-Za-z_$][\w$]*$/
// Names such as `HyperliquidTransaction:UsdSend` are in use for primary types.
const structName = /^[A-Za-z_$][\w$:.]*$/
const reservedName = /^(?:address|bool|string|function|bytes\d*|u?int\d*)$/
const arrayType = /^([^[\]]+)((?:\[(?:[1-9]\d{0,5})?\])*)$/

// Every atomic and dynamic type there is (EIP-712, Definition of typed structured data). The
// aliases `int` and `uint` are none of them.
const atomicTypes: ReadonlySet<string> = new Set([
  'address',
  'bool',
  'string',
  'bytes',
  ...Array.from({ length: 32 }, (_, at) => `bytes${at + 1}`),
  ...Array.from({ length: 32 }, (_, at) => `int${(at + 1) * 8}`),
  ...Array.from({ length: 32 }, (_, at) => `uint${(at + 1) * 8}`),
])

/** Reads the member `types` of typed data; every type that a field names exists. */
export function readStructTypes(value: Json | undefined): Map<string, StructField[]> {
  const types = new Map<string, StructField[]>()
  let fieldCount = 0
  for (const [name, fields] of readObject(value, '`types`')) {
    if (!isName(structName, name) || reservedName.test(name)) refuse('a type name is not allowed')
    const struct = readArray(fields, `type \`${name}\``).map(readField)
    if (new Set(struct.map((field) => field.name)).size !== struct.length) {
      refuse(`type \`${name}\` has a field twice`)
    }
    fieldCount += struct.length
    types.set(name, struct)
  }
  if (types.size > structsMax || fieldCount > fieldsMax) refuse('there are too many types')
  for (const [name, struct] of types) checkReferences(types, name, struct)
  return types
}

/** A field type known to be well-formed. */
export function parseFieldType(text: string): FieldType {
  const [, base, arrays] = arrayType.exec(text) ?? []
  if (base === undefined || arrays === undefined) return refuse('a field type is malformed')
  const lengths = Array.from(arrays.matchAll(/\[(\d*)\]/g), ([, length]) =>
    length === undefined || length === '' ? null : Number(length),
  )
  return { text, base, lengths }
}

/** `encodeType` of EIP-712: the struct's own spelling, then those it reaches, sorted by name. */
export function encodeType(types: StructTypes, name: string): string {
  const reached = new Set([name])
  for (const struct of reached) {
    for (const { type } of types.get(struct) ?? []) if (types.has(type.base)) reached.add(type.base)
  }
  reached.delete(name)
  return [name, ...[...reached].sort()].map((struct) => spell(types, struct)).join('')
}

function spell(types: StructTypes, name: string): string {
  const fields = types.get(name) ?? []
  return `${name}(${fields.map((field) => `${field.type.text} ${field.name}`).join(',')})`
}

function readField(value: Json): StructField {
  const field = readObject(value, 'a field')
  refuseOtherMembers(field, ['name', 'type'], 'a field')
  const name = field.get('name')
  const type = field.get('type')
  if (!isName(fieldName, name)) return refuse('a field name is not allowed')
  if (typeof type !== 'string' || type.length > nameLengthMax) {
    return refuse('a field type is malformed')
  }
  return { name, type: parseFieldType(type) }
}

function checkReferences(types: StructTypes, name: string, struct: readonly StructField[]): void {
  for (const field of struct) {
    if (atomicTypes.has(field.type.base)) continue
    // SECURITY: implementations find the types a type reaches by different patterns. They agree on
    // plain identifiers; with other names the same data would have two digests.
    const isPlain = identifier.test(name) && identifier.test(field.type.base)
    if (!isPlain || !types.has(field.type.base)) {
      refuse(`\`${name}.${field.name}\` has an unknown type`)
    }
  }
}

function isName(pattern: RegExp, name: Json | undefined): name is string {
  return typeof name === 'string' && name.length <= nameLengthMax && pattern.test(name)
}
