// Evaluates terms one by one, and tells an observer what it sees: the evaluator of explanations.
import { type Context, readerOf } from '../context.ts'
import type { Expression } from '../syntax/ast.ts'
import { print, quote } from '../syntax/print.ts'
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

/** A value, and by which name the request calls it. */
export type Seen = Readonly<{
  value: Value
  /** Such as `solana.tx.transfers[2].amount`, whatever an expression calls the item. */
  name: string
  /** Whether it is a part of the request, or counts or cuts one: not written in the expression. */
  isGiven: boolean
  /** The names of a list's items, where they are not `name[0]` and so on. */
  itemNames?: readonly string[]
}>

/** What is told while an expression is evaluated. */
export interface Observer {
  /** Values to put in the place of what the request has, by name. */
  overrides: ReadonlyMap<string, Value>
  /** A term has a value. `items`: which items of the functions around it are looked at. */
  saw(term: Term, seen: Seen, items: readonly number[]): void
  /** Two values were compared, or a list asked for an item. */
  compared(comparison: Comparison): void
}

/** `right` is the list of a `contains`; `result` what came out. */
export type Comparison = Readonly<{
  term: Op<'compare' | 'contains'>
  left: Seen
  right: Seen
  result: boolean
}>

type Op<Name extends Term['op']> = Extract<Term, { op: Name }>

/** Evaluates as `evaluate` does, for an observer. `work` is what it took. */
export function interpret(
  { term }: Checked,
  context: Context,
  observer: Observer,
): Readonly<{ outcome: Outcome; work: number }> {
  const interpreter = new Interpreter(context, observer)
  const outcome = interpreter.frame.outcome(interpreter.run(term)?.value)
  return { outcome, work: interpreter.frame.work + term.size }
}

class Interpreter {
  readonly frame: Frame
  private readonly observer: Observer
  private readonly slots: Seen[] = []
  private readonly items: number[] = []

  constructor(context: Context, observer: Observer) {
    this.frame = new Frame(context)
    this.observer = observer
  }

  run(term: Term): Seen | undefined {
    const found = this.valueOf(term)
    if (found === undefined) return undefined
    const override = found.isGiven ? this.observer.overrides.get(found.name) : undefined
    const seen = override === undefined ? found : { ...found, value: override }
    this.observer.saw(term, seen, this.items)
    return seen
  }

  private valueOf(term: Term): Seen | undefined {
    switch (term.op) {
      case 'literal':
        return written(term.value)
      case 'keyword':
        return this.keyword(term)
      case 'variable':
        return this.slots[term.slot]
      case 'member':
        return this.member(term, this.run(term.target), term.name)
      case 'key':
        return this.key(term)
      case 'index':
        return this.index(term)
      case 'slice':
        return this.slice(term)
      case 'list':
        return this.list(term)
      case 'struct':
        return this.struct(term)
      case 'not': {
        const operand = this.run(term.operand)
        return operand && written(!operand.value)
      }
      case 'and':
      case 'or':
        return this.logic(term)
      case 'compare':
        return this.compare(term)
      case 'contains':
        return this.contains(term)
      case 'count':
        return this.given(this.run(term.list), ({ name, value }) => ({
          name: `${name}.count()`,
          value: BigInt((value as readonly unknown[]).length),
        }))
      case 'each':
        return this.each(term)
      case 'as':
        return this.given(this.run(term.operand), (seen) => ({
          ...seen,
          value: admit(this.frame, term, seen.value),
        }))
    }
  }

  private keyword(term: Op<'keyword'>): Seen | undefined {
    const given = readerOf(term.keyword)(this.frame.context)
    if (given === undefined) return this.frame.skip(term, term.keyword)
    const value = admit(this.frame, term, given)
    return value === undefined ? undefined : { value, name: term.keyword, isGiven: true }
  }

  /** What is read of something: given, when that is. */
  private given(
    target: Seen | undefined,
    read: (target: Seen) => { name: string; value: Value | undefined },
  ): Seen | undefined {
    if (target === undefined) return undefined
    const { value, ...more } = read(target)
    return value === undefined ? undefined : { isGiven: target.isGiven, ...more, value }
  }

  private key(term: Op<'key'>): Seen | undefined {
    const target = this.run(term.target)
    const key = target && this.run(term.key)
    return key && this.member(term, target, key.value as string)
  }

  private member(term: Op<'member' | 'key'>, target: Seen | undefined, name: string) {
    const value = target && readMember(this.frame, term, [target.value, name])
    return value === undefined ? undefined : { value, ...nameMember(target, name) }
  }

  private index(term: Op<'index'>): Seen | undefined {
    const target = this.run(term.target)
    const index = target && this.run(term.index)
    if (index === undefined) return undefined
    const at = index.value as bigint
    return this.given(target, (list) => ({
      name: itemName(list, Number(at)),
      value: readIndex(this.frame, term, [list.value, at]),
    }))
  }

