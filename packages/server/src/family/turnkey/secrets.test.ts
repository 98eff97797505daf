// Every parameter that is a secret by its name is marked as one, in every version.
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Operation } from '../../operation/operation.ts'
import { withoutSecrets } from '../../operation/secret.ts'
import { operations } from './operations.ts'

/** Names of parameters that must never be stored or logged. */
const SECRET_NAME = /token$|otpCode|password|encryptedOtpBundle|^filterValue$/i
const FIELDS_MIN = 5

interface JsonSchema {
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
}

const schemasOf = (operation: Operation): z.ZodType[] =>
  operation.kind === 'activity'
    ? operation.versions.map(({ params }) => params)
    : [operation.params]

/** A value with every member that `schema` knows, each leaf being `'secret'`. */
function fill({ properties, items }: JsonSchema): unknown {
  if (items !== undefined) return [fill(items)]
  if (properties === undefined) return 'secret'
  const members = Object.entries(properties).map(([name, member]) => [name, fill(member)] as const)
  return Object.fromEntries(members)
}

/** The paths of secrets by name that are still in `value`, and of those that were taken out. */
function secretPaths(value: unknown, path: string): { kept: string[]; taken: string[] } {
  if (typeof value !== 'object' || value === null) {
    const name = path.split('.').at(-1) ?? ''
    if (!SECRET_NAME.test(name)) return { kept: [], taken: [] }
    return value === '' ? { kept: [], taken: [path] } : { kept: [path], taken: [] }
  }
  const found = Object.entries(value).map(([name, member]) =>
    secretPaths(member, `${path}.${name}`),
  )
  return {
    kept: found.flatMap(({ kept }) => kept),
    taken: found.flatMap(({ taken }) => taken),
  }
}

const redact = (schema: z.ZodType, path: string) => {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  return secretPaths(withoutSecrets(schema, fill(json), ''), path)
}

test('every secret of every request is left out of what is stored', () => {
  const found = operations.flatMap((operation) =>
    schemasOf(operation).map((schema) => redact(schema, operation.name)),
  )
  expect(found.flatMap(({ kept }) => kept)).toEqual([])
  expect(found.flatMap(({ taken }) => taken).length).toBeGreaterThan(FIELDS_MIN)
})

test('the guard sees a secret that is not marked', () => {
  const schema = z.object({ users: z.array(z.object({ oidcToken: z.string() })) })
  expect(redact(schema, 'x').kept).toEqual(['x.users.0.oidcToken'])
})
