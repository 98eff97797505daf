// Writes a syntax tree as text.
import type { Expression } from './ast.ts'

/**
 * The expression as text, with the fewest parentheses. Parsing the text gives the same tree, but for
 * positions.
 */
export function print(expression: Expression): string {
  switch (expression.kind) {
    case 'bool':
    case 'int':
      return String(expression.value)
    case 'string':
      return quote(expression.value)
    case 'name':
      return expression.name
    case 'list':
      return `[${expression.items.map(print).join(', ')}]`
    case 'struct':
      return `{ ${expression.fields.map(({ name, value }) => `${name}: ${print(value)}`).join(', ')} }`
    case 'field':
      return `${within(expression.target, 'field')}.${expression.name}`
    case 'call':
      return `${within(expression.target, 'field')}.${expression.name}(${expression.arguments.map(print).join(', ')})`
    case 'index':
      return `${within(expression.target, 'field')}[${print(expression.index)}]`
    case 'slice':
      return `${within(expression.target, 'field')}[${print(expression.from)}..${print(expression.to)}]`
    case 'not':
      return `!${within(expression.operand, 'not')}`
    case 'and':
      return expression.operands.map((operand) => within(operand, 'compare')).join(' && ')
    case 'or':
      return expression.operands.map((operand) => within(operand, 'and')).join(' || ')
    case 'compare': {
      const { left, right, operator } = expression
      return `${within(left, 'not')} ${operator} ${within(right, 'not')}`
    }
  }
}

/** A string as it is written in an expression. */
export function quote(value: string): string {
  return `'${value.replaceAll(/['\\]/g, '\\$&')}'`
}

const tightness: Readonly<Partial<Record<Expression['kind'], number>>> = {
  or: 0,
  and: 1,
  compare: 2,
  not: 3,
}
const tightest = 4

function within(part: Expression, loosest: Expression['kind']): string {
  const isTight = (tightness[part.kind] ?? tightest) >= (tightness[loosest] ?? tightest)
  return isTight ? print(part) : `(${print(part)})`
}
