// llms.txt and llms-full.txt: the reference as plain Markdown, short and whole.
import type { Described, Endpoint } from './endpoints.ts'
import { type Field, fieldsOf } from './fields.ts'

/** What this is, how to begin, and one line per operation. */
export function shortText(families: readonly Described[], url: string): string {
  const parts = families.flatMap((described) => [
    heading(described, url),
    `## Operations\n\n${described.endpoints.map(line).join('\n')}`,
  ])
  return `${parts.join('\n\n')}\n`
}

/** Everything: fields, types, errors and examples of each operation. */
export function fullText(families: readonly Described[], url: string): string {
  const parts = families.flatMap((described) => [
    heading(described, url),
    ...Object.entries(described.schemas).map(
      ([name, schema]) => `## Shape: ${name}\n\n${table(fieldsOf(schema))}`,
    ),
    ...described.endpoints.map(section),
  ])
  return `${parts.join('\n\n')}\n`
}

function heading({ family }: Described, url: string): string {
  const { title, about, guide } = family.reference
  return [
    `# ${title}`,
    `> ${about}`,
    [
      `- Base URL: the origin of this file; on the machine itself ${url}`,
      `- [OpenAPI 3.1](/openapi/${family.name}.json)`,
      '- [Reference to read](/docs)',
      '- [All of it as text](/llms-full.txt)',
    ].join('\n'),
    ...guide.map((part) => `## ${part.title}\n\n${part.text.join('\n\n')}`),
  ].join('\n\n')
}

function line({ operation: { name, path, summary, kind } }: Endpoint): string {
  return `- [${name}](/docs#${name}) (${kind}): POST ${path}. ${summary}.`
}

function section(endpoint: Endpoint): string {
  const { operation, types, older, request, answer, errors, samples, documentUrl } = endpoint
  const failures = [...errors.own, ...errors.common].map(
    ({ code, status, message }) => `- ${status} ${code}: ${message}`,
  )
  const olderTables = older.map(({ type, resultPath, fields }) => {
    const result = resultPath === answer.path ? '' : ` Its result is \`${resultPath}\`.`
    return fields.length === 0
      ? `${type}: the same parameters.${result}`
      : `${type}:${result}\n\n${table(fields)}`
  })
  const result = answer.fields.length === 0 ? [] : [table(answer.fields)]
  return [
    `## ${operation.name}: ${operation.summary}`,
    `POST ${operation.path}\n\nKind: ${operation.kind}. Tags: ${operation.tags.join(', ')}. Document: ${documentUrl}`,
    ...(types.length === 0 ? [] : [`Types accepted, newest first: ${types.join(', ')}`]),
    `### Fields of the request\n\n${table(request.fields)}`,
    ...(older.length === 0 ? [] : [`### Older types\n\n${olderTables.join('\n\n')}`]),
    '### Fields of the answer',
    ...(answer.within === null ? [] : [`The shape ${answer.within}.`]),
    ...result,
    `### Errors\n\n${failures.join('\n')}`,
    `### Example\n\n${fence('sh', samples.call)}`,
    `Request:\n\n${fence('json', json(request.example))}`,
    `Answer:\n\n${fence('json', json(answer.example))}`,
  ].join('\n\n')
}

function table(fields: readonly Field[]): string {
  return fields
    .map(({ path, type, required, bounds, values, description }) => {
      const facts = [
        type,
        required ? 'required' : 'optional',
        ...(bounds === '' ? [] : [bounds]),
        ...(values.length === 0 ? [] : [`one of ${values.join(', ')}`]),
      ]
      return `- \`${path}\` (${facts.join('; ')})${description === '' ? '' : ` ${description}`}`
    })
    .join('\n')
}

const json = (value: unknown) => JSON.stringify(value, null, 2)
const fence = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``
