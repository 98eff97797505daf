// The generated part of docs/compat/turnkey.md: every documented endpoint, and which published
// clients called it with success in the run of the conformance tests.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { operations } from '../packages/server/src/family/turnkey/operations.ts'
import type { Operation } from '../packages/server/src/operation/operation.ts'
import documented from '../tests/conformance/turnkey/documented.json' with { type: 'json' }
import { ROOT } from './run.ts'

const page = join(ROOT, 'docs', 'compat', 'turnkey.md')
const BEGIN = '<!-- begin: written by `npm run gen:compat` -->'
const END = '<!-- end -->'
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

function render(calls: Map<string, string[]>): string {
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
    BEGIN,
    '',
    `Of ${known.length} endpoints in the documents, ${state(known)} are offered.`,
    '',
    ...table(known, calls),
    '',
    'Beyond the documents:',
    '',
    ...table(newer, calls),
    '',
    `Activity types of the documents that are not offered (${missing.length}): ${missing.map((type) => `\`${type}\``).join(', ')}.`,
    '',
    END,
  ].join('\n')
}

/** The page with its generated part as `callsFile` says, or a complaint. */
export function compatPage(callsFile: string): { old: string; now: string } {
  const old = readFileSync(page, 'utf8')
  const from = old.indexOf(BEGIN)
  const to = old.indexOf(END)
  if (from < 0 || to < from) throw new Error(`${page} has no generated part`)
  const now = old.slice(0, from) + render(readCalls(callsFile)) + old.slice(to + END.length)
  return { old, now }
}

/** Writes the page when it differs. */
export function writeCompat({ old, now }: { old: string; now: string }): void {
  if (old === now) return
  writeFileSync(page, now)
  console.log('wrote docs/compat/turnkey.md')
}
