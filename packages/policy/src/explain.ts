// Says why an expression has its outcome: the value of every part, and what would change it.
import { type Change, changesOf, shorten } from './changes.ts'
import type { Context } from './context.ts'
import type { Position } from './error.ts'
import type { Outcome, Value } from './evaluation/frame.ts'
import { type Comparison, interpret, type Seen } from './evaluation/interpret.ts'
import { print } from './syntax/print.ts'
import { partsOf } from './typing/parts.ts'
import type { Checked, Term } from './typing/term.ts'
import { nameOf, type Type } from './typing/type.ts'

/**
 * A part of the expression. Without values: it was not reached, or the evaluation stopped in it, or
 * its value turned out to be a struct.
 */
export type Step = Readonly<{
  text: string
  position: Position
  type: string
  values: readonly StepValue[]
}>

/**
 * `items`: of each function around the part, from outside, which item it looked at. Strings of
 * `value` are cut to 1,000 characters.
 */
export type StepValue = Readonly<{ items: readonly number[]; value: Value }>

export type Explanation = Readonly<{
  outcome: Outcome
  /** In the order of the text, without what is written out and without whole structs. */
  steps: readonly Step[]
  /** False: there are more than 1,000 values, counting each item and every 64 characters. */
  isComplete: boolean
  changes: readonly Change[]
  /** What it took, with the search for changes: at most eleven times the bound of an evaluation. */
  work: number
}>

const valuesMax = 1_000
const comparisonsMax = 1_000

/**
 * Evaluates as `evaluate` does, and tells how it came out.
 *
 * `changes` are searched like this: of every value of the request that was compared in this
 * evaluation, or was a bool of its own (a field, an item, a slice, a count), the nearest value that
 * turns the comparison around is put in its place, everywhere it occurs, and the expression is
 * evaluated again; what turns the outcome around is listed, in the order it was reached. So each
 * entry is one value that alone suffices; outcomes that need two changes at once have none. Only
 * the outcomes true and false are searched, in the first 1,000 comparisons at most 100 values, of
 * `in` the first 16 items, and all with at most ten times the work of an evaluation.
 */
export function explain(checked: Checked, context: Context): Explanation {
  const values = new Map<Term, StepValue[]>()
  const comparisons: Comparison[] = []
  const bools: { term: Term; seen: Seen }[] = []
  let count = 0
  const { outcome, work } = interpret(checked, context, {
    overrides: new Map(),
    saw(term, seen, items) {
      const isBool = typeof seen.value === 'boolean' && seen.isGiven
      if (isBool && bools.length < comparisonsMax) bools.push({ term, seen })
      if (!isShown(term) || count > valuesMax || isStructured(seen.value)) return
      const value = shorten(seen.value)
      count += weigh(value)
      if (count > valuesMax) return
      const known = values.get(term) ?? []
      known.push({ items: [...items], value })
      values.set(term, known)
    },
    compared(comparison) {
      const isGiven = comparison.left.isGiven || comparison.right.isGiven
      if (isGiven && comparisons.length < comparisonsMax) comparisons.push(comparison)
    },
  })
  const evaluated = { checked, context, outcome, comparisons, bools }
  const { changes, searched } = changesOf(evaluated)
  const shown = partsOf(checked.term).filter(isShown)
  return {
    outcome,
    steps: shown.map((term) => stepOf(term, values.get(term) ?? [])),
    isComplete: count <= valuesMax,
    changes,
    work: work + searched,
  }
}

function stepOf({ expression, type }: Term, values: readonly StepValue[]): Step {
  return { text: print(expression), position: expression.at, type: nameOf(type), values }
}

function isShown({ op, type }: Term): boolean {
  // An `as` is no part of the text, its operand is.
  return op !== 'literal' && op !== 'as' && !isLarge(type)
}

function isLarge(type: Type): boolean {
  return type.kind === 'struct' || (type.kind === 'list' && isLarge(type.item))
}

function weigh(value: Value): number {
  if (Array.isArray(value)) {
    return (value as readonly Value[]).reduce<number>((sum, item) => sum + weigh(item), 1)
  }
  return typeof value === 'string' ? 1 + Math.floor(value.length / 64) : 1
}

function isStructured(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => typeof item === 'object')
  return typeof value === 'object'
}
