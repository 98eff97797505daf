// Commands that send any stamped request: `request` a body, `call` an operation of the table.
import { operations } from '@keystead/server/commands'
import { Client, callerOptions, RequestError } from './client.ts'
import { clientCommand } from './clientCommand.ts'
import {
  type Command,
  printJson,
  readArgument,
  readOptions,
  required,
  UsageError,
} from './command.ts'

async function runCall(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    words,
    { ...callerOptions, params: { type: 'string' } },
    1,
  )
  const [name] = positionals
  const operation = operations.find(
    ({ name: known, path }) => name === known || path.endsWith(`/${name ?? ''}`),
  )
  if (operation === undefined) {
    const names = operations.map((known) => known.name).join(', ')
    throw new UsageError(`name an operation: ${names}`)
  }
  const client = new Client(values)
  const { organizationId } = client
  const params = parseParams(values.params)
  const timestampMs = String(Date.now())
  const body =
    operation.kind === 'query'
      ? { organizationId, ...params }
      : { type: typeOf(operation), timestampMs, organizationId, parameters: params }
  try {
    printJson(await client.post(operation.path, JSON.stringify(body)))
    return 0
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

function typeOf(operation: Exclude<(typeof operations)[number], { kind: 'query' }>): string {
  return operation.kind === 'vote' ? operation.type : (operation.versions[0]?.type ?? '')
}

function parseParams(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(readArgument(text))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (cause) {
    throw new UsageError('--params is not JSON', { cause })
  }
  throw new UsageError('--params must be a JSON object')
}

/** What `curl` would have to be told, for a shell. */
function previewOf(client: Client, path: string, body: string) {
  const stamp = client.stamp(body)
  const quoted = `'${body.replaceAll("'", String.raw`'\''`)}'`
  const curlCommand = `curl -X POST -d${quoted} -H'X-Stamp: ${stamp}' -v '${client.url}${path}'`
  return { curlCommand, message: body, stamp }
}

export const requestCommands: Record<string, Command> = {
  call: {
    synopsis:
      'call OPERATION [--params JSON|@FILE|-] [--organization ID] [--host URL] [--key FILE]',
    about: 'send a stamped request by the name of its operation',
    run: runCall,
  },
  request: clientCommand({
    synopsis: 'request --path P [--body JSON|@FILE|-] [--no-post]',
    about: 'send a stamped request, or only print it',
    options: {
      path: { type: 'string' },
      body: { type: 'string', default: '-' },
      'no-post': { type: 'boolean' },
    },
    run: (values) => {
      const path = required('path', values.path)
      const client = new Client(values)
      const body = readArgument(values.body)
      return values['no-post'] === true ? previewOf(client, path, body) : client.post(path, body)
    },
  }),
}
