// Commands about policy expressions, which need no server: check one, explain one on a context.
import {
  check,
  type Checked,
  contextFromJson,
  explain,
  type ExplanationJson,
  explanationToJson,
  parse,
  print,
} from '@keystead/policy'
import { type Command, printJson, readArgument, readOptions, UsageError } from './command.ts'

const asking = { expression: { type: 'string' }, consensus: { type: 'boolean' } } as const

type Asked = { expression?: string | undefined; consensus?: boolean | undefined }

function checkAsked({ expression, consensus }: Asked) {
  if (expression === undefined) throw new UsageError('--expression is missing')
  const parsed = parse(readArgument(expression))
  return parsed.ok ? check(parsed.expression, consensus ? 'consensus' : 'condition') : parsed
}

function report<T extends Readonly<{ ok: boolean }>>(answer: T): number {
  printJson(answer)
  return answer.ok ? 0 : 1
}

function runCheck(words: readonly string[]): number {
  const checked = checkAsked(readOptions(words, asking).values)
  return report(checked.ok ? { ok: true, value: print(checked.checked.expression) } : checked)
}

function runExplain(words: readonly string[]): number {
  const { values } = readOptions(words, { ...asking, context: { type: 'string' } })
  const checked = checkAsked(values)
  if (!checked.ok) return report(checked)
  return report(explained(checked.checked, values.context))
}

function explained(checked: Checked, context: string | undefined): ExplanationJson {
  return explanationToJson(explain(checked, readContext(context)))
}

function readContext(file: string | undefined) {
  const text = file === undefined ? '{}' : readArgument(file === '-' ? file : `@${file}`)
  const read = contextFromJson(parseJson(text))
  if (read.ok) return read.context
  const { path, message } = read.error
  throw new UsageError(`--context: ${path === '' ? '' : `${path}: `}${message}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, exactIntegers as (name: string, value: unknown) => unknown)
  } catch (cause) {
    throw new UsageError('--context is not JSON', { cause })
  }
}

/** Integers as they are written, whatever their size. */
function exactIntegers(_name: string, value: unknown, { source = '' }: { source?: string }) {
  return typeof value === 'number' && /^-?\d+$/.test(source) ? BigInt(source) : value
}

export const policyCommands: Record<string, Command> = {
  'policy check': {
    synopsis: 'policy check --expression TEXT|@FILE|- [--consensus]',
    about: 'parse and type-check a policy condition, or a consensus',
    run: runCheck,
  },
  'policy explain': {
    synopsis: 'policy explain --expression TEXT|@FILE|- [--context FILE|-] [--consensus]',
    about: 'evaluate it on a JSON context, and say why',
    run: runExplain,
  },
}
