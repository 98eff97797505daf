// Parses the text of an expression into its syntax tree.
import {
  excerpt,
  type Fail,
  type ParseErrorCode,
  type Position,
  type Verdict,
  verdictOf,
} from '../error.ts'
import { expressionDepthMax, expressionLengthMax } from '../limits.ts'
import type { ComparisonOperator, Expression, FieldExpression } from './ast.ts'
import { type Token, tokenize } from './lexer.ts'

/**
 * Parses an expression. From loose to tight: `||`, `&&`, the comparisons (which do not chain), `!`,
 * then `.field`, `.function(…)`, `[index]` and `[from..to]`. At most 16,384 UTF-16 units, nested at
 * most 64 deep. Never throws.
 */
export function parse(text: string): Verdict<{ expression: Expression }, ParseErrorCode> {
  return verdictOf((fail) => {
    if (text.length > expressionLengthMax) {
      const message = `an expression has at most ${expressionLengthMax} characters`
      fail('TOO_LONG', message, { start: expressionLengthMax, end: text.length })
    }
    return { expression: new Parser(text, fail).parseAll() }
  })
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '>', '<=', '>=', 'in'])
const openers: ReadonlySet<string> = new Set(['.', '['])

/** What other languages write as a word. */
const spelledOut: Readonly<Record<string, string>> = {
  and: '&&',
  or: '||',
  is: '==',
  AND: '&&',
  OR: '||',
  IN: 'in',
}

/** Words that are no names. */
const reservedWords: ReadonlySet<string> = new Set(['true', 'false', 'in'])

class Parser {
  private readonly tokens: readonly Token[]
  private readonly text: string
  private readonly fail: Fail<ParseErrorCode>
  private readonly heights = new Map<Expression, number>()
  private at = 0
  private depth = 0

  constructor(text: string, fail: Fail<ParseErrorCode>) {
    this.text = text
    this.fail = fail
    this.tokens = tokenize(text, fail)
  }

  parseAll(): Expression {
    const expression = this.parseOr()
    if (this.next.kind !== 'end') this.unexpected('an operator or the end')
    return expression
  }

  private get next(): Token {
    // INVARIANT: the last token is the end, and nothing takes it.
    return this.tokens[this.at] as Token
  }

  private parseOr(): Expression {
    return this.parseChain('or', '||', () =>
      this.parseChain('and', '&&', () => this.parseComparison()),
    )
  }

  private parseChain(kind: 'and' | 'or', symbol: string, parse: () => Expression): Expression {
    const operands = [parse()]
    while (this.take(symbol)) operands.push(parse())
    const [first, last] = [operands[0] as Expression, operands.at(-1) as Expression]
    if (operands.length === 1) return first
    return this.built({ kind, operands, at: across(first, last) }, ...operands)
  }

  private parseComparison(): Expression {
    const left = this.parseNot()
    const operator = this.takeComparison()
    if (operator === undefined) return left
    const right = this.parseNot()
    const again = this.takeComparison()
    if (again !== undefined) {
      const message = `comparisons do not chain: put one of them in parentheses before \`${again}\``
      this.fail('UNEXPECTED_TOKEN', message, (this.tokens[this.at - 1] as Token).at)
    }
    const node = { kind: 'compare', operator, left, right, at: across(left, right) } as const
    return this.built(node, left, right)
  }

  private takeComparison(): ComparisonOperator | undefined {
    const { next } = this
    const isWritten = next.kind === 'symbol' || next.kind === 'name'
    if (!isWritten || !comparisons.has(next.text)) return undefined
    this.at++
    return next.text as ComparisonOperator
  }

  private parseNot(): Expression {
    const { start } = this.next.at
    if (!this.take('!')) return this.parsePostfix()
    const operand = this.nested(() => this.parseNot())
    return this.built({ kind: 'not', operand, at: { start, end: operand.at.end } }, operand)
  }

  private parsePostfix(): Expression {
    let target = this.parsePrimary()
    while (this.next.kind === 'symbol' && openers.has(this.next.text)) {
      target = this.take('.') ? this.parseMember(target) : this.parseAccess(target)
    }
    return target
  }

  private parseMember(target: Expression): Expression {
    const { text: name, at: nameAt } = this.takeName('the name of a field or function')
    const { start } = target.at
    if (!this.take('(')) {
      return this.built({ kind: 'field', target, name, nameAt, at: this.from(start) }, target)
    }
    const list = this.parseList(')')
    const at = this.from(start)
    return this.built({ kind: 'call', target, name, nameAt, arguments: list, at }, target, ...list)
  }

