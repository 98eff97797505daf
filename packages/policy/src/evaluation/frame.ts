// One evaluation: its variables, its work so far, and what stopped it.
import type { Context } from '../context.ts'
import type { EvaluationErrorCode, PolicyError, Position } from '../error.ts'
import { workMax } from '../limits.ts'
import type { Keyword } from '../typing/schema.ts'
import type { Term } from '../typing/term.ts'

/** A value of the language; lists and structs are as the context gave them. */
export type Value =
  | boolean
  | bigint
  | string
  | readonly unknown[]
  | Readonly<Record<string, unknown>>

/** Why an evaluation has no value. */
export type Stop =
  | Readonly<{ outcome: 'notApplicable'; keyword: Keyword; position: Position }>
  | Readonly<{ outcome: 'error'; error: PolicyError<EvaluationErrorCode> }>

/** What became of an expression. */
export type Outcome = Readonly<{ outcome: 'true' }> | Readonly<{ outcome: 'false' }> | Stop

export class Frame {
  readonly context: Context
  readonly slots: unknown[] = []
  stop: Stop | undefined = undefined
  work = 0

  constructor(context: Context) {
    this.context = context
  }

  /** Ends the evaluation. @returns undefined, which stands for no value everywhere here */
  fail(term: Term, code: EvaluationErrorCode, message: string): undefined {
    this.stop = { outcome: 'error', error: { code, message, position: term.expression.at } }
    return undefined
  }

  /** Ends the evaluation as not applicable. */
  skip(term: Term, keyword: Keyword): undefined {
    this.stop = { outcome: 'notApplicable', keyword, position: term.expression.at }
    return undefined
  }

  /** Counts work. @returns false when that was too much, and the evaluation has ended */
  spend(term: Term, amount: number): boolean {
    this.work += amount
    if (this.work <= workMax) return true
    this.fail(term, 'TOO_MUCH_WORK', `this takes more than ${workMax} steps`)
    return false
  }

  /** The outcome when the whole expression has this value. */
  outcome(value: unknown): Outcome {
    if (this.stop !== undefined) return this.stop
    return value === true ? isTrue : isFalse
  }
}

const isTrue = { outcome: 'true' } as const
const isFalse = { outcome: 'false' } as const
