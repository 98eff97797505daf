// The type checker: from a syntax tree to terms, or the first error.
import {
  type CheckErrorCode,
  didYouMean,
  excerpt,
  type Fail,
  type Verdict,
  verdictOf,
} from '../error.ts'
import { expressionDepthMax, isInRange } from '../limits.ts'
import type { Expression, Of } from '../syntax/ast.ts'
import { callTerm, isFunction } from './call.ts'
import type { Checking, Item } from './checking.ts'
import { compareTerm } from './compare.ts'
import { type Keyword, keywords, namespaces, type PolicyPart } from './schema.ts'
import type { Checked, Term } from './term.ts'
import {
  article,
  boolType,
  dynamicType,
  intType,
  join,
  nameOf,
  type StructType,
  textType,
  type Type,
} from './type.ts'

/** Gives an expression its types; the whole must be a bool. Never throws. */
export function check(
  expression: Expression,
  part: PolicyPart,
): Verdict<{ checked: Checked }, CheckErrorCode> {
  return verdictOf((fail) => {
    const checker = new Checker(part, fail)
    const term = checker.check(expression)
    if (term.type.kind !== 'bool' && term.type.kind !== 'dynamic') {
      fail('NOT_BOOL', `a ${part} is a bool, this is a ${nameOf(term.type)}`, expression.at)
    }
    return { checked: { part, expression, term: checker.as(term, boolType, `a ${part}`) } }
  })
}

/** What an item of a list is called in a function, and where it lies. */
type Variable = Readonly<{ name: string; slot: number; type: Type }>

class Checker implements Checking {
  readonly fail: Fail<CheckErrorCode>
  private readonly part: PolicyPart
  private readonly variables: Variable[] = []
  private depth = 0

  constructor(part: PolicyPart, fail: Fail<CheckErrorCode>) {
    this.part = part
    this.fail = fail
  }

  check(expression: Expression): Term {
    // SECURITY: a tree that did not come from the parser is bounded here.
    if (++this.depth > expressionDepthMax) {
      this.fail('TOO_DEEP', `expressions nest at most ${expressionDepthMax} deep`, expression.at)
    }
    const term = this.termOf(expression)
    this.depth--
    return term
  }

  checkBody(item: Item, body: Expression) {
    const { name, at } = item
    const isTaken = this.variables.some((variable) => variable.name === name)
    if (isTaken || namespaces.has(name) || name in keywords) {
      this.fail('NAME_TAKEN', `\`${excerpt(name)}\` has a meaning already`, at)
    }
    const slot = this.variables.length
    this.variables.push({ name, slot, type: item.type })
    const term = this.as(this.check(body), boolType, 'the second argument')
    this.variables.pop()
    return { slot, body: term }
  }

  as(term: Term, type: Type, what: string): Term {
    if (term.type.kind === 'dynamic') {
      const { expression, size } = term
      return { op: 'as', operand: term, type, expression, size: size + 1 }
    }
    if (term.type.kind !== type.kind) {
      const message = `${what} is ${article(type.kind)}, this is ${article(nameOf(term.type))}`
      this.fail('TYPE_MISMATCH', message, term.expression.at)
    }
    return term
  }

  private termOf(expression: Expression): Term {
    switch (expression.kind) {
      case 'bool':
        return leaf({ op: 'literal', value: expression.value, type: boolType, expression })
      case 'int':
        return this.checkInteger(expression)
      case 'string':
        return leaf({ op: 'literal', value: expression.value, type: textType, expression })
      case 'list':
        return this.checkList(expression)
      case 'struct':
        return this.checkStruct(expression)
      case 'name':
        return this.checkName(expression)
      case 'field':
        return this.checkField(expression)
      case 'call':
        return callTerm(this, expression)
      case 'index':
        return this.checkIndex(expression)
      case 'slice':
        return this.checkSlice(expression)
      case 'not': {
        const operand = this.as(this.check(expression.operand), boolType, 'the operand of `!`')
        return { op: 'not', operand, type: boolType, expression, size: operand.size + 1 }
      }
      case 'and':
      case 'or':
        return this.checkLogic(expression)
      case 'compare':
        return compareTerm(this, expression)
    }
  }

  private checkInteger(expression: Of<'int'>): Term {
    const { value, at } = expression
    if (!isInRange(value)) this.fail('INTEGER_OUT_OF_RANGE', 'it does not fit 128 bits', at)
    return leaf({ op: 'literal', value, type: intType, expression })
  }

  private checkLogic(expression: Of<'and' | 'or'>): Term {
    const what = `an operand of \`${expression.kind === 'and' ? '&&' : '||'}\``
    const operands = expression.operands.map((part) => this.as(this.check(part), boolType, what))
    return { op: expression.kind, operands, type: boolType, expression, size: sizeOf(operands) }
  }

  private checkList(expression: Of<'list'>): Term {
    const items = expression.items.map((item) => this.check(item))
    const [first, ...others] = items
    if (first === undefined) {
      return this.fail('EMPTY_LIST', 'an empty list has no type', expression.at)
    }
    let { type } = first
    for (const { type: other, expression: part } of others) {
      const joined = join(type, other)
      if (joined === undefined) {
        const message = `the items of a list have one type: ${nameOf(type)} before, ${nameOf(other)} here`
        this.fail('TYPE_MISMATCH', message, part.at)
      } else type = joined
    }
    return {
      op: 'list',
      items,
      type: { kind: 'list', item: type },
      expression,
      size: sizeOf(items),
    }
  }

