// Splits the text of an expression into tokens.
import { excerpt, type Fail, type ParseErrorCode, type Position } from '../error.ts'
import { isInRange } from '../limits.ts'

export type Token = Readonly<
  { at: Position } & (
    | { kind: 'int'; value: bigint }
    | { kind: 'string'; value: string }
    | { kind: 'name'; text: string }
    | { kind: 'symbol'; text: string }
    | { kind: 'end' }
  )
>

const space = /[ \t\r\n]*/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const number = /-?[0-9][0-9A-Za-z_]*(\.[0-9]+)?/y
// Longer ones first.
const symbol = /&&|\|\||==|!=|<=|>=|\.\.|[!<>[\](){}.,:]/y

/** More digits than the largest integer has. */
const digitsMax = 39

const advice: Readonly<Record<string, string>> = {
  '"': 'strings are written in single quotes',
  '=': 'equality is written `==`',
  '&': '"and" is written `&&`',
  '|': '"or" is written `||`',
  '-': 'there is no arithmetic; a `-` stands only before the digits of an integer',
  '+': 'there is no arithmetic',
}

/** The tokens of `text`, the last being the end. */
export function tokenize(text: string, fail: Fail<ParseErrorCode>): Token[] {
  const tokens: Token[] = []
  let offset = skip(text, 0)
  while (offset < text.length) {
    const token = readToken(text, offset, fail)
    tokens.push(token)
    offset = skip(text, token.at.end)
  }
  return [...tokens, { kind: 'end', at: { start: text.length, end: text.length } }]
}

function skip(text: string, offset: number): number {
  return offset + (match(space, text, offset)?.length ?? 0)
}

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset
  return pattern.exec(text)?.[0]
}

function readToken(text: string, start: number, fail: Fail<ParseErrorCode>): Token {
  if (text[start] === "'") return readString(text, start, fail)
  const name = match(word, text, start)
  if (name !== undefined) return { kind: 'name', text: name, at: span(start, name) }
  const digits = match(number, text, start)
  if (digits !== undefined) return readInteger(digits, span(start, digits), fail)
  const mark = match(symbol, text, start)
  if (mark !== undefined) return { kind: 'symbol', text: mark, at: span(start, mark) }
  const found = String.fromCodePoint(text.codePointAt(start) ?? 0)
  const hint = advice[found]
  const shown = /[\p{L}\p{N}\p{P}\p{S}]/u.test(found)
    ? `\`${found}\``
    : `U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const message = `unexpected character ${shown}${hint === undefined ? '' : `; ${hint}`}`
  return fail('UNEXPECTED_CHARACTER', message, span(start, found))
}

function span(start: number, text: string): Position {
  return { start, end: start + text.length }
}

function readInteger(digits: string, at: Position, fail: Fail<ParseErrorCode>): Token {
  const bad = (hint: string) =>
    fail('BAD_NUMBER', `\`${excerpt(digits)}\` is no integer${hint}`, at)
  if (/^-?0x/i.test(digits)) return bad('; write it in decimal, or an address in single quotes')
  if (digits.includes('.')) return bad('; there are no decimal fractions')
  if (!/^-?[0-9]+$/.test(digits)) return bad('; an integer has digits only')
  if (/^-?0[0-9]/.test(digits)) return bad('; write it without leading zeros')
  const value = digits.length > digitsMax + 1 ? undefined : BigInt(digits)
  if (value === undefined || !isInRange(value)) {
    return fail('INTEGER_OUT_OF_RANGE', `\`${excerpt(digits)}\` does not fit 128 bits`, at)
  }
  return { kind: 'int', value, at }
}

function readString(text: string, start: number, fail: Fail<ParseErrorCode>): Token {
  let value = ''
  for (let offset = start + 1; offset < text.length; offset++) {
    const character = text[offset] ?? ''
    if (character === "'") return { kind: 'string', value, at: { start, end: offset + 1 } }
    if (character === '\\') {
      offset++
      const escaped = text[offset] ?? ''
      if (escaped !== "'" && escaped !== '\\') {
        const message = "only `\\'` and `\\\\` are escapes; a backslash is written `\\\\`"
        return fail('BAD_ESCAPE', message, { start: offset - 1, end: offset })
      }
      value += escaped
    } else value += character
  }
  return fail('UNTERMINATED_STRING', 'this string has no closing single quote', {
    start,
    end: text.length,
  })
}
