// Types of the functions.
import { didYouMean, excerpt } from '../error.ts'
import type { Of } from '../syntax/ast.ts'
import type { Checking } from './checking.ts'
import { containsTerm } from './compare.ts'
import type { EachName, Term } from './term.ts'
import { article, boolType, dynamicType, nameOf, type Type } from './type.ts'

type Call = Of<'call'>

const functions: Readonly<Record<string, (checker: Checking, call: Call, target: Term) => Term>> = {
  all: (checker, call, target) => eachTerm(checker, call, { name: 'all', target }),
  any: (checker, call, target) => eachTerm(checker, call, { name: 'any', target }),
  filter: (checker, call, target) => eachTerm(checker, call, { name: 'filter', target }),
  contains: containsCall,
  count: countCall,
}

export const isFunction = (name: string): boolean => Object.hasOwn(functions, name)

export function callTerm(checker: Checking, call: Call): Term {
  const { name, nameAt } = call
  if (!isFunction(name)) {
    const message = `there is no function \`${excerpt(name)}\`${didYouMean(name, Object.keys(functions))}`
    return checker.fail('UNKNOWN_FUNCTION', message, nameAt)
  }
  const target = checker.check(call.target)
  if (target.type.kind !== 'list' && target.type.kind !== 'dynamic') {
    const message = `\`${name}\` is asked of a list, this is ${article(nameOf(target.type))}`
    checker.fail('TYPE_MISMATCH', message, call.target.at)
  }
  // INVARIANT: `isFunction` found it.
  return (functions[name] as (typeof functions)[string])(checker, call, target)
}

function countCall(checker: Checking, call: Call, target: Term): Term {
  needArguments(checker, call, [])
  return checker.countTerm(target, call)
}

function containsCall(checker: Checking, call: Call, list: Term): Term {
  const [value] = needArguments(checker, call, ['a value'])
  const item = checker.check(value as Call)
  const size = list.size + item.size + 1
  const membership = { list, item, itemFirst: false, type: boolType, expression: call, size }
  return containsTerm(checker, membership)
}

function eachTerm(
  checker: Checking,
  call: Call,
  { name, target }: { name: EachName; target: Term },
): Term {
  const expected = ['a name for the item', 'what to ask of it']
  const [item, predicate] = needArguments(checker, call, expected)
  if (item?.kind !== 'name') {
    const message = `the first argument of \`${name}\` is a name for the item`
    return checker.fail('WRONG_ARGUMENTS', message, (item as Call).at)
  }
  const list = checker.as(
    target,
    { kind: 'list', item: dynamicType },
    `what \`${name}\` is asked of`,
  )
  const type: Type = list.type.kind === 'list' ? list.type.item : dynamicType
  const { slot, body } = checker.checkBody(
    { name: item.name, at: item.at, type },
    predicate as Call,
  )
  const size = list.size + body.size + 1
  const result = name === 'filter' ? list.type : boolType
  return { op: 'each', name, list, slot, body, type: result, expression: call, size }
}

function needArguments(checker: Checking, call: Call, expected: readonly string[]) {
  const found = call.arguments.length
  if (found !== expected.length) {
    const what = expected.length === 0 ? 'no argument' : expected.join(' and ')
    const message = `\`${call.name}\` takes ${what}, found ${found} ${found === 1 ? 'argument' : 'arguments'}`
    checker.fail('WRONG_ARGUMENTS', message, call.at)
  }
  return call.arguments
}
