// Searches which one value of a request would turn the outcome of an expression around.
import type { Context } from './context.ts'
import { excerpt, type Position } from './error.ts'
import type { Outcome, Value } from './evaluation/frame.ts'
import { type Comparison, interpret, type Observer, type Seen } from './evaluation/interpret.ts'
import { isInRange, workMax } from './limits.ts'
import { quote } from './syntax/print.ts'
import type { Checked, Term } from './typing/term.ts'

type Relation = '==' | '!=' | '<' | '>' | '<=' | '>=' | 'in' | 'not in' | 'contains' | 'lacks'

/** A value that alone would turn the outcome around if it stood in this relation to the bound. */
export type Change = Readonly<{
  /** What the request calls it, such as `eth.tx.value`. */
  subject: string
  value: Value
  relation: Relation
  bound: Value
  /** Where it was compared. */
  position: Position
  /** All of it in one line. */
  text: string
}>

/** What one evaluation looked at. */
export type Evaluated = Readonly<{
  checked: Checked
  context: Context
  outcome: Outcome
  comparisons: readonly Comparison[]
  bools: readonly { term: Term; seen: Seen }[]
}>

type Candidate = Readonly<{ subject: Seen; relation: Relation; bound: Value; term: Term }>

const candidatesMax = 100
const itemsMax = 16

// SECURITY: each candidate is an evaluation of its own; this bounds all of them together.
const searchMax = 10 * workMax

/** The changes, and what the search for them took. */
export function changesOf(evaluated: Evaluated): { changes: Change[]; searched: number } {
  const { outcome } = evaluated.outcome
  if (outcome !== 'true' && outcome !== 'false') return { changes: [], searched: 0 }
  const wanted = outcome === 'true' ? 'false' : 'true'
  let searched = 0
  const changes = candidatesOf(evaluated)
    .filter((candidate) => valuesFor(candidate).some((value) => turns(candidate, value)))
    .map(changeOf)
  return { changes, searched }

  function turns({ subject }: Candidate, value: Value): boolean {
    if (searched > searchMax) return false
    const { checked, context } = evaluated
    const overrides = new Map([[subject.name, value]])
    const changed = interpret(checked, context, { ...silent, overrides })
    searched += changed.work
    return changed.outcome.outcome === wanted
  }
}

const silent: Omit<Observer, 'overrides'> = { saw: () => undefined, compared: () => undefined }

function candidatesOf({ comparisons, bools }: Evaluated): Candidate[] {
  const found: Candidate[] = []
  const add = (candidate: Candidate) => {
    if (!candidate.subject.isGiven || found.length >= candidatesMax) return
    if (!found.some((one) => isSame(one, candidate))) found.push(candidate)
  }
  for (const comparison of comparisons) for (const candidate of turned(comparison)) add(candidate)
  for (const { term, seen } of bools) {
    add({ subject: seen, relation: '==', bound: seen.value !== true, term })
  }
  return found
}

function isSame(one: Candidate, other: Candidate): boolean {
  const isAlike = one.subject.name === other.subject.name && one.relation === other.relation
  return isAlike && (one.bound === other.bound || one.term === other.term)
}

const opposites = { '==': '!=', '!=': '==', '<': '>=', '>': '<=', '<=': '>', '>=': '<' } as const
const mirrored = { '==': '==', '!=': '!=', '<': '>', '>': '<', '<=': '>=', '>=': '<=' } as const

/** The relations that would turn a comparison around. */
function turned({ term, left, right, result }: Comparison): Candidate[] {
  if (term.op === 'contains') {
    return [
      { term, subject: left, relation: result ? 'not in' : 'in', bound: right.value },
      { term, subject: right, relation: result ? 'lacks' : 'contains', bound: left.value },
    ]
  }
  const relation = result ? opposites[term.operator] : term.operator
  return [
    { term, subject: left, relation, bound: right.value },
    { term, subject: right, relation: mirrored[relation], bound: left.value },
  ]
}

/** Values nearest to the one that is there which stand in the relation. */
function valuesFor({ subject, relation, bound }: Candidate): Value[] {
  switch (relation) {
    case '==':
    case '<=':
    case '>=':
      return [bound]
    case '!=':
      return others([bound])
    case '<':
      return within((bound as bigint) - 1n)
    case '>':
      return within((bound as bigint) + 1n)
    case 'in':
      return (bound as readonly Value[]).slice(0, itemsMax)
    case 'not in':
      return others(bound as readonly Value[])
    case 'contains':
      return [[...(subject.value as readonly unknown[]), bound]]
    case 'lacks':
      return [(subject.value as readonly unknown[]).filter((item) => !isLike(item, bound))]
  }
}

function isLike(item: unknown, other: Value): boolean {
  return typeof item === 'string' && typeof other === 'string'
    ? item.toLowerCase() === other.toLowerCase()
    : item === other
}

function within(value: bigint): Value[] {
  return isInRange(value) ? [value] : []
}

/** A value of the same kind that is none of these. */
function others(values: readonly Value[]): Value[] {
  const [first] = values
  if (typeof first === 'boolean') return [!first]
  if (typeof first === 'bigint') {
    const numbers = values as readonly bigint[]
    const above = numbers.reduce((most, value) => (value > most ? value : most)) + 1n
    const below = numbers.reduce((least, value) => (value < least ? value : least)) - 1n
    return [...within(above), ...within(below)]
  }
  return typeof first === 'string' ? [`${(values as readonly string[]).join('')}?`] : []
}

function changeOf({ subject, relation, bound, term }: Candidate): Change {
  const { name, value } = subject
  const must =
    relation === 'contains' || relation === 'lacks'
      ? `would have to ${relation === 'lacks' ? 'lack' : 'contain'}`
      : `would have to be ${relation}`
  const text = `${name} is ${show(value)} and ${must} ${show(bound)}`
  const position = term.expression.at
  return { subject: name, value: shorten(value), relation, bound: shorten(bound), position, text }
}

const textLengthMax = 1_000

/** The value with its strings cut to 1,000 UTF-16 units, so that explanations do not repeat calldata. */
export function shorten(value: Value): Value {
  if (typeof value === 'string' && value.length > textLengthMax) {
    return `${value.slice(0, textLengthMax)}…`
  }
  return Array.isArray(value) ? (value as readonly Value[]).map(shorten) : value
}

/** A value as an expression would write it, shortened. */
function show(value: unknown): string {
  if (typeof value === 'string') return quote(excerpt(value))
  if (Array.isArray(value)) {
    const more = value.length > itemsMax ? ', …' : ''
    return `[${value.slice(0, itemsMax).map(show).join(', ')}${more}]`
  }
  return typeof value === 'bigint' || typeof value === 'boolean' ? value.toString() : '{ … }'
}
