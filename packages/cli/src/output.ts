// How the commands of the `turnkey` shape print: JSON, or YAML when asked.

export type Format = 'json' | 'yaml'

/** Text that YAML 1.1 and 1.2 read back as the same text without quotes. */
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[a-z_][a-z0-9_ ./]*[a-z0-9_./]$/i

/** A JSON value as text, with a line end. */
export function formatValue(value: unknown, format: Format): string {
  if (format === 'json') return `${JSON.stringify(value, null, 2)}\n`
  const plain: unknown = JSON.parse(JSON.stringify(value))
  return isNested(plain) ? yamlLines(plain).join('\n').concat('\n') : `${yamlScalar(plain)}\n`
}

/** A failure, in one line. */
export function formatError(message: string, format: Format): string {
  const error = { error: message }
  return format === 'json' ? `${JSON.stringify(error)}\n` : formatValue(error, format)
}

function yamlLines(value: object): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => yamlEntry('-', item))
  return Object.entries(value).flatMap(([name, item]) => yamlEntry(`${yamlScalar(name)}:`, item))
}

/** An entry of a list goes on beside its dash, a field's nested value below it. */
function yamlEntry(lead: string, item: unknown): string[] {
  if (!isNested(item)) return [`${lead} ${yamlScalar(item)}`]
  const lines = yamlLines(item).map((line) => `  ${line}`)
  return lead === '-' ? [`- ${lines[0]?.trimStart()}`, ...lines.slice(1)] : [lead, ...lines]
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** What JSON writes is YAML too. */
function yamlScalar(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value)
}
