// What the parts of the type checker ask of each other.
import type { CheckErrorCode, Fail, Position } from '../error.ts'
import type { Expression } from '../syntax/ast.ts'
import type { Term } from './term.ts'
import type { Type } from './type.ts'

/** What a function calls an item of its list. */
export type Item = Readonly<{ name: string; at: Position; type: Type }>

export interface Checking {
  fail: Fail<CheckErrorCode>

  check(expression: Expression): Term

  /** The term, which must be of the type; a dynamic one is checked when it is evaluated. */
  as(term: Term, type: Type, what: string): Term

  /** Checks `body` with a name for the item, which must be a new one. */
  checkBody(item: Item, body: Expression): { slot: number; body: Term }

  /** How many items the target has. */
  countTerm(target: Term, expression: Expression): Term
}
