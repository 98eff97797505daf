// The generated parts of docs/compat/turnkey.md: every documented endpoint with the published clients
// that called it with success in the run of the conformance tests; every error, which needs no run.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errorCodes } from '../packages/server/src/errors.ts'
import { createTurnkeyFamily } from '../packages/server/src/family/turnkey/turnkey.ts'
import { operations } from '../packages/server/src/family/turnkey/operations.ts'
import type { Operation } from '../packages/server/src/operation/operation.ts'
import documented from '../tests/conformance/turnkey/documented.json' with { type: 'json' }
import { ROOT } from './run.ts'

export const page = join(ROOT, 'docs', 'compat', 'turnkey.md')
const WRITTEN_BY = { endpoints: 'gen:compat', errors: 'gen' } as const

type Part = keyof typeof WRITTEN_BY

const begin = (part: Part) => `<!-- ${part}: written by \`npm run ${WRITTEN_BY[part]}\` -->`
const end = (part: Part) => `<!-- end of ${part} -->`
const TYPE = 'ACTIVITY_TYPE_'

/** `query/whoami` and the like. */
const endpointOf = (path: string) => path.replace('/public/v1/', '')

/** Lines `<client> <path>` as `recordCalls.ts` writes them: clients by endpoint. */
function readCalls(file: string): Map<string, string[]> {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const calls = new Map<string, Set<string>>()
  for (const line of lines) {
    const [client, path] = line.split(' ')
    if (client === undefined || path === undefined) continue
    const endpoint = endpointOf(path)
    calls.set(endpoint, (calls.get(endpoint) ?? new Set()).add(client.replace('@turnkey/', '')))
  }
  return new Map([...calls].map(([endpoint, clients]) => [endpoint, [...clients].sort()]))
}

function typesOf(operation: Operation | undefined): string[] {
  if (operation?.kind === 'vote') return [operation.type]
  if (operation?.kind !== 'activity') return []
  return operation.versions.map(({ type }) => type)
}

/** Types that share a beginning as `CREATE_USERS_V4, _V3`. */
function shortTypes(types: readonly string[]): string {
  const [newest = '', ...older] = types.map((type) => type.replace(TYPE, ''))
  const base = newest.replace(/_V\d+$/, '')
  const suffixes = older.map((type) => (type === base ? base : type.replace(base, '')))
  return [newest, ...suffixes].filter((type) => type !== '').join(', ')
}

function table(endpoints: readonly string[], calls: Map<string, string[]>): string[] {
  const byEndpoint = new Map(operations.map((one) => [endpointOf(one.path), one]))
  const rows = endpoints.map((endpoint) => {
    const operation = byEndpoint.get(endpoint)
    const state = operation === undefined ? 'not offered' : 'offered'
    const clients = calls.get(endpoint)?.join(', ') ?? ''
    return `| \`${endpoint}\` | ${state} | ${shortTypes(typesOf(operation))} | ${clients} |`
  })
  return ['| endpoint | state | types | called by |', '|---|---|---|---|', ...rows]
}

function endpoints(calls: Map<string, string[]>): string[] {
  const known = [
    ...documented.queries.map((name) => `query/${name}`),
    ...documented.activities.map((name) => `submit/${name}`),
  ]
  const offered = operations.map(({ path }) => endpointOf(path))
  const newer = offered.filter((endpoint) => !known.includes(endpoint)).sort()
  const types = new Set(operations.flatMap(typesOf))
  const missing = documented.activityTypes.filter((type) => !types.has(`${TYPE}${type}`))
  const state = (endpoints: readonly string[]) =>
    endpoints.filter((endpoint) => offered.includes(endpoint)).length
  return [
    `Of ${known.length} endpoints in the documents, ${state(known)} are offered.`,
    '',
    ...table(known, calls),
    '',
    'Beyond the documents:',
    '',
    ...table(newer, calls),
    '',
    `Activity types of the documents that are not offered (${missing.length}): ${missing.map((type) => `\`${type}\``).join(', ')}.`,
  ]
}

/** Another one in each answer, so that support finds it in the log. */
const REQUEST_ID = /\([0-9a-f-]{36}\)/

/** Every error as it is answered, by status and code. */
function errors(): string[] {
  const family = createTurnkeyFamily({ signUp: true })
  const answers = errorCodes.map((code) => {
    const { status, body } = family.encodeError(new AppError(code))
    const error = JSON.parse(body.toString()) as WireError
    return { ...error, status, message: error.message.replace(REQUEST_ID, '(request id)') }
  })
  const groups = Map.groupBy(answers, ({ status, code }) => `${status} / ${code}`)
  const rows = [...groups].map(([group, members]) => {
    const texts = members.map(({ message, turnkeyErrorCode: name }) =>
      name === '' ? `\`${message}\`` : `\`${message}\` (${name})`,
    )
    return `| ${group} | ${[...new Set(texts)].join(', ')} |`
  })
  return ['| HTTP / code | messages |', '|---|---|', ...rows.sort()]
}

interface WireError {
  code: number
  message: string
  turnkeyErrorCode: string
}

/** `text` with what lies between the marks of `part` replaced. */
function withPart(text: string, part: Part, lines: readonly string[]): string {
  const from = text.indexOf(begin(part))
  const to = text.indexOf(end(part))
  if (from < 0 || to < from) throw new Error(`${page} has no generated part ${part}`)
  return [text.slice(0, from) + begin(part), '', ...lines, '', text.slice(to)].join('\n')
}

/** The page with the errors as the code answers them. */
export function withErrors(text: string): string {
  return withPart(text, 'errors', errors())
}

/** The page as it is, and as the calls of a run say. */
export function compatPage(callsFile: string): { old: string; now: string } {
  const old = readFileSync(page, 'utf8')
  return { old, now: withPart(old, 'endpoints', endpoints(readCalls(callsFile))) }
}

/** Writes the page when it differs. */
export function writeCompat({ old, now }: { old: string; now: string }): void {
  if (old === now) return
  writeFileSync(page, now)
  console.log('wrote docs/compat/turnkey.md')
}
