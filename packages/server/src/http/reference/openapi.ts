// OpenAPI 3.1 from the records: one document per family, the same bytes on every machine.
import { STATUS_CODES } from 'node:http'
import { type Tag, tagLabels } from '../../operation/tags.ts'
import type { Described, Endpoint, EndpointError } from './endpoints.ts'
import type { JsonSchema } from './fields.ts'

const JSON_TYPE = 'application/json'

/** The document of one family. */
export function openApiDocument(described: Described) {
  const { family, endpoints, schemas, version } = described
  const { title, about, guide, stamp, documents } = family.reference
  const used = new Set(endpoints.flatMap(({ operation }) => operation.tags))
  const tags = (Object.keys(tagLabels) as Tag[]).filter((tag) => used.has(tag))
  const sections = guide.map(({ title: head, text }) => [`## ${head}`, ...text].join('\n\n'))
  return {
    openapi: '3.1.0',
    info: { title, version, description: [about, ...sections].join('\n\n') },
    servers: [{ url: '/', description: 'The server that this document comes from' }],
    externalDocs: { url: documents, description: 'The documents of the API' },
    tags: tags.map((name) => ({ name, description: tagLabels[name] })),
    security: [{ [stamp.name]: [] }],
    paths: Object.fromEntries(
      endpoints.map((endpoint) => [
        endpoint.operation.path,
        { post: pathItem(described, endpoint) },
      ]),
    ),
    components: {
      securitySchemes: {
        [stamp.name]: {
          type: 'apiKey',
          in: 'header',
          name: stamp.header,
          description: guide.find((section) => section.title === 'Stamps')?.text.join('\n\n') ?? '',
        },
      },
      schemas,
      examples: errorExamples(endpoints),
    },
  }
}

function pathItem({ family }: Described, endpoint: Endpoint) {
  const { operation, request, older, documentUrl } = endpoint
  const versions = older.map(({ type, resultPath, schema }) => ({
    type,
    parameters: schema,
    result: resultPath,
  }))
  return {
    operationId: operation.name,
    summary: operation.summary,
    tags: operation.tags,
    externalDocs: { url: documentUrl, description: operation.spec },
    requestBody: {
      required: true,
      content: { [JSON_TYPE]: { schema: request.schema, example: request.example } },
    },
    responses: {
      200: answer(endpoint),
      ...failures(endpoint, family.reference.errorSchema),
    },
    // Types that the schema above accepts, with the parameters that they take instead.
    ...(versions.length === 0 ? {} : { 'x-older-versions': versions }),
  }
}

function answer({ operation, answer: { schema, within, example } }: Endpoint) {
  const around: JsonSchema[] = within === null ? [] : [reference(within)]
  const result: JsonSchema[] = operation.kind === 'vote' ? [] : [schema]
  const [first = {}, ...others] = [...around, ...result]
  const whole = others.length === 0 ? first : { allOf: [first, ...others] }
  const description =
    operation.kind === 'query' ? 'The answer' : 'The activity; its result is empty until completed'
  return { description, content: { [JSON_TYPE]: { schema: whole, example } } }
}

const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

/** One response per status, with every error of that status as an example. */
function failures({ errors }: Endpoint, schemaName: string) {
  const byStatus = Map.groupBy([...errors.own, ...errors.common], ({ status }) => status)
  const statuses = [...byStatus].toSorted(([a], [b]) => a - b)
  return Object.fromEntries(
    statuses.map(([status, members]) => [status, failure(status, members, schemaName)]),
  )
}

function failure(status: number, errors: readonly EndpointError[], schemaName: string) {
  const examples = errors.map(({ code }) => [code, { $ref: `#/components/examples/${code}` }])
  return {
    description: STATUS_CODES[status] ?? 'Error',
    content: {
      [JSON_TYPE]: {
        schema: reference(schemaName),
        examples: Object.fromEntries(examples) as Record<string, { $ref: string }>,
      },
    },
  }
}

/** Every error that an endpoint answers, by its code. */
function errorExamples(endpoints: readonly Endpoint[]) {
  const errors = endpoints.flatMap((endpoint) => [
    ...endpoint.errors.own,
    ...endpoint.errors.common,
  ])
  const sorted = errors.toSorted((a, b) => (a.code < b.code ? -1 : 1))
  return Object.fromEntries(
    sorted.map(({ code, message, body }) => [code, { summary: message, value: body }]),
  )
}