  private slice(term: Op<'slice'>): Seen | undefined {
    const target = this.run(term.target)
    const from = target && this.run(term.from)
    const to = from && this.run(term.to)
    if (target === undefined || from === undefined || to === undefined) return undefined
    const [start, end] = [from.value as bigint, to.value as bigint]
    const value = readSlice(this.frame, term, [target.value, start, end])
    if (value === undefined) return undefined
    const { isGiven } = target
    const seen = { value, name: `${target.name}[${start}..${end}]`, isGiven }
    if (!Array.isArray(value)) return seen
    const itemNames = value.map((_, at) => itemName(target, Number(start) + at))
    return { ...seen, itemNames }
  }

  private list(term: Op<'list'>): Seen | undefined {
    const items: Seen[] = []
    for (const part of term.items) {
      const item = this.run(part)
      if (item === undefined) return undefined
      items.push(item)
    }
    const itemNames = items.map(({ name }) => name)
    return { ...written(items.map(({ value }) => value)), itemNames }
  }

  private struct(term: Op<'struct'>): Seen | undefined {
    const struct = Object.create(null) as Record<string, Value>
    for (const [at, part] of term.values.entries()) {
      const seen = this.run(part)
      if (seen === undefined) return undefined
      struct[term.names[at] ?? ''] = seen.value
    }
    return written(struct)
  }

  private logic(term: Op<'and' | 'or'>): Seen | undefined {
    const decides = term.op === 'or'
    for (const operand of term.operands) {
      const seen = this.run(operand)
      if (seen === undefined) return undefined
      if (seen.value === decides) return written(decides)
    }
    return written(!decides)
  }

  private compare(term: Op<'compare'>): Seen | undefined {
    const left = this.run(term.left)
    const right = left && this.run(term.right)
    if (left === undefined || right === undefined) return undefined
    const result = this.holds(term, left.value, right.value)
    return this.told({ term, left, right }, result)
  }

  private holds(term: Op<'compare'>, a: Value, b: Value): boolean | undefined {
    const { operator, comparing } = term
    if (operator !== '==' && operator !== '!=') return orders[operator](a as bigint, b as bigint)
    const isEqual = equal(this.frame, { term, comparing }, [a, b])
    return isEqual === undefined ? undefined : isEqual === (operator === '==')
  }

  private told(comparison: Omit<Comparison, 'result'>, result: boolean | undefined) {
    if (result === undefined) return undefined
    this.observer.compared({ ...comparison, result })
    return written(result)
  }

  private contains(term: Op<'contains'>): Seen | undefined {
    const [first, second] = term.itemFirst ? [term.item, term.list] : [term.list, term.item]
    const one = this.run(first)
    const other = one && this.run(second)
    if (one === undefined || other === undefined) return undefined
    const [left, right] = term.itemFirst ? [one, other] : [other, one]
    const values = right.value as readonly unknown[]
    return this.told({ term, left, right }, hasItem(this.frame, term, [values, left.value]))
  }

  private each(term: Op<'each'>): Seen | undefined {
    const list = this.run(term.list)
    if (list === undefined) return undefined
    const { name } = term
    const kept: Seen[] = []
    for (const at of (list.value as readonly unknown[]).keys()) {
      const item = this.item(term, list, at)
      if (item === undefined) return undefined
      this.slots[term.slot] = item
      this.items.push(at)
      const holds = this.run(term.body)
      this.items.pop()
      if (holds === undefined) return undefined
      if (name === 'filter') {
        if (holds.value === true) kept.push(item)
      } else if (holds.value === (name === 'any')) return written(holds.value)
    }
    if (name !== 'filter') return written(name === 'all')
    const itemNames = kept.map((item) => item.name)
    const value = kept.map((item) => item.value)
    return { value, name: filterName(list, term), isGiven: list.isGiven, itemNames }
  }

  private item(term: Op<'each'>, list: Seen, at: number): Seen | undefined {
    if (!this.frame.spend(term, term.body.size + 1)) return undefined
    const place = { term: term.list, type: itemTypeOf(term.list) }
    const entry = (list.value as readonly unknown[])[at]
    const value = admitAs(this.frame, place, entry)
    if (value === undefined) return undefined
    return { value, name: itemName(list, at), isGiven: list.isGiven }
  }
}

/** What an expression says itself needs no name: nothing about it can change. */
function written(value: Value): Seen {
  return { value, name: '', isGiven: false }
}

// SECURITY: names are built for every item of a list; what is longer than this has none.
const nameLengthMax = 200

const filterNames = new WeakMap<Expression, string>()

function filterName({ name }: Seen, { expression }: Term): string {
  const { kind } = expression
  if (kind !== 'call') return name
  const known = filterNames.get(expression)
  if (known !== undefined) return `${name}.filter(${known})`
  const text = expression.arguments.map(print).join(', ')
  const call = text.length > nameLengthMax ? `… at ${expression.at.start}` : text
  filterNames.set(expression, call)
  return `${name}.filter(${call})`
}

function itemName({ name, itemNames }: Seen, at: number): string {
  return itemNames?.[at] ?? `${name}[${at}]`
}

function nameMember(target: Seen | undefined, name: string): Pick<Seen, 'name' | 'isGiven'> {
  if (target === undefined || name.length > nameLengthMax) return { name: '', isGiven: false }
  const member = /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${quote(name)}]`
  return { name: target.name + member, isGiven: target.isGiven }
}
