// Commands that send stamped requests: `request` any body, `call` an operation of the table.
import { readFileSync } from 'node:fs'
import { type Admin, operations } from '@keystead/server/commands'
import {
  type Command,
  configFor,
  dataOption,
  printJson,
  readArgument,
  readOptions,
  UsageError,
} from './command.ts'
import { stampBody } from './stamp.ts'

const sending = {
  ...dataOption,
  /** The server's URL. */
  host: { type: 'string' },
  /** A key file as `init` writes it. */
  key: { type: 'string' },
} as const

interface Target {
  url: string
  admin: Admin
}

function targetFrom(values: { data?: string; host?: string; key?: string }): Target {
  const config = configFor({ KEYSTEAD_DATA: values.data })
  const file = values.key ?? `${config.dataDirectory}/admin.json`
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host
  return {
    url: (values.host ?? `http://${host}:${config.port}`).replace(/\/$/, ''),
    admin: readKey(file),
  }
}

function readKey(file: string): Admin {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Admin
  } catch (cause) {
    throw new UsageError(`there is no readable key file ${file}: name one with --key`, { cause })
  }
}

function stampFor({ admin }: Target, body: string): string {
  if (admin.apiPrivateKey === undefined) {
    throw new UsageError('the key file holds no private key: the organization brought its own key')
  }
  return stampBody({ ...admin, apiPrivateKey: admin.apiPrivateKey }, Buffer.from(body, 'utf8'))
}

async function post(target: Target, path: string, body: string): Promise<number> {
  const url = `${target.url}${path}`
  const headers = { 'content-type': 'application/json', 'x-stamp': stampFor(target, body) }
  const response = await fetch(url, { method: 'POST', headers, body }).catch((cause: unknown) => {
    throw new UsageError(`no server answers at ${target.url}`, { cause })
  })
  const text = await response.text()
  if (response.ok) {
    printJson(JSON.parse(text))
    return 0
  }
  process.stderr.write(`${response.status}: ${text}\n`)
  return 1
}

async function runRequest(words: readonly string[]): Promise<number> {
  const { values } = readOptions(words, {
    ...sending,
    path: { type: 'string' },
    body: { type: 'string' },
    'no-post': { type: 'boolean' },
  })
  if (values.path === undefined || values.body === undefined) {
    throw new UsageError('--path and --body are required')
  }
  const target = targetFrom(values)
  const body = readArgument(values.body)
  if (values['no-post'] !== true) return post(target, values.path, body)
  const stamp = stampFor(target, body)
  const quoted = `'${body.replaceAll("'", String.raw`'\''`)}'`
  const curlCommand = `curl -X POST -d${quoted} -H'X-Stamp: ${stamp}' -v '${target.url}${values.path}'`
  printJson({ curlCommand, message: body, stamp })
  return 0
}

async function runCall(words: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(
    words,
    { ...sending, organization: { type: 'string' }, params: { type: 'string' } },
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
  const target = targetFrom(values)
  const organizationId = values.organization ?? target.admin.organizationId
  const params = parseParams(values.params)
  const body =
    operation.kind === 'query'
      ? { organizationId, ...params }
      : {
          type: typeOf(operation),
          timestampMs: String(Date.now()),
          organizationId,
          parameters: params,
        }
  return post(target, operation.path, JSON.stringify(body))
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

export const requestCommands: Record<string, Command> = {
  call: {
    synopsis:
      'call OPERATION [--params JSON|@FILE|-] [--organization ID] [--host URL] [--key FILE]',
    about: 'send a stamped request by the name of its operation',
    run: runCall,
  },
  request: {
    synopsis: 'request --path P --body JSON|@FILE|- [--no-post] [--host URL] [--key FILE]',
    about: 'send a stamped request, or only print it',
    run: runRequest,
  },
}
