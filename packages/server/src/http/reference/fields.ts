// Schemas as tables of fields: every member of a body by its path, with type, bounds and values.
import { z } from 'zod'

/** A JSON schema as `toJsonSchema` makes them: the keywords that records lead to. */
export interface JsonSchema {
  type?: string
  format?: string
  description?: string
  const?: unknown
  enum?: unknown[]
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  anyOf?: JsonSchema[]
  allOf?: JsonSchema[]
  $ref?: string
  $schema?: string
  propertyNames?: JsonSchema
  additionalProperties?: boolean | JsonSchema
}

/** One row of a table. */
export interface Field {
  /** Dotted; `[]` after a list. */
  path: string
  type: string
  required: boolean
  /** In words; empty when there are none. */
  bounds: string
  /** The values it may have; empty when any. */
  values: string[]
  description: string
}

/** What may be sent, or is answered, as JSON Schema 2020-12. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    override({ jsonSchema }) {
      // What zod adds says nothing more than the format, or than JSON itself.
      if (jsonSchema.format === 'uuid') delete jsonSchema.pattern
      delete jsonSchema.propertyNames
    },
  })
  delete made.$schema
  return made as JsonSchema
}

/** The members of an object, and of the objects in it, in order. */
export function fieldsOf(schema: JsonSchema, prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`
    const held = unwrap(member, path)
    const row: Field = {
      path,
      type: [...new Set(held.map(({ type }) => type))].join(' or '),
      required: schema.required?.includes(name) ?? false,
      bounds: boundsOf(member),
      values: held.flatMap(({ inner }) => valuesOf(inner)),
      description: member.description ?? '',
    }
    return [row, ...held.flatMap(({ inner, at }) => fieldsOf(inner, `${at}.`))]
  })
}

/** What a list or a choice holds in the end, with its type in words and its path. */
function unwrap(
  schema: JsonSchema,
  path: string,
): { inner: JsonSchema; type: string; at: string }[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((option) => unwrap(option, path))
  if (schema.items === undefined) return [{ inner: schema, type: typeName(schema), at: path }]
  const items = unwrap(schema.items, `${path}[]`)
  return items.map((item) => ({ ...item, type: `list of ${item.type}` }))
}

function valuesOf(schema: JsonSchema): string[] {
  return (schema.enum ?? (schema.const === undefined ? [] : [schema.const])).map(String)
}

function typeName({ format, type }: JsonSchema): string {
  return format === 'uuid' ? 'UUID' : (type ?? 'any')
}

function boundsOf(schema: JsonSchema): string {
  const { items, anyOf = [] } = schema
  const own = [
    ...anyOf.map(boundsOf),
    range([schema.minLength, schema.maxLength], 'character'),
    range([schema.minItems, schema.maxItems], 'item'),
    range([schema.minimum, schema.maximum], ''),
    schema.pattern === undefined ? '' : `matches ${schema.pattern}`,
  ].filter((bound) => bound !== '')
  const each = items === undefined || items.properties !== undefined ? '' : boundsOf(items)
  return [...own, ...(each === '' ? [] : [`each ${each}`])].join('; ')
}

function range([min, max]: [number | undefined, number | undefined], unit: string): string {
  const units = unit === '' ? '' : ` ${unit}${(max ?? min) === 1 ? '' : 's'}`
  if (max === 0) return 'must be empty'
  if (min !== undefined && max !== undefined) {
    return min === max ? `exactly ${min}${units}` : `${min} to ${max}${units}`
  }
  if (max !== undefined) return `at most ${max}${units}`
  return min === undefined ? '' : `at least ${min}${units}`
}