  private parseAccess(target: Expression): Expression {
    this.take('[')
    const { start } = target.at
    const from = this.nested(() => this.parseOr())
    if (!this.take('..')) {
      this.need(']', '`]` or `..`')
      const node = { kind: 'index', target, index: from, at: this.from(start) } as const
      return this.built(node, target, from)
    }
    const to = this.nested(() => this.parseOr())
    this.need(']', '`]`')
    const node = { kind: 'slice', target, from, to, at: this.from(start) } as const
    return this.built(node, target, from, to)
  }

  private parsePrimary(): Expression {
    const token = this.next
    switch (token.kind) {
      case 'int':
        this.at++
        return this.built({ kind: 'int', value: token.value, at: token.at })
      case 'string':
        this.at++
        return this.built({ kind: 'string', value: token.value, at: token.at })
      case 'name':
        return this.parseWord(token.text, token.at)
      case 'symbol':
        return this.parseBracketed(token.at.start)
      case 'end':
        return this.unexpected('a value')
    }
  }

  private parseWord(text: string, at: Position): Expression {
    if (text === 'in') this.unexpected('a value')
    this.at++
    if (text === 'true' || text === 'false') {
      return this.built({ kind: 'bool', value: text === 'true', at })
    }
    return this.built({ kind: 'name', name: text, at })
  }

  private parseBracketed(start: number): Expression {
    if (this.take('(')) {
      const inner = this.nested(() => this.parseOr())
      this.need(')', 'an operator or `)`')
      return inner
    }
    if (this.take('[')) {
      const items = this.parseList(']')
      return this.built({ kind: 'list', items, at: this.from(start) }, ...items)
    }
    if (this.take('{')) {
      const fields = this.parseFields()
      const values = fields.map(({ value }) => value)
      return this.built({ kind: 'struct', fields, at: this.from(start) }, ...values)
    }
    return this.unexpected('a value')
  }

  private parseList(close: ')' | ']'): Expression[] {
    const items: Expression[] = []
    if (this.take(close)) return items
    do items.push(this.nested(() => this.parseOr()))
    while (this.take(','))
    this.need(close, `\`,\` or \`${close}\``)
    return items
  }

  private parseFields(): FieldExpression[] {
    const fields: FieldExpression[] = []
    do {
      const { text: name, at: nameAt } = this.takeName('the name of a field')
      this.need(':', '`:`')
      fields.push({ name, nameAt, value: this.nested(() => this.parseOr()) })
    } while (this.take(','))
    this.need('}', '`,` or `}`')
    return fields
  }

  private take(symbol: string): boolean {
    const { next } = this
    if (next.kind !== 'symbol' || next.text !== symbol) return false
    this.at++
    return true
  }

  private need(symbol: string, expected: string): void {
    if (!this.take(symbol)) this.unexpected(expected)
  }

  private takeName(expected: string): Readonly<{ text: string; at: Position }> {
    const { next } = this
    if (next.kind !== 'name' || reservedWords.has(next.text)) return this.unexpected(expected)
    this.at++
    return next
  }

  private unexpected(expected: string): never {
    const { kind, at } = this.next
    const word = this.text.slice(at.start, at.end)
    const found = kind === 'end' ? 'the end' : `\`${excerpt(word)}\``
    const symbol = Object.hasOwn(spelledOut, word) ? spelledOut[word] : undefined
    const hint = symbol === undefined ? '' : `; "${word}" is written \`${symbol}\``
    return this.fail('UNEXPECTED_TOKEN', `expected ${expected}, found ${found}${hint}`, at)
  }

  private from(start: number): Position {
    return { start, end: this.tokens[this.at - 1]?.at.end ?? start }
  }

  // SECURITY: bounds the recursion of this parser and, with `built`, of all that walks the tree.
  private nested(parse: () => Expression): Expression {
    if (++this.depth > expressionDepthMax) this.tooDeep(this.next.at)
    const expression = parse()
    this.depth--
    return expression
  }

  private built<T extends Expression>(node: T, ...parts: readonly Expression[]): T {
    let height = 0
    for (const part of parts) height = Math.max(height, this.heights.get(part) ?? 0)
    if (height >= expressionDepthMax) this.tooDeep(node.at)
    this.heights.set(node, height + 1)
    return node
  }

  private tooDeep(at: Position): never {
    return this.fail('TOO_DEEP', `expressions nest at most ${expressionDepthMax} deep`, at)
  }
}

function across(first: Expression, last: Expression): Position {
  return { start: first.at.start, end: last.at.end }
}
