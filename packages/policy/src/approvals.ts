// Searches whose approvals a consensus still needs.
import type { User } from './context.ts'
import type { Policy, Request } from './decide.ts'
import { compile } from './evaluation/compile.ts'
import { Frame } from './evaluation/frame.ts'
import { workMax } from './limits.ts'
import { partsOf } from './typing/parts.ts'
import type { Checked, Term } from './typing/term.ts'

/** Sets of user ids, each of which would make the consensus true. */
export type MissingApprovals = Readonly<{
  sets: readonly (readonly string[])[]
  /** Whether these are all of the smallest sets; else they are some that suffice. */
  isComplete: boolean
  /** What the search took, in units of work of evaluations. */
  work: number
}>

const setsMax = 100

// SECURITY: each set is an evaluation of its own; this bounds the work of them together. Leaving
// out users afterwards takes one evaluation for each.
const searchMax = 10 * workMax

/**
 * Whose approvals, besides those that are there, would make the policy's consensus true: every
 * single user who suffices; if there is none, every two; if there are none, all users less those
 * who can be left out, tried one by one.
 *
 * Meant for a consensus that is not true yet.
 *
 * @returns null when not even every user's approval would
 */
export function missingApprovals(
  { consensus }: Policy,
  { approvers, users }: Pick<Request, 'approvers' | 'users'>,
): MissingApprovals | null {
  let searched = 0
  const suffice = (more: readonly User[]): boolean => {
    if (consensus === null) return true
    const frame = new Frame({ approvers: [...approvers, ...more] })
    const isTrue = consensus.run(frame) === true
    searched += frame.work + consensus.checked.term.size
    return isTrue
  }
  const present = new Set(approvers.map(({ id }) => id))
  const others = users.filter(({ id }) => !present.has(id))
  if (!suffice(others)) return null
  const smallest = smallestSets(others, suffice, () => searched <= searchMax)
  if (smallest !== null) return { ...smallest, work: searched }
  let needed = others
  for (const user of others) {
    const fewer = needed.filter((one) => one !== user)
    if (suffice(fewer)) needed = fewer
  }
  return { sets: [idsOf(needed)], isComplete: false, work: searched }
}

type Suffice = (users: readonly User[]) => boolean

/** All sets of one, else of two; null when there are none, or it takes too long. */
function smallestSets(
  users: readonly User[],
  suffice: Suffice,
  goesOn: () => boolean,
): Omit<MissingApprovals, 'work'> | null {
  const singles = users.map((user) => [user])
  const pairs = users.flatMap((one, at) => users.slice(at + 1).map((other) => [one, other]))
  for (const candidates of [singles, pairs]) {
    const sets: (readonly string[])[] = []
    for (const candidate of candidates) {
      if (!goesOn() || sets.length === setsMax) break
      if (suffice(candidate)) sets.push(idsOf(candidate))
    }
    if (sets.length > 0) return { sets, isComplete: goesOn() && sets.length < setsMax }
  }
  return null
}

const idsOf = (users: readonly User[]) => users.map(({ id }) => id)

/**
 * Whether the policy's consensus asks for this user's approval: one of its functions over
 * `approvers` picks the user, or it looks at all approvers, whoever they are.
 */
export function couldCount({ consensus }: Policy, user: User): boolean {
  if (consensus === null) return false
  const parts = partsOf(consensus.checked.term)
  const picking = new Set<Term>()
  for (const part of parts) {
    if (part.op === 'each' && part.list.op === 'keyword') {
      picking.add(part.list)
      if (picks(part, consensus.checked, user)) return true
    }
  }
  return parts.some((part) => part.op === 'keyword' && !picking.has(part))
}

type Each = Extract<Term, { op: 'each' }>

/** Whether the predicate is true of the user, or depends on another approver. */
function picks(each: Each, { part, expression }: Checked, user: User): boolean {
  const inside = partsOf(each)
  const bound = new Set(inside.flatMap((term) => (term.op === 'each' ? [term.slot] : [])))
  const isOpen = (term: Term) =>
    term.op === 'keyword' ? term !== each.list : term.op === 'variable' && !bound.has(term.slot)
  if (inside.some(isOpen)) return true
  const { run } = compile({ part, expression, term: { ...each, name: 'any' } })
  return run(new Frame({ approvers: [user] })) === true
}
