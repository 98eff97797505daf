// Expressions for the selectors that the first versions of policies were made of.
import { parse } from './syntax/parser.ts'
import { quote } from './syntax/print.ts'
import { check } from './typing/check.ts'
import type { PolicyPart } from './typing/schema.ts'

/** One selector; the first version had one target. */
export type Selector = Readonly<{
  subject: string
  operator: string
  targets: readonly string[]
}>

/** The parts of a policy, null where no selector constrains it. */
export type Upgraded =
  | Readonly<{ ok: true; condition: string | null; consensus: string | null }>
  /** `selector`: which one, from 0, has no translation, and why. */
  | Readonly<{ ok: false; selector: number; message: string }>

/**
 * Translates selectors: all must hold. Those about `user` go to the consensus, where one approver
 * must meet them all; the others go to the condition.
 */
export function upgradeSelectors(selectors: readonly Selector[]): Upgraded {
  const parts: Record<PolicyPart, string[]> = { consensus: [], condition: [] }
  for (const [at, selector] of selectors.entries()) {
    const part = selector.subject.startsWith('user.') ? 'consensus' : 'condition'
    const text = translate(selector, part)
    if (text === undefined) {
      const { subject, operator } = selector
      const message = `${operator} on ${subject} has no expression with these targets`
      return { ok: false, selector: at, message }
    }
    parts[part].push(text)
  }
  const all = (texts: readonly string[]) => (texts.length === 0 ? null : texts.join(' && '))
  const asked = all(parts.consensus)
  return {
    ok: true,
    condition: all(parts.condition),
    consensus: asked === null ? null : approvedBy(asked),
  }
}

const approvedBy = (asked: string): string => `approvers.any(user, ${asked})`

const single =
  (operator: string) =>
  (subject: string, [target, ...more]: readonly string[]): string | undefined =>
    target === undefined || more.length > 0 ? undefined : `${subject} ${operator} ${target}`

const containing = (subject: string) => (target: string) => `${subject}.contains(${target})`

/** The expression for a subject and its targets, each as an expression writes it. */
type Translation = (subject: string, targets: readonly string[]) => string | undefined

const translations: Readonly<Record<string, Translation>> = {
  OPERATOR_EQUAL: single('=='),
  OPERATOR_NOT_EQUAL: single('!='),
  OPERATOR_MORE_THAN: single('>'),
  OPERATOR_MORE_THAN_OR_EQUAL: single('>='),
  OPERATOR_LESS_THAN: single('<'),
  OPERATOR_LESS_THAN_OR_EQUAL: single('<='),
  OPERATOR_IN: (subject, targets) => `${subject} in [${targets.join(', ')}]`,
  OPERATOR_NOT_IN: (subject, targets) => `!(${subject} in [${targets.join(', ')}])`,
  OPERATOR_CONTAINS: (subject, targets) =>
    targets.length === 1 ? targets.map(containing(subject)).join() : undefined,
  OPERATOR_CONTAINS_ONE: (subject, targets) => `(${targets.map(containing(subject)).join(' || ')})`,
  OPERATOR_CONTAINS_ALL: (subject, targets) => `(${targets.map(containing(subject)).join(' && ')})`,
}

/** How a target may be meant: the first that has a type is taken. */
const spellings: readonly ((target: string) => string)[] = [quote, (target) => target]

const path = /^[a-z_]\w*(\.[a-z_]\w*)+$/i

function translate({ subject, operator, targets }: Selector, part: PolicyPart): string | undefined {
  const translation = Object.hasOwn(translations, operator) ? translations[operator] : undefined
  if (translation === undefined || targets.length === 0 || !path.test(subject)) return undefined
  // What is signed with was a part of the activity once.
  const today = subject.replace(/^activity\.(?=(private_key|wallet|wallet_account)\.)/, '')
  for (const spell of spellings) {
    if (spell !== quote && !targets.every(isPlain)) return undefined
    const text = translation(today, targets.map(spell))
    if (text !== undefined && hasType(part === 'consensus' ? approvedBy(text) : text, part)) {
      return text
    }
  }
  return undefined
}

/** A bool or an integer, so that no target is taken for an expression. */
function isPlain(target: string): boolean {
  return /^(true|false|-?\d+)$/.test(target)
}

function hasType(text: string, part: PolicyPart): boolean {
  const parsed = parse(text)
  return parsed.ok && check(parsed.expression, part).ok
}
