// Every endpoint as the reference shows it: derived from the records once, read by all its forms.
import { readFileSync } from 'node:fs'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { Family } from '../../operation/family.ts'
import type { Operation, Version } from '../../operation/operation.ts'
import { type Tag, tagLabels } from '../../operation/tags.ts'
import { type Field, fieldsOf, type JsonSchema, toJsonSchema } from './fields.ts'

/** An error that an endpoint can answer. */
export interface EndpointError {
  code: ErrorCode
  status: number
  message: string
  body: unknown
}

/** An older version of an activity, and what it takes in place of the newest parameters. */
interface OlderVersion {
  type: string
  resultPath: string
  schema: JsonSchema
  /** Empty when they are those of the newest version. */
  fields: Field[]
}

export interface Endpoint {
  operation: Operation
  /** The last word of the path. */
  word: string
  documentUrl: string
  /** The activity types it accepts, newest first; none for queries. */
  types: string[]
  older: OlderVersion[]
  request: { schema: JsonSchema; fields: Field[]; example: unknown }
  /** `within` names the shared schema around the result; `fields` are the result's own. */
  answer: {
    schema: JsonSchema
    within: string | null
    path: string
    fields: Field[]
    example: unknown
  }
  /** The record's own errors, then those of every operation. */
  errors: { own: EndpointError[]; common: EndpointError[] }
  /** What to paste into a shell. */
  samples: { call: string; curl: string }
}

export interface Described {
  family: Family
  version: string
  /** In the order of tags. */
  endpoints: Endpoint[]
  schemas: Record<string, JsonSchema>
}

const DEFAULT_URL = 'http://127.0.0.1:8080'

/** @param url where the server listens @throws Error when a record cannot be shown */
export function describeFamily(family: Family, url = DEFAULT_URL): Described {
  const tags = Object.keys(tagLabels) as Tag[]
  const order = (endpoint: Endpoint) => tags.indexOf(endpoint.operation.tags[0])
  const endpoints = family.registry.operations.map((operation) =>
    describe(family, operation, url === DEFAULT_URL ? '' : ` --host ${url}`),
  )
  const schemas = Object.entries(family.reference.schemas)
  return {
    family,
    version: packageVersion(),
    endpoints: endpoints.toSorted((a, b) => order(a) - order(b)),
    schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, toJsonSchema(schema)])),
  }
}

function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function describe(family: Family, operation: Operation, flags: string): Endpoint {
  const { reference } = family
  const versions = operation.kind === 'activity' ? operation.versions : []
  const schema = toJsonSchema(reference.request(operation))
  const own = operation.errors
  const common = reference.errors(operation).filter((code) => !own.includes(code))
  const errorOf = (code: ErrorCode) => describeError(family, code)
  return {
    operation,
    word: operation.path.slice(operation.path.lastIndexOf('/') + 1),
    documentUrl: `${reference.documents}${operation.spec}`,
    types: operation.kind === 'vote' ? [operation.type] : versions.map(({ type }) => type),
    older: describeOlder(versions),
    request: {
      schema,
      fields: fieldsOf(schema),
      example: reference.exampleRequest(operation),
    },
    answer: describeAnswer(family, operation),
    errors: { own: own.map(errorOf), common: common.map(errorOf) },
    samples: {
      call: callSample(operation, flags),
      curl: curlSample(operation, reference.exampleRequest(operation), flags),
    },
  }
}

function describeAnswer(family: Family, operation: Operation): Endpoint['answer'] {
  const { within, path } = family.reference.answer(operation)
  const schema = operation.kind === 'vote' ? {} : toJsonSchema(operation.result)
  return {
    schema: path.reduceRight<JsonSchema>(
      (inner, name) => ({ type: 'object', properties: { [name]: inner } }),
      schema,
    ),
    within,
    path: path.join('.'),
    fields: fieldsOf(schema, path.length === 0 ? '' : `${path.join('.')}.`),
    example: family.reference.exampleAnswer(operation),
  }
}

function describeOlder([newest, ...older]: readonly Version[]): OlderVersion[] {
  return older.map(({ type, resultKey, params }) => {
    const same = params === newest?.params
    const schema = toJsonSchema(params)
    const fields = same ? [] : fieldsOf(schema, 'parameters.')
    return { type, resultPath: `activity.result.${resultKey}`, schema, fields }
  })
}

function describeError(family: Family, code: ErrorCode): EndpointError {
  const error = new AppError(code, { requestId: '019a0000-0000-7000-8000-000000000007' })
  const { status, body } = family.encodeError(error)
  return { code, status, message: error.message, body: JSON.parse(body.toString('utf8')) }
}

/** A word of a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** `keystead call` fills in the organization, the time and the stamp. */
function callSample({ kind, path, example }: Operation, flags: string): string {
  const params = { ...(example.params as Record<string, unknown>) }
  if (kind === 'query') delete params['organizationId']
  const given = Object.keys(params).length === 0 ? '' : ` --params ${quote(JSON.stringify(params))}`
  return `npx keystead call ${path.slice(path.lastIndexOf('/') + 1)}${flags}${given}`
}

/** A word of the shell: the key file of the server's own folder. */
const ADMIN_FILE = '"${KEYSTEAD_DATA:-data}/admin.json"'

/** The exact body: `keystead request` stamps it and prints a command of curl, which is run. */
function curlSample({ path }: Operation, example: Record<string, unknown>, flags: string): string {
  const body = Object.entries({
    timestampMs: '$(date +%s)000',
    organizationId: '$ORGANIZATION_ID',
  }).reduce(
    (text, [name, value]) =>
      text.replace(`"${name}":"${String(example[name])}"`, () => `"${name}":"'${value}'"`),
    quote(JSON.stringify(example)),
  )
  return [
    `ORGANIZATION_ID=$(node -p 'JSON.parse(fs.readFileSync(0)).organizationId' < ${ADMIN_FILE})`,
    `npx keystead request --no-post${flags} --path ${path} \\`,
    `  --body ${body} |`,
    `  node -p 'JSON.parse(fs.readFileSync(0)).curlCommand' | sh`,
  ].join('\n')
}