  private checkStruct(expression: Of<'struct'>): Term {
    const fields = Object.create(null) as Record<string, Type>
    const values = expression.fields.map(({ name, nameAt, value }) => {
      if (name in fields) this.fail('NAME_TAKEN', `\`${excerpt(name)}\` is there twice`, nameAt)
      const term = this.check(value)
      fields[name] = term.type
      return term
    })
    const names = expression.fields.map(({ name }) => name)
    const type: StructType = { kind: 'struct', name: null, fields }
    return { op: 'struct', names, values, type, expression, size: sizeOf(values) }
  }

  private checkName(expression: Of<'name'>): Term {
    const { name, at } = expression
    const variable = this.variables.find((one) => one.name === name)
    if (variable) {
      const { slot, type } = variable
      return leaf({ op: 'variable', slot, type, expression })
    }
    if (namespaces.has(name)) {
      const members = Object.keys(keywords).filter((keyword) => keyword.startsWith(`${name}.`))
      const message = `\`${name}\` is no value by itself; it has ${listed(members)}`
      return this.fail('UNKNOWN_KEYWORD', message, at)
    }
    return this.checkKeyword(expression, name)
  }

  private checkKeyword(expression: Expression, name: string): Term {
    if (!Object.hasOwn(keywords, name)) {
      const known = [...Object.keys(keywords), ...this.variables.map((variable) => variable.name)]
      const message = `there is no keyword \`${excerpt(name)}\`${didYouMean(name, known)}`
      return this.fail('UNKNOWN_KEYWORD', message, expression.at)
    }
    const keyword = name as Keyword
    const { part, type } = keywords[keyword]
    if (part !== this.part) {
      const message = `\`${keyword}\` is a keyword of a ${part}, this is a ${this.part}`
      this.fail('WRONG_KEYWORD', message, expression.at)
    }
    return leaf({ op: 'keyword', keyword, type, expression })
  }

  private checkField(expression: Of<'field'>): Term {
    const { target: before, name, nameAt } = expression
    if (before.kind === 'name' && namespaces.has(before.name)) {
      return this.checkKeyword(expression, `${before.name}.${name}`)
    }
    const target = this.check(before)
    // The documents write `.count` with and without parentheses.
    if (name === 'count' && target.type.kind !== 'struct') return this.countTerm(target, expression)
    if (target.type.kind === 'dynamic') {
      return { op: 'member', target, name, type: dynamicType, expression, size: target.size + 1 }
    }
    if (target.type.kind !== 'struct') {
      const hint = isFunction(name) ? `; \`${name}\` is a function: \`.${name}(…)\`` : ''
      const message = `${article(nameOf(target.type))} has no field \`${excerpt(name)}\`${hint}`
      return this.fail('UNKNOWN_FIELD', message, nameAt)
    }
    const { fields } = target.type
    const type = fields[name]
    if (type === undefined) {
      const hint = didYouMean(name, Object.keys(fields))
      const message = `${nameOf(target.type)} has no field \`${excerpt(name)}\`${hint}`
      return this.fail('UNKNOWN_FIELD', message, nameAt)
    }
    return { op: 'member', target, name, type, expression, size: target.size + 1 }
  }

  countTerm(target: Term, expression: Expression): Term {
    const list = this.as(target, listOfAnything, '`count` counts a list: what it is asked of')
    return { op: 'count', list, type: intType, expression, size: list.size + 1 }
  }

  private checkIndex(expression: Of<'index'>): Term {
    const target = this.check(expression.target)
    const index = this.check(expression.index)
    const common = { expression, size: target.size + index.size + 1 }
    if (target.type.kind === 'dynamic' && index.type.kind === 'string') {
      return { op: 'key', target, key: index, type: dynamicType, ...common }
    }
    const type = this.itemType(target)
    return { op: 'index', target, index: this.as(index, intType, 'an index'), type, ...common }
  }

  private itemType(target: Term): Type {
    switch (target.type.kind) {
      case 'list':
        return target.type.item
      case 'string':
        return textType
      case 'dynamic':
        return dynamicType
      case 'bool':
      case 'int':
      case 'struct': {
        const message = `only lists and strings have \`[…]\`, this is ${article(nameOf(target.type))}`
        return this.fail('TYPE_MISMATCH', message, target.expression.at)
      }
    }
  }

  private checkSlice(expression: Of<'slice'>): Term {
    const target = this.check(expression.target)
    const item = this.itemType(target)
    const from = this.as(this.check(expression.from), intType, 'the start of a slice')
    const to = this.as(this.check(expression.to), intType, 'the end of a slice')
    const type = target.type.kind === 'string' ? item : target.type
    const size = sizeOf([target, from, to])
    return { op: 'slice', target, from, to, type, expression, size }
  }
}

const listOfAnything: Type = { kind: 'list', item: dynamicType }

type Unsized<T> = T extends unknown ? Omit<T, 'size'> : never

function leaf(term: Unsized<Term>): Term {
  return { ...term, size: 1 } as Term
}

function sizeOf(parts: readonly Term[]): number {
  return parts.reduce((sum, { size }) => sum + size, 1)
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' and ')
}
