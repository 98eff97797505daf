// Terms as closures: the evaluator of the hot path.
import { type Context, readerOf } from '../context.ts'
import { isInRange } from '../limits.ts'
import type { Checked, Term } from '../typing/term.ts'
import { Frame, type Outcome, type Value } from './frame.ts'
import {
  admit,
  admitAs,
  equal,
  hasItem,
  itemTypeOf,
  orders,
  readIndex,
  readMember,
  readSlice,
} from './values.ts'

/** An expression ready to be evaluated often; `checked` is what explains it. */
export type Compiled = Readonly<{ checked: Checked; run: Run }>

/** Gives a value, or undefined when the evaluation has stopped. */
type Run = (frame: Frame) => Value | undefined

type Op<Name extends Term['op']> = Extract<Term, { op: Name }>

/** Makes closures of an expression; evaluating them is {@link evaluate}. */
export function compile(checked: Checked): Compiled {
  return { checked, run: compileTerm(checked.term) }
}

/**
 * Evaluates from left to right; what does not decide any more is not reached. Never throws, but for
 * what functions in the context throw. Work is bounded: 100,000 parts of the expression.
 */
export function evaluate({ run }: Compiled, context: Context): Outcome {
  const frame = new Frame(context)
  return frame.outcome(run(frame))
}

function compileTerm(term: Term): Run {
  switch (term.op) {
    case 'literal':
      return () => term.value
    case 'keyword':
      return compileKeyword(term)
    case 'variable':
      return compileVariable(term)
    case 'member':
      return compileMember(term)
    case 'key':
      return compileKey(term)
    case 'index':
      return compileIndex(term)
    case 'slice':
      return compileSlice(term)
    case 'list':
      return compileList(term)
    case 'struct':
      return compileStruct(term)
    case 'not': {
      const operand = compileTerm(term.operand)
      return (frame) => negated(operand(frame))
    }
    case 'and':
      return compileLogic(term, false)
    case 'or':
      return compileLogic(term, true)
    case 'compare':
      return term.operator === '==' || term.operator === '!='
        ? compileEquality(term, term.operator === '==')
        : compileOrder(term, orders[term.operator])
    case 'contains':
      return compileContains(term)
    case 'count': {
      const list = compileTerm(term.list)
      return (frame) => {
        const value = list(frame) as readonly unknown[] | undefined
        return value && BigInt(value.length)
      }
    }
    case 'each':
      return compileEach(term)
    case 'as': {
      const operand = compileTerm(term.operand)
      return (frame) => {
        const value = operand(frame)
        return value === undefined ? undefined : admit(frame, term, value)
      }
    }
  }
}

function negated(value: Value | undefined): Value | undefined {
  return value === undefined ? undefined : !value
}

function compileKeyword(term: Op<'keyword'>): Run {
  const read = readerOf(term.keyword)
  return (frame) => {
    const value = read(frame.context)
    return value === undefined ? frame.skip(term, term.keyword) : admit(frame, term, value)
  }
}

function compileVariable({ slot }: Op<'variable'>): Run {
  return (frame) => frame.slots[slot] as Value
}

function compileMember(term: Op<'member'>): Run {
  const target = compileTerm(term.target)
  const { name, type } = term
  // The names of declared fields are those of no prototype, so these need not look who owns them.
  if (term.target.type.kind !== 'dynamic' && type.kind === 'string') {
    return (frame) => {
      const struct = target(frame) as Readonly<Record<string, unknown>> | undefined
      if (struct === undefined) return undefined
      const value = struct[name]
      return typeof value === 'string' ? value : readMember(frame, term, [struct, name])
    }
  }
  if (term.target.type.kind !== 'dynamic' && type.kind === 'int') {
    return (frame) => {
      const struct = target(frame) as Readonly<Record<string, unknown>> | undefined
      if (struct === undefined) return undefined
      const value = struct[name]
      const isInteger = typeof value === 'bigint' && isInRange(value)
      return isInteger ? value : readMember(frame, term, [struct, name])
    }
  }
  return (frame) => {
    const struct = target(frame)
    return struct === undefined ? undefined : readMember(frame, term, [struct, name])
  }
}

function compileKey(term: Op<'key'>): Run {
  const target = compileTerm(term.target)
  const key = compileTerm(term.key)
  return (frame) => {
    const struct = target(frame)
    if (struct === undefined) return undefined
    const name = key(frame) as string | undefined
    return name === undefined ? undefined : readMember(frame, term, [struct, name])
  }
}

