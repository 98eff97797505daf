// Marks schema fields as secret; what is stored or logged is derived from the mark.
import { z } from 'zod'
import type { JsonValue } from '../platform/strictJson.ts'
import type { Operation } from './operation.ts'

const marks = z.registry<{ secret: true }, z.core.$ZodType>()

/** Marks a field: its value is never logged, and never stored in an activity. */
export function secret<S extends z.ZodType>(schema: S): S {
  marks.add(schema, { secret: true })
  return schema
}

/**
 * A copy of `value` in which everything that `schema` marks as secret is `replacement`; `value`
 * itself when there is nothing to replace.
 */
export function withoutSecrets(
  schema: z.core.$ZodType,
  value: unknown,
  replacement: string,
): unknown {
  if (value === undefined || value === null) return value
  if (marks.has(schema)) return replacement
  const { def } = schema._zod as unknown as { def: Definition }
  if (def.shape !== undefined && typeof value === 'object') {
    return mapMembers(def.shape, value, replacement)
  }
  if (def.element !== undefined && Array.isArray(value)) {
    const { element } = def
    const items = value.map((item: unknown) => withoutSecrets(element, item, replacement))
    return items.every((item, index) => item === value[index]) ? value : items
  }
  const inner = def.innerType ?? def.in
  return inner === undefined ? value : withoutSecrets(inner, value, replacement)
}

/** What is read of a zod definition: objects, arrays, wrappers and pipes. */
interface Definition {
  shape?: Record<string, z.core.$ZodType>
  element?: z.core.$ZodType
  innerType?: z.core.$ZodType
  in?: z.core.$ZodType
}

function mapMembers(shape: Record<string, z.core.$ZodType>, value: object, replacement: string) {
  let replaced = false
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined
    const kept = schema === undefined ? member : withoutSecrets(schema, member, replacement)
    replaced ||= kept !== member
    return [name, kept]
  })
  return replaced ? (Object.fromEntries(members) as object) : value
}

/**
 * A submission with its secrets emptied; `json` itself when it has none.
 * @param params the schema of its version's parameters
 */
export function redactedJson(params: z.ZodType, json: JsonValue): unknown {
  if (typeof json !== 'object' || json === null || !('parameters' in json)) return json
  const parameters = withoutSecrets(params, json['parameters'], '')
  return parameters === json['parameters'] ? json : { ...json, parameters }
}

/** The body of a request for the log: what its operation marks as secret is left out. */
export function bodyWithoutSecrets(operation: Operation, json: unknown): unknown {
  if (operation.kind === 'query') return withoutSecrets(operation.params, json, REDACTED)
  if (typeof json !== 'object' || json === null || !('parameters' in json)) return undefined
  const type = 'type' in json ? json.type : undefined
  const params =
    operation.kind === 'vote'
      ? operation.params
      : operation.versions.find((version) => version.type === type)?.params
  // Without a schema nobody can say what is secret: then nothing is logged.
  if (params === undefined) return undefined
  return { ...json, parameters: withoutSecrets(params, json.parameters, REDACTED) }
}

const REDACTED = '[redacted]'
