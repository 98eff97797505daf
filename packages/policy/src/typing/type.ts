// The types of the language.

/** What a string stands for: decides what it may be compared with, and how. */
export type StringKind =
  | 'text'
  | 'address'
  | 'activityType'
  | 'resource'
  | 'action'
  | 'ethereumType'

export type StructType = Readonly<{
  kind: 'struct'
  /** Null: a struct that an expression writes out. */
  name: string | null
  fields: Readonly<Record<string, Type>>
}>

/** `dynamic`: known only when it is evaluated, and checked then. */
export type Type =
  | Readonly<{ kind: 'bool' | 'int' | 'dynamic' }>
  | Readonly<{ kind: 'string'; of: StringKind }>
  | Readonly<{ kind: 'list'; item: Type }>
  | StructType

export const boolType = { kind: 'bool' } as const
export const intType = { kind: 'int' } as const
export const dynamicType = { kind: 'dynamic' } as const
export const textType = { kind: 'string', of: 'text' } as const
const addressType = { kind: 'string', of: 'address' } as const

/** A type as messages name it. */
export function nameOf(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `list<${nameOf(type.item)}>`
    case 'struct':
      return type.name ?? 'struct'
    case 'bool':
    case 'int':
    case 'string':
    case 'dynamic':
      return type.kind
  }
}

/** A name with its article. */
export function article(name: string): string {
  return `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`
}

/** The type of an item that may be either; undefined when the two do not go together. */
export function join(a: Type, b: Type): Type | undefined {
  if (a.kind === 'dynamic' || b.kind === 'dynamic') return dynamicType
  if (a.kind === 'string' && b.kind === 'string') {
    if (a.of === b.of) return a
    return a.of === 'address' || b.of === 'address' ? addressType : textType
  }
  if (a.kind === 'list' && b.kind === 'list') {
    const item = join(a.item, b.item)
    return item && { kind: 'list', item }
  }
  if (a.kind === 'struct' && b.kind === 'struct') return joinStructs(a, b)
  return a.kind === b.kind ? a : undefined
}

function joinStructs(a: StructType, b: StructType): StructType | undefined {
  if (a === b) return a
  const names = Object.keys(a.fields)
  if (names.length !== Object.keys(b.fields).length) return undefined
  const fields: Record<string, Type> = Object.create(null) as Record<string, Type>
  for (const name of names) {
    const [one, other] = [a.fields[name], b.fields[name]]
    const field = one && other && join(one, other)
    if (field === undefined) return undefined
    fields[name] = field
  }
  return { kind: 'struct', name: a.name === b.name ? a.name : null, fields }
}