function compileIndex(term: Op<'index'>): Run {
  const target = compileTerm(term.target)
  const index = compileTerm(term.index)
  return (frame) => {
    const value = target(frame)
    if (value === undefined) return undefined
    const at = index(frame) as bigint | undefined
    return at === undefined ? undefined : readIndex(frame, term, [value, at])
  }
}

function compileSlice(term: Op<'slice'>): Run {
  const target = compileTerm(term.target)
  const from = compileTerm(term.from)
  const to = compileTerm(term.to)
  return (frame) => {
    const value = target(frame)
    if (value === undefined) return undefined
    const start = from(frame) as bigint | undefined
    if (start === undefined) return undefined
    const end = to(frame) as bigint | undefined
    return end === undefined ? undefined : readSlice(frame, term, [value, start, end])
  }
}

function compileList({ items }: Op<'list'>): Run {
  if (items.every((item) => item.op === 'literal')) {
    const values = items.map(({ value }) => value)
    return () => values
  }
  const runs = items.map(compileTerm)
  return (frame) => {
    const values: Value[] = []
    for (const run of runs) {
      const value = run(frame)
      if (value === undefined) return undefined
      values.push(value)
    }
    return values
  }
}

function compileStruct({ names, values }: Op<'struct'>): Run {
  const runs = values.map(compileTerm)
  return (frame) => {
    const struct = Object.create(null) as Record<string, Value>
    for (const [at, run] of runs.entries()) {
      const value = run(frame)
      if (value === undefined) return undefined
      struct[names[at] ?? ''] = value
    }
    return struct
  }
}

/** `&&` is decided by the first false, `||` by the first true. */
function compileLogic({ operands }: Op<'and' | 'or'>, decides: boolean): Run {
  const runs = operands.map(compileTerm)
  return (frame) => {
    for (const run of runs) {
      const value = run(frame)
      if (value === undefined || value === decides) return value
    }
    return !decides
  }
}

function compileEquality(term: Op<'compare'>, whenEqual: boolean): Run {
  const left = compileTerm(term.left)
  const right = compileTerm(term.right)
  const how = { term, comparing: term.comparing }
  return (frame) => {
    const a = left(frame)
    if (a === undefined) return undefined
    const b = right(frame)
    if (b === undefined) return undefined
    const isEqual = equal(frame, how, [a, b])
    return isEqual === undefined ? undefined : isEqual === whenEqual
  }
}

function compileOrder(term: Op<'compare'>, inOrder: (a: bigint, b: bigint) => boolean): Run {
  const left = compileTerm(term.left)
  const right = compileTerm(term.right)
  return (frame) => {
    const a = left(frame) as bigint | undefined
    if (a === undefined) return undefined
    const b = right(frame) as bigint | undefined
    return b === undefined ? undefined : inOrder(a, b)
  }
}

function compileContains(term: Op<'contains'>): Run {
  const list = compileTerm(term.list) as (frame: Frame) => readonly unknown[] | undefined
  const item = compileTerm(term.item)
  if (term.itemFirst) {
    return (frame) => {
      const value = item(frame)
      if (value === undefined) return undefined
      const values = list(frame)
      return values && hasItem(frame, term, [values, value])
    }
  }
  return (frame) => {
    const values = list(frame)
    if (values === undefined) return undefined
    const value = item(frame)
    return value === undefined ? undefined : hasItem(frame, term, [values, value])
  }
}

function compileEach(term: Op<'each'>): Run {
  const list = compileTerm(term.list) as (frame: Frame) => readonly unknown[] | undefined
  const body = compileTerm(term.body)
  const place = { term: term.list, type: itemTypeOf(term.list) }
  const { name, slot } = term
  const cost = term.body.size + 1
  return (frame) => {
    const values = list(frame)
    if (values === undefined) return undefined
    const kept: Value[] = []
    for (const entry of values) {
      if (!frame.spend(term, cost)) return undefined
      const item = admitAs(frame, place, entry)
      if (item === undefined) return undefined
      frame.slots[slot] = item
      const holds = body(frame)
      if (holds === undefined) return undefined
      if (name === 'filter') {
        if (holds === true) kept.push(item)
      } else if (holds === (name === 'any')) return holds
    }
    return name === 'filter' ? kept : name === 'all'
  }
}
