// What is wrong with an expression, and where; and how the parser and the checker stop at it.

/** Part of an expression's text: UTF-16 offsets from 0, the end exclusive. */
export type Position = Readonly<{ start: number; end: number }>

/** What `parse` refuses. */
export type ParseErrorCode =
  | 'BAD_ESCAPE'
  | 'BAD_NUMBER'
  | 'INTEGER_OUT_OF_RANGE'
  | 'TOO_DEEP'
  | 'TOO_LONG'
  | 'UNEXPECTED_CHARACTER'
  | 'UNEXPECTED_TOKEN'
  | 'UNTERMINATED_STRING'

/** What `check` refuses. */
export type CheckErrorCode =
  | 'EMPTY_LIST'
  | 'INTEGER_OUT_OF_RANGE'
  | 'NAME_TAKEN'
  | 'NOT_BOOL'
  | 'TOO_DEEP'
  | 'TYPE_MISMATCH'
  | 'UNKNOWN_FIELD'
  | 'UNKNOWN_FUNCTION'
  | 'UNKNOWN_KEYWORD'
  | 'UNKNOWN_VALUE'
  | 'WRONG_ARGUMENTS'
  | 'WRONG_KEYWORD'

/** What ends an evaluation. */
export type EvaluationErrorCode =
  | 'FIELD_ABSENT'
  | 'INDEX_OUT_OF_BOUNDS'
  | 'INTEGER_OUT_OF_RANGE'
  | 'TOO_MUCH_WORK'
  | 'TYPE_MISMATCH'

/** `message` is lowercase, one line, with what was written in backticks. */
export type PolicyError<Code extends string = string> = Readonly<{
  code: Code
  message: string
  position: Position
}>

/** A value, or the first error. */
export type Verdict<T extends object, Code extends string> =
  | (Readonly<{ ok: true }> & Readonly<T>)
  | Readonly<{ ok: false; error: PolicyError<Code> }>

class Refusal extends Error {
  readonly error: PolicyError

  constructor(error: PolicyError) {
    super(error.message)
    this.error = error
  }
}

/** Ends the work around it: {@link verdictOf} gives the error to the caller. */
export type Fail<Code extends string> = (code: Code, message: string, position: Position) => never

/** Runs `work`; what it refuses through `fail` becomes the verdict. */
export function verdictOf<T extends object, Code extends string>(
  work: (fail: Fail<Code>) => T,
): Verdict<T, Code> {
  try {
    return { ok: true, ...work(refuse) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ok: false, error: error.error as PolicyError<Code> }
  }
}

function refuse(code: string, message: string, position: Position): never {
  throw new Refusal({ code, message, position })
}

const wordLengthMax = 64

/** At most 64 characters of what was written, on one line. */
export function excerpt(text: string): string {
  const shown = text.length > wordLengthMax ? `${text.slice(0, wordLengthMax)}…` : text
  return shown.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '�')
}

/** `; did you mean \`x\`?` when one of the names is close to the word, else nothing. */
export function didYouMean(word: string, names: Iterable<string>): string {
  if (word.length > wordLengthMax) return ''
  let best: string | undefined
  let least = Math.min(3, Math.ceil(word.length / 2)) + 1
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase())
    if (distance < least) [best, least] = [name, distance]
  }
  return best === undefined ? '' : `; did you mean \`${best}\`?`
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const [i, a] of from.split('').entries()) {
    const next = [i + 1]
    for (const [j, b] of to.split('').entries()) {
      const replaced = (row[j] ?? 0) + (a === b ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
