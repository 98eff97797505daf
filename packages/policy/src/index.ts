// The policy language: parse, check, evaluate, explain and decide. Pure, and never throws.
export { couldCount, missingApprovals, type MissingApprovals } from './approvals.ts'
export {
  type Activity,
  type BitcoinTransaction,
  type Context,
  type EthereumTransaction,
  lazy,
  type Lazy,
  type PrivateKey,
  type SolanaTransaction,
  type TronTransaction,
  type TypedData,
  type User,
  type Wallet,
  type WalletAccount,
} from './context.ts'
export { contextFromJson, type ReadContext } from './contextJson.ts'
export { type Change } from './changes.ts'
export {
  decide,
  type Decision,
  type PartError,
  type Policy,
  type PolicyEvaluation,
  type PolicySource,
  preparePolicy,
  type Request,
} from './decide.ts'
export type {
  CheckErrorCode,
  EvaluationErrorCode,
  ParseErrorCode,
  PolicyError,
  Position,
  Verdict,
} from './error.ts'
export { compile, type Compiled, evaluate } from './evaluation/compile.ts'
export type { Outcome, Value } from './evaluation/frame.ts'
export { explain, type Explanation, type Step, type StepValue } from './explain.ts'
export { type ExplanationJson, explanationToJson } from './explanationJson.ts'
export { type Selector, type Upgraded, upgradeSelectors } from './selectors.ts'
export type { ComparisonOperator, Expression, FieldExpression } from './syntax/ast.ts'
export { parse } from './syntax/parser.ts'
export { print } from './syntax/print.ts'
export { activityTypes } from './typing/activityTypes.ts'
export { check } from './typing/check.ts'
export { keywordsOf } from './typing/parts.ts'
export type { Keyword, PolicyPart } from './typing/schema.ts'
export type { Checked } from './typing/term.ts'
