// The generated reference: complete, valid, bounded and escaped, whatever a record says.
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { createTurnkeyFamily } from '../../family/turnkey/turnkey.ts'
import type { Family } from '../../operation/family.ts'
import { type ActivityOperation, defineQuery } from '../../operation/operation.ts'
import { Registry } from '../../operation/registry.ts'
import { text } from '../../operation/schemas.ts'
import { tagLabels } from '../../operation/tags.ts'
import { z } from 'zod'
import { openApiText, renderReference } from './documents.ts'
import { describeFamily } from './endpoints.ts'
import { fieldsOf, type JsonSchema, toJsonSchema } from './fields.ts'
import { openApiDocument } from './openapi.ts'

const URL = 'http://127.0.0.1:8080'
const turnkey = createTurnkeyFamily({ signUp: false })
const { operations } = turnkey.registry
const described = describeFamily(turnkey)

const body = (family: Family, path: string) =>
  renderReference([family], URL).get(path)?.body.toString('utf8') ?? ''

test('there are the 16 tags of the upstream overview', () => {
  expect(Object.keys(tagLabels)).toHaveLength(16)
  for (const { tags } of operations) expect([...new Set(tags)]).toEqual(tags)
})

test('the OpenAPI document is valid', async () => {
  const validator = new Validator()
  const result = await validator.validate(
    JSON.parse(openApiText(turnkey)) as Record<string, unknown>,
  )
  expect(result).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test('and the validator refuses one that is not', async () => {
  const { info: _, ...rest } = openApiDocument(described)
  expect(await new Validator().validate(rest)).toMatchObject({ valid: false })
})

test('it has every record, by POST only', () => {
  const { paths } = openApiDocument(described)
  expect(operations.length).toBeGreaterThanOrEqual(15)
  expect(Object.keys(paths)).toHaveLength(operations.length)
  expect(Object.keys(paths).toSorted()).toEqual(operations.map(({ path }) => path).toSorted())
  expect(Object.values(paths).flatMap(Object.keys)).toEqual(operations.map(() => 'post'))
  const ids = Object.values(paths).map(({ post }) => post.operationId)
  expect(new Set(ids).size).toBe(operations.length)
})

test('every reference in it leads somewhere', () => {
  const document = openApiDocument(described)
  const targets = openApiText(turnkey).match(/(?<="\$ref": ")#[^"]+/g) ?? []
  expect(targets.length).toBeGreaterThan(operations.length)
  for (const target of new Set(targets)) {
    expect(document).toHaveProperty(target.slice(2).split('/'))
  }
})

test('a request names every accepted type, and takes the newest parameters', () => {
  const activities = operations.filter(
    (operation): operation is ActivityOperation => operation.kind === 'activity',
  )
  expect(activities.length).toBeGreaterThan(5)
  const { paths } = openApiDocument(described)
  for (const { path, versions } of activities) {
    const schema = paths[path]?.post.requestBody.content['application/json'].schema
    expect(schema?.properties?.['type']?.enum).toEqual(versions.map(({ type }) => type))
    expect(schema?.properties?.['parameters']).toEqual(
      toJsonSchema(versions[0]?.params ?? z.never()),
    )
  }
})

test('the whole example of each request fits the schema of the request', () => {
  const { reference } = turnkey
  for (const operation of operations) {
    const parsed = reference.request(operation).safeParse(reference.exampleRequest(operation))
    expect({ name: operation.name, error: parsed.error }).toEqual({ name: operation.name })
  }
})

/** The paths of strings and lists that may be of any length. */
function unbounded(schema: JsonSchema, path: string): string[] {
  const { maxLength, pattern, format, items, properties = {}, anyOf = [] } = schema
  const values = schema.enum ?? schema.const
  const length = maxLength ?? pattern ?? format ?? values
  const own =
    (schema.type === 'string' && length === undefined) ||
    (schema.type === 'array' && schema.maxItems === undefined)
  return [
    ...(own ? [path] : []),
    ...anyOf.flatMap((one) => unbounded(one, path)),
    ...(items === undefined ? [] : unbounded(items, `${path}[]`)),
    ...Object.entries(properties).flatMap(([name, one]) => unbounded(one, `${path}.${name}`)),
  ]
}

test('every string and list of a request is bounded', () => {
  const schemas = described.endpoints.flatMap(({ request, older }) => [
    request.schema,
    ...older.map(({ schema }) => schema),
  ])
  expect(schemas.length).toBeGreaterThan(operations.length)
  expect(schemas.flatMap((schema) => unbounded(schema, ''))).toEqual([])
  expect(unbounded(toJsonSchema(z.object({ a: z.array(z.string()) })), '')).toHaveLength(2)
})

test('fields say path, type, bounds and values', () => {
  const schema = z.object({
    name: text(8).min(1),
    many: z.array(z.object({ size: z.int().min(1).max(9) })).max(3),
    kind: z.enum(['a', 'b']).optional(),
    ids: z.array(z.uuid()).max(2).nullable(),
  })
  expect(fieldsOf(toJsonSchema(schema))).toMatchObject([
    { path: 'name', type: 'string', required: true, bounds: '1 to 8 characters' },
    { path: 'many', type: 'list of object', bounds: 'at most 3 items' },
    { path: 'many[].size', type: 'integer', bounds: '1 to 9' },
    { path: 'kind', required: false, values: ['a', 'b'] },
    { path: 'ids', type: 'list of UUID or null', bounds: 'at most 2 items' },
  ])
})

test('the texts have every operation, the whole one every field and error', () => {
  const short = body(turnkey, '/llms.txt')
  const full = body(turnkey, '/llms-full.txt')
  expect(short).toContain('/openapi/turnkey.json')
  expect(short).toContain(URL)
  for (const { operation, request, answer, errors, samples } of described.endpoints) {
    expect(short).toContain(`- [${operation.name}](/docs#${operation.name})`)
    expect(full).toContain(`\n## ${operation.name}: ${operation.summary}\n`)
    for (const { path } of [...request.fields, ...answer.fields]) expect(full).toContain(path)
    for (const { code, message } of errors.own) expect(full).toContain(`${code}: ${message}`)
    expect(full).toContain(samples.call)
  }
})

const HOSTILE: string = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;`

test('whatever a record says is text on the page', () => {
  const hostile = defineQuery({
    name: 'hostile',
    path: '/public/v1/query/hostile',
    summary: HOSTILE,
    spec: HOSTILE,
    tags: ['users'],
    findsCaller: false,
    limit: 'read',
    params: z.object({ organizationId: text(300), name: text(300).describe(HOSTILE) }),
    result: z.record(z.string(), z.enum([HOSTILE])),
    errors: [],
    example: {
      params: { organizationId: HOSTILE, name: HOSTILE },
      result: { [HOSTILE]: HOSTILE },
    },
    run: () => ({ [HOSTILE]: HOSTILE }),
  })
  const page = body({ ...turnkey, registry: new Registry([hostile]) }, '/docs')
  expect(page.match(/&lt;script&gt;alert\(1\)/g)?.length).toBeGreaterThan(5)
  expect(page).not.toContain('<img')
  expect(page).not.toMatch(/=["'][^"'>]*["']>?<script>alert/)
  expect(page.match(/<script/g)).toHaveLength(1)
  expect(page).toContain('&amp;amp;')
})
