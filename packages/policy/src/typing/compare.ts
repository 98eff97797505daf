// Types of comparisons and of `in`.
import { didYouMean, excerpt } from '../error.ts'
import type { Of } from '../syntax/ast.ts'
import type { Checking } from './checking.ts'
import { enumerations } from './schema.ts'
import type { Comparing, Term } from './term.ts'
import { boolType, dynamicType, intType, nameOf, type StringKind, type Type } from './type.ts'

export function compareTerm(checker: Checking, expression: Of<'compare'>): Term {
  const left = checker.check(expression.left)
  const right = checker.check(expression.right)
  const common = { type: boolType, expression, size: left.size + right.size + 1 }
  const { operator } = expression
  if (operator === 'in') {
    return containsTerm(checker, { list: right, item: left, itemFirst: true, ...common })
  }
  if (operator === '==' || operator === '!=') {
    const comparing = comparingOf(checker, left, right)
    return { op: 'compare', operator, left, right, comparing, ...common }
  }
  const sides = [left, right].map((side) => checker.as(side, intType, `a side of \`${operator}\``))
  const [smaller, larger] = sides as [Term, Term]
  return { op: 'compare', operator, left: smaller, right: larger, comparing: 'exact', ...common }
}

type Membership = Omit<Extract<Term, { op: 'contains' }>, 'op' | 'comparing'>

/** Whether `list` has `item`. */
export function containsTerm(checker: Checking, membership: Membership): Term {
  const { item } = membership
  const what = membership.itemFirst ? 'what `in` looks in' : 'what `contains` looks in'
  const list = checker.as(membership.list, { kind: 'list', item: dynamicType }, what)
  const comparing = comparingOf(checker, item, list)
  return { ...membership, op: 'contains', list, comparing }
}

/** How `item` is compared with the other, or with the items of the other when that is a list. */
function comparingOf(checker: Checking, item: Term, other: Term): Comparing {
  const sort = other.type.kind === 'list' ? other.type.item : other.type
  checkComparable(checker, item, item.type)
  checkComparable(checker, other, sort)
  if (item.type.kind === 'dynamic' || sort.kind === 'dynamic') return 'dynamic'
  if (item.type.kind === 'string' && sort.kind === 'string') {
    checkEnumeration(checker, item.type.of, other)
    checkEnumeration(checker, sort.of, item)
    return item.type.of === 'address' || sort.of === 'address' ? 'address' : 'exact'
  }
  if (item.type.kind === sort.kind) return 'exact'
  const message = `${nameOf(item.type)} and ${nameOf(sort)} cannot be compared`
  return checker.fail('TYPE_MISMATCH', message, other.expression.at)
}

function checkComparable(checker: Checking, term: Term, type: Type): void {
  if (type.kind !== 'list' && type.kind !== 'struct') return
  const message = `bools, ints and strings can be compared, this is a ${nameOf(type)}`
  checker.fail('TYPE_MISMATCH', message, term.expression.at)
}

/** What is written out and compared with one of a few values must be one of them. */
function checkEnumeration(checker: Checking, of: StringKind, term: Term): void {
  const known = enumerations[of]
  if (known === undefined) return
  if (term.op === 'list') for (const item of term.items) checkEnumeration(checker, of, item)
  if (term.op !== 'literal' || known.includes(String(term.value))) return
  const word = String(term.value)
  const message = `\`${excerpt(word)}\` is never the ${labels[of]}${didYouMean(word, known)}`
  checker.fail('UNKNOWN_VALUE', message, term.expression.at)
}

const labels: Readonly<Record<StringKind, string>> = {
  text: 'text',
  address: 'address',
  activityType: 'type of an activity',
  resource: 'resource of an activity',
  action: 'action of an activity',
  ethereumType: 'type of an Ethereum transaction',
}
