// The corpus in fixtures/policy: every row of the published tables, every example, every outcome.
import { describe, expect, test } from 'vitest'
import { Tally } from '../../../tests/support/tally.ts'
import { check, compile, evaluate, explain, type Expression, parse, print } from '../src/index.ts'
import { interpret } from '../src/evaluation/interpret.ts'
import { keywords } from '../src/typing/schema.ts'
import type { Type } from '../src/typing/type.ts'
import { type Case, casesOf, contextOf, tables } from './corpus.ts'

const counts = {
  activities: 55,
  bounds: 17,
  examples: 65,
  grammar: 175,
  keywords: 43,
  newer: 41,
  primitives: 50,
  structs: 144,
  values: 43,
}

test('the corpus is whole', () => {
  const found = tables.map((table) => [table, casesOf(table).length] as const)
  expect(Object.fromEntries(found)).toEqual(counts)
})

test('every outcome occurs often', () => {
  const tally = new Tally()
  for (const { outcome } of tables.flatMap(casesOf)) tally.add(outcome)
  const outcomes = ['true', 'false', 'notApplicable', 'error', 'refused']
  expect(tally.rare(outcomes, 13)).toEqual([])
})

test('every keyword and every field of every struct occurs', () => {
  const text = tables.flatMap(casesOf).map(({ expression }) => expression)
  const all = text.join('\n')
  const names = Object.entries(keywords).flatMap(([keyword, { type }]) => [
    keyword,
    ...fieldsOf(type),
  ])
  expect(names.length).toBeGreaterThan(80)
  expect(names.filter((name) => !all.includes(name))).toEqual([])
})

function fieldsOf(type: Type): string[] {
  if (type.kind === 'list') return fieldsOf(type.item)
  if (type.kind !== 'struct') return []
  return Object.entries(type.fields).flatMap(([name, field]) => [`.${name}`, ...fieldsOf(field)])
}

/** What the case should have come to, and what it did, in the same shape. */
function outcomesOf({ expression, part, ...wanted }: Case): [object, object] {
  const parsed = parse(expression)
  const checked = parsed.ok ? check(parsed.expression, part) : parsed
  if (!checked.ok) return [wantedOf(wanted), refusalOf(checked.error, wanted)]
  const context = contextOf(wanted)
  const outcome = evaluate(compile(checked.checked), context)
  const { outcome: name } = outcome
  if (name === 'error')
    return [wantedOf(wanted), { ...refusalOf(outcome.error, wanted), outcome: name }]
  if (name === 'notApplicable')
    return [wantedOf(wanted), { outcome: name, keyword: outcome.keyword }]
  return [wantedOf(wanted), outcome]
}

type Wanted = Omit<Case, 'expression' | 'part'>

function wantedOf({ outcome, code, keyword, position }: Wanted): object {
  if (outcome === 'notApplicable') return { outcome, keyword }
  if (outcome === 'true' || outcome === 'false') return { outcome }
  return { outcome, code, ...(position && { position }) }
}

function refusalOf(error: { code: string; position: object }, { position }: Wanted): object {
  return { outcome: 'refused', code: error.code, ...(position && { position: error.position }) }
}

describe.each(tables)('%s', (table) => {
  const cases = casesOf(table)
  test.each(cases.map((one) => [one.row, one.expression.slice(0, 100), one] as const))(
    '%s: %s',
    (_row, _expression, one) => {
      const [wanted, found] = outcomesOf(one)
      expect(found).toEqual(wanted)
    },
  )
})

test('what is too large is refused before it is given types', () => {
  const large = casesOf('bounds').filter(({ code }) => code === 'TOO_DEEP' || code === 'TOO_LONG')
  expect(large).toHaveLength(8)
  for (const { expression, code } of large) {
    expect(parse(expression)).toMatchObject({ ok: false, error: { code } })
  }
})

test('a tree that did not come from the parser is bounded too', () => {
  const at = { start: 0, end: 0 }
  let tree: Expression = { kind: 'bool', value: true, at }
  for (let depth = 1; depth < 64; depth++) tree = { kind: 'not', operand: tree, at }
  expect(check(tree, 'condition').ok).toBe(true)
  expect(check({ kind: 'not', operand: tree, at }, 'condition')).toMatchObject({
    error: { code: 'TOO_DEEP' },
  })
})

describe('what has a type', () => {
  const typed = tables.flatMap(casesOf).flatMap((one) => {
    const parsed = parse(one.expression)
    const checked = parsed.ok ? check(parsed.expression, one.part) : parsed
    return parsed.ok && checked.ok ? [{ one, parsed, checked }] : []
  })

  test('is interpreted, explained and printed to the same outcome', () => {
    expect(typed.length).toBeGreaterThan(400)
    for (const { one, parsed, checked } of typed) {
      const context = contextOf(one)
      const outcome = evaluate(compile(checked.checked), context)
      const silent = { overrides: new Map(), saw: () => undefined, compared: () => undefined }
      expect(interpret(checked.checked, context, silent).outcome).toEqual(outcome)
      expect(explain(checked.checked, context).outcome).toEqual(outcome)
      const again = parse(print(parsed.expression))
      expect(again.ok && print(again.expression)).toBe(print(parsed.expression))
    }
  })
})
