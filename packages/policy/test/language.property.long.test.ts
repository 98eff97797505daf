// What must hold for every text and every expression.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seeded } from '../../../tests/support/random.ts'
import { rounds } from '../../../tests/support/rounds.ts'
import { Tally } from '../../../tests/support/tally.ts'
import {
  check,
  type Checked,
  compile,
  evaluate,
  explain,
  type Outcome,
  parse,
  print,
} from '../src/index.ts'
import { interpret } from '../src/evaluation/interpret.ts'
import { casesOf, tables } from './corpus.ts'
import { anyContext, anyExpression, typedText, withoutPositions } from './generate.ts'

const numRuns = rounds('random expressions')
const settings = () => ({ numRuns, seed: seeded('expressions').below(2 ** 31) })

test('a printed expression is parsed to the same tree', () => {
  const tally = new Tally()
  fc.assert(
    fc.property(anyExpression, (expression) => {
      const parsed = parse(print(expression))
      // A random tree may be larger than what is parsed.
      const code = parsed.ok ? 'parsed' : parsed.error.code
      tally.add(code)
      expect(['parsed', 'TOO_LONG', 'TOO_DEEP']).toContain(code)
      const tree = parsed.ok ? parsed.expression : expression
      expect(withoutPositions(tree)).toEqual(withoutPositions(expression))
    }),
    settings(),
  )
  expect(tally.rare(['parsed'], numRuns * 0.9)).toEqual([])
})

const tokens = [
  ["'", '\\', '"', '(', ')', '[', ']', '{', '}', '.', '..', ',', ':', '!', '=', '==', '!=', '<='],
  ['&&', '||', '&', ' ', '\n', 'in', 'true', 'eth', 'tx', 'wallet', 'x', 'all', 'count', '0', '-'],
  ['-1', '1', '99999999999999999999999999999999999999999', 'activity', '\u0000', '\ud800', '😀'],
].flat()

/** Text of tokens, text of anything, and published expressions with something changed. */
const anyText = fc.oneof(
  fc.array(fc.constantFrom(...tokens), { maxLength: 30 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .tuple(typedText, fc.constantFrom('&&', '||', '==', '!=', 'in', '<', '.', '='))
    .map(([text, operator]) => `(${text}) ${operator} true`),
  fc
    .tuple(
      fc.constantFrom(...tables.flatMap(casesOf).map(({ expression }) => expression.slice(0, 300))),
      fc.nat(300),
      fc.constantFrom('', ...tokens),
    )
    .map(([text, at, token]) => text.slice(0, at) + token + text.slice(at + 1)),
)

test('any text is parsed and checked, or refused within itself, without throwing', () => {
  const tally = new Tally()
  fc.assert(
    fc.property(anyText, fc.constantFrom('condition', 'consensus'), (text, part) => {
      const parsed = parse(text)
      const checked = parsed.ok ? check(parsed.expression, part) : parsed
      tally.add(checked.ok ? 'typed' : parsed.ok ? 'refused by check' : 'refused by parse')
      if (checked.ok) return
      const { message, position } = checked.error
      expect(message).toMatch(/^[^\n\r\p{Cs}]+$/u)
      expect(position.start).toBeGreaterThanOrEqual(0)
      expect(position.end).toBeGreaterThanOrEqual(position.start)
      expect(position.end).toBeLessThanOrEqual(text.length)
    }),
    settings(),
  )
  expect(tally.rare(['typed', 'refused by check', 'refused by parse'], numRuns * 0.02)).toEqual([])
})

test('any tree is checked without throwing, and evaluated when it has a type', () => {
  const tally = new Tally()
  fc.assert(
    fc.property(anyExpression, anyContext, (expression, context) => {
      const checked = check(expression, 'condition')
      tally.add(checked.ok ? evaluate(compile(checked.checked), context).outcome : 'refused')
    }),
    settings(),
  )
  expect(tally.rare(['refused', 'true', 'false'], numRuns * 0.02)).toEqual([])
})

const silent = { overrides: new Map(), saw: () => undefined, compared: () => undefined }

test('compiled, interpreted and explained come to the same, again and again', () => {
  const tally = new Tally()
  fc.assert(
    fc.property(typedText, anyContext, (text, context) => {
      const checked = typed(text)
      const compiled = compile(checked)
      const outcome = evaluate(compiled, context)
      tally.add(outcome.outcome)
      expect(interpret(checked, context, silent).outcome).toEqual(outcome)
      expect(evaluate(compiled, context)).toEqual(outcome)
      const explained = explain(checked, context)
      expect(explained.outcome).toEqual(outcome)
      for (const { subject } of explained.changes) expect(subject).not.toBe('')
    }),
    settings(),
  )
  expect(tally.rare(['true', 'false', 'notApplicable', 'error'], numRuns * 0.03)).toEqual([])
})

function typed(text: string): Checked {
  const parsed = parse(text)
  const checked = parsed.ok ? check(parsed.expression, 'condition') : parsed
  if (!checked.ok) throw new Error(`${text}: ${checked.error.message}`)
  return checked.checked
}

const opposite: Readonly<Record<string, Outcome['outcome']>> = { true: 'false', false: 'true' }

test('a negation comes to the opposite, and to the same stop', () => {
  fc.assert(
    fc.property(typedText, anyContext, (text, context) => {
      const { outcome } = evaluate(compile(typed(text)), context)
      const negated = evaluate(compile(typed(`!(${text})`)), context)
      expect(negated.outcome).toBe(opposite[outcome] ?? outcome)
    }),
    settings(),
  )
})
