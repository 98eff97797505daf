// Reads fixtures/policy: the cases of the corpus, and the contexts they share.
import { readdirSync, readFileSync } from 'node:fs'
import { type Context, contextFromJson, type PolicyPart, type Position } from '../src/index.ts'

const folder = new URL('../../../fixtures/policy/', import.meta.url)

export type Case = {
  row: string
  expression: string
  part: PolicyPart
  /** The name of a shared context, or one of its own. */
  context: string | object
  outcome: 'true' | 'false' | 'notApplicable' | 'error' | 'refused'
  keyword?: string
  code?: string
  position?: Position
}

const fields = new Set([
  'row',
  'expression',
  'part',
  'context',
  'outcome',
  'keyword',
  'code',
  'position',
])

const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as unknown

const contexts = read('contexts.json') as Record<string, object>

/** The names of the tables. */
export const tables = readdirSync(folder)
  .map((name) => name.replace(/\.json$/, ''))
  .filter((name) => name !== 'contexts')

/** The cases of a table; a field that is not known fails. */
export function casesOf(table: string): Case[] {
  const cases = read(`${table}.json`) as Case[]
  for (const one of cases) {
    const unknown = Object.keys(one).filter((name) => !fields.has(name))
    if (unknown.length > 0) throw new Error(`${table}: unknown fields ${unknown.join()}`)
  }
  return cases
}

/** The context of a case. */
export function contextOf({ context }: Pick<Case, 'context'>): Context {
  const json = typeof context === 'string' ? contexts[context] : context
  const made = contextFromJson(json)
  if (!made.ok) throw new Error(`${made.error.path}: ${made.error.message}`)
  return made.context
}
