// A checked expression: what an evaluation needs to know of each part.
import type { Expression } from '../syntax/ast.ts'
import type { Keyword, PolicyPart } from './schema.ts'
import type { Type } from './type.ts'

export type EachName = 'all' | 'any' | 'filter'

/** `size` counts the terms in it; `type` is that of its value. */
type Common = Readonly<{ expression: Expression; type: Type; size: number }>

export type Term = Common &
  Readonly<
    | { op: 'literal'; value: boolean | bigint | string }
    | { op: 'keyword'; keyword: Keyword }
    | { op: 'variable'; slot: number }
    | { op: 'member'; target: Term; name: string }
    /** A field of a dynamic value, by a name that is computed. */
    | { op: 'key'; target: Term; key: Term }
    | { op: 'index'; target: Term; index: Term }
    | { op: 'slice'; target: Term; from: Term; to: Term }
    | { op: 'list'; items: readonly Term[] }
    | { op: 'struct'; names: readonly string[]; values: readonly Term[] }
    | { op: 'not'; operand: Term }
    | { op: 'and' | 'or'; operands: readonly Term[] }
    | {
        op: 'compare'
        operator: '==' | '!=' | '<' | '>' | '<=' | '>='
        left: Term
        right: Term
        comparing: Comparing
      }
    /** `item in list` or `list.contains(item)`: the one written first is evaluated first. */
    | { op: 'contains'; list: Term; item: Term; itemFirst: boolean; comparing: Comparing }
    | { op: 'count'; list: Term }
    | { op: 'each'; name: EachName; list: Term; slot: number; body: Term }
    /** A dynamic value that must turn out to be of the type. */
    | { op: 'as'; operand: Term }
  >

/**
 * How two values are compared: `address` when one of them is an address, so that the letters of EVM
 * addresses have no case; `dynamic` when the type of one is known only then.
 */
export type Comparing = 'exact' | 'address' | 'dynamic'

/** An expression that has a type, and may be evaluated. */
export type Checked = Readonly<{
  part: PolicyPart
  expression: Expression
  term: Term
}>
