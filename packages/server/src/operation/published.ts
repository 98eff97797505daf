// Parameters as the protocol publishes them: what a schema reads, before it is given other names.
import type { z } from 'zod'

/**
 * `value` under the names of the protocol, but read as the schema reads it: ids in lower case, lists
 * that were left out empty. Policies must not be got around by another spelling of the same.
 */
export function asPublished(schema: z.core.$ZodType, value: unknown): unknown {
  const { def } = schema._zod as unknown as { def: Definition }
  if (isScalar(value)) return readScalar(schema as z.ZodType, value)
  if (def.shape !== undefined) return readMembers(def.shape, value as object)
  if (def.element !== undefined && Array.isArray(value)) {
    const { element } = def
    return value.map((item: unknown) => asPublished(element, item))
  }
  const inner = def.innerType ?? def.in
  return inner === undefined ? value : asPublished(inner, value)
}

/** What is read of a zod definition: objects, arrays, wrappers and pipes. */
interface Definition {
  shape?: Record<string, z.core.$ZodType>
  element?: z.core.$ZodType
  innerType?: z.core.$ZodType
  in?: z.core.$ZodType
}

function readScalar(schema: z.ZodType, value: unknown): unknown {
  const read = schema.safeParse(value).data
  const isEmptyList = Array.isArray(read) && read.length === 0
  return (isScalar(read) && read !== null) || isEmptyList ? read : value
}

function readMembers(shape: Record<string, z.core.$ZodType>, value: object): object {
  const members = Object.entries(shape).map(([name, member]) => {
    const given: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
    return [name, asPublished(member, given)] as const
  })
  return Object.fromEntries(members.filter(([, member]) => member !== undefined))
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object'
}
