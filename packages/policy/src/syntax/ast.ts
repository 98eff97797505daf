// The syntax tree of an expression, with the position of every part.
import type { Position } from '../error.ts'

export type ComparisonOperator = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'in'

/** A field of a struct that is written out. */
export type FieldExpression = Readonly<{ name: string; nameAt: Position; value: Expression }>

/** An expression as it was written; `at` covers all of it, parentheses around it excluded. */
export type Expression = Readonly<
  { at: Position } & (
    | { kind: 'bool'; value: boolean }
    | { kind: 'int'; value: bigint }
    | { kind: 'string'; value: string }
    | { kind: 'list'; items: readonly Expression[] }
    | { kind: 'struct'; fields: readonly FieldExpression[] }
    | { kind: 'name'; name: string }
    | { kind: 'field'; target: Expression; name: string; nameAt: Position }
    | {
        kind: 'call'
        target: Expression
        name: string
        nameAt: Position
        arguments: readonly Expression[]
      }
    | { kind: 'index'; target: Expression; index: Expression }
    | { kind: 'slice'; target: Expression; from: Expression; to: Expression }
    | { kind: 'not'; operand: Expression }
    | { kind: 'and' | 'or'; operands: readonly Expression[] }
    | { kind: 'compare'; operator: ComparisonOperator; left: Expression; right: Expression }
  )
>

/** An expression of one kind. */
export type Of<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>
