// An explanation as JSON: for the commands, and for the answers of a server.
import type { Change } from './changes.ts'
import type { PolicyError } from './error.ts'
import type { Explanation, Step } from './explain.ts'

/** Integers are decimal text, because not every reader keeps a JSON number of a wei amount exact. */
export type ExplanationJson = Readonly<{
  /** False: it ended without a value. */
  ok: boolean
  value?: boolean
  /** Also `NOT_APPLICABLE`: it reached a keyword that the request does not have. */
  error?: PolicyError
  steps: readonly Step[]
  isComplete: boolean
  changes: readonly Change[]
}>

export function explanationToJson(explanation: Explanation): ExplanationJson {
  const { outcome, steps, isComplete, changes } = explanation
  const error = errorOf(outcome)
  const ended = error ? { ok: false, error } : { ok: true, value: outcome.outcome === 'true' }
  return { ...ended, ...withDecimalText({ steps, isComplete, changes }) }
}

function errorOf(outcome: Explanation['outcome']): PolicyError | undefined {
  if (outcome.outcome === 'error') return outcome.error
  if (outcome.outcome !== 'notApplicable') return undefined
  const message = `not applicable: the context has no \`${outcome.keyword}\``
  return { code: 'NOT_APPLICABLE', message, position: outcome.position }
}

function withDecimalText<T>(value: T): T {
  const text = JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  )
  return JSON.parse(text) as T
}
